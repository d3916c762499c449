"""Meta as an AdPlatform: one object per call, looked up by the marker in its name, images by their hash."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from zamc.clock import Clock, business_date
from zamc.deployments.ports import Files, Found, Guard, Item, Observed
from zamc.errors import GiveUp, InDoubt, InvalidInput, Mend, NotFound, OutsideError
from zamc.money import Money
from zamc.platforms.meta_ads import builders
from zamc.platforms.meta_ads.client import MetaClient
from zamc.projects.tables import AdAccount

_PAGE = 200
_CHUNK = 50  # ids in one filter
_STATUS = {"ACTIVE": "enabled", "PAUSED": "paused", "DELETED": "removed", "ARCHIVED": "removed"}
_EDGES = {"campaign": "campaigns", "ad_set": "adsets", "ad": "ads", "creative": "adcreatives"}
_FIELDS = {
    "campaign": "id,name,status,effective_status,daily_budget,created_time,issues_info",
    "ad_set": "id,name,status,effective_status,daily_budget,created_time,issues_info,learning_stage_info",
    "ad": "id,name,status,effective_status,created_time,issues_info,ad_review_feedback,creative{id}",
    "creative": "id,name",
}


class MetaAdsPlatform:
    """One ad account. Threads may share it."""

    def __init__(self, client: MetaClient, account: AdAccount, clock: Clock, files: Files) -> None:
        self._client = client
        self._account_id = account.external_id
        self._time_zone, self._currency = account.time_zone, account.currency
        self._clock, self._files = clock, files
        self._locales: dict[str, list[int]] = {}

    def create(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, str]:
        """One object per call: Meta has no request that makes several as a whole."""
        [item] = items
        edge, params = self._params(item)
        guard()
        answer = self._client.api.call("POST", (self._account_id, edge), params=params).json()
        if item.kind == "image":
            uploaded = list((answer.get("images") or {}).values())
            external_id = str(uploaded[0].get("hash", "")) if uploaded else ""
        else:
            external_id = str(answer.get("id", ""))
        if not external_id:
            raise InDoubt("Meta's answer lacks the id of what it made", code="no-id")
        return {item.obj_key: external_id}

    def _params(self, item: Item) -> tuple[str, dict[str, Any]]:
        match item.kind:
            case "campaign":
                return "campaigns", builders.campaign(item)
            case "ad_set":
                today = business_date(self._clock, self._time_zone)
                locales = self._locales_of(item.spec["language"])
                return "adsets", builders.ad_set(item, locales=locales, time_zone=self._time_zone, today=today)
            case "image":
                return "adimages", builders.image(item, self._bytes(item))
            case "creative":
                return "adcreatives", builders.creative(item)
            case "ad":
                return "ads", builders.ad(item)
        raise InvalidInput("kind", f"{item.kind} is nothing that Meta has")

    def _bytes(self, item: Item) -> bytes:
        return self._files.get(item.spec["object_hash"], item.spec["media_type"])

    def _locales_of(self, language: str) -> list[int]:
        """Meta's ids for a language: "(All)" where there is one, else every region of it. Raises GiveUp for one that it lacks."""
        if language not in self._locales:
            name = builders.LANGUAGES.get(language, "")
            answer = self._client.api.call("GET", ("search",), params={"type": "adlocale", "q": name, "limit": 100}).json()
            known = {str(row["name"]): int(row["key"]) for row in answer.get("data", ())}
            regions = [key for each, key in known.items() if name and (each == name or each.startswith(f"{name} ("))]
            whole = [known[each] for each in (f"{name} (All)", name) if each in known]
            self._locales[language] = whole[:1] or regions
            if not self._locales[language]:
                raise GiveUp(f"Meta knows no locale for the language {language!r}", code="no-locale")
        return self._locales[language]

    def find(self, items: Sequence[Item]) -> Mapping[UUID, Sequence[Found]]:
        found: dict[UUID, Sequence[Found]] = {}
        for item in items:
            if item.kind == "image":
                found[item.obj_key] = self._find_image(item)
            else:
                found[item.obj_key] = sorted(self._with_marker(item.kind, item.marker), key=lambda each: each.order)
        return found

    def _find_image(self, item: Item) -> list[Found]:
        """The hash is the MD5 of the file; if it ever were not, the picture is only uploaded again, which changes nothing."""
        try:
            digest = hashlib.md5(self._bytes(item), usedforsecurity=False).hexdigest()
        except NotFound:
            return []
        rows = self._list("adimages", {"fields": "hash", "hashes": [digest]})
        return [Found(str(row["hash"]), "image", "", "", 0) for row in rows if row.get("hash") == digest]

    def set_status(self, items: Sequence[Item], status: Literal["enabled", "paused"], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        errors: dict[UUID, OutsideError] = {}
        for item in items:
            try:
                guard()
                self._write((item.external_id,), {"status": "ACTIVE" if status == "enabled" else "PAUSED"})
            except OutsideError as error:
                errors[item.obj_key] = error
        # What was removed is off for ever, and the platform refuses to pause it.
        refused = [item for item in items if isinstance(errors.get(item.obj_key), GiveUp | Mend)] if status == "paused" else []
        for key, observed in self.read(refused).items() if refused else ():
            if observed.status == "removed":
                errors.pop(key)
        return errors

    def _write(self, path: tuple[Any, ...], params: dict[str, Any], method: str = "POST") -> None:
        answer = self._client.api.call(method, path, params=params).json()
        if not isinstance(answer, Mapping) or not answer.get("success"):
            raise InDoubt("Meta's answer does not say that it was done", code="no-success")

    def read(self, items: Sequence[Item]) -> Mapping[UUID, Observed]:
        seen: dict[UUID, Observed] = {}
        creatives: set[str] = set()
        for kind in ("campaign", "ad_set", "ad"):
            wanted = {item.external_id: item for item in items if item.kind == kind and item.external_id}
            rows = self._by_ids(kind, list(wanted))
            creatives |= {str(row["creative"]["id"]) for row in rows.values() if row.get("creative")}
            for external_id, item in wanted.items():
                row = rows.get(external_id) or self._one(kind, external_id)
                seen[item.obj_key] = self._observed(row) if row else Observed("missing")
        for item in items:
            if item.kind == "creative":
                seen[item.obj_key] = Observed("enabled" if item.external_id in creatives or self._is_there(item) else "missing")
        seen |= self._read_images([item for item in items if item.kind == "image"])
        return seen

    def _is_there(self, item: Item) -> bool:
        return item.external_id is not None and self._one("creative", item.external_id) is not None

    def _read_images(self, items: Sequence[Item]) -> dict[UUID, Observed]:
        hashes = sorted({item.external_id for item in items if item.external_id})
        rows = self._list("adimages", {"fields": "hash", "hashes": hashes}) if hashes else []
        there = {str(row.get("hash")) for row in rows}
        return {item.obj_key: Observed("enabled" if item.external_id in there else "missing") for item in items}

    def _by_ids(self, kind: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(ids), _CHUNK):
            chosen = [{"field": "id", "operator": "IN", "value": list(ids[start : start + _CHUNK])}]
            for row in self._list(_EDGES[kind], {"fields": _FIELDS[kind], "filtering": chosen}):
                found[str(row["id"])] = row
        return found

    def _one(self, kind: str, external_id: str) -> Mapping[str, Any] | None:
        """What a list leaves out (it was deleted, or is too new) can still be read by its id; None when it is not there at all."""
        try:
            row: Mapping[str, Any] = self._client.api.call("GET", (external_id,), params={"fields": _FIELDS[kind]}).json()
        except GiveUp as error:
            if error.code.startswith("100"):
                return None
            raise
        return row

    def _observed(self, row: Mapping[str, Any]) -> Observed:
        budget = int(row.get("daily_budget") or 0)
        details = {name: row[name] for name in ("issues_info", "ad_review_feedback", "learning_stage_info") if row.get(name)}
        return Observed(
            status=_STATUS.get(str(row.get("status")), "missing"),
            name=str(row.get("name", "")),
            delivery=str(row.get("effective_status", "")),
            budget_micros=budget * Money(0, self._currency).minor_unit_micros if budget else None,
            details=details,
        )

    def ours(self, prefix: str) -> Iterable[Found]:
        for kind in ("campaign", "ad_set", "ad"):
            yield from self._with_marker(kind, prefix)

    def _with_marker(self, kind: str, text: str) -> Iterator[Found]:
        chosen = [{"field": "name", "operator": "CONTAIN", "value": text}]
        for row in self._list(_EDGES[kind], {"fields": _FIELDS[kind], "filtering": chosen}):
            # A filter that a version ignores must not make strangers ours.
            if text in str(row.get("name", "")):
                status = _STATUS.get(str(row.get("status", "ACTIVE")), "missing")
                yield Found(str(row["id"]), kind, str(row["name"]), status, int(row["id"]))

    def remove(self, kind: str, external_id: str, *, guard: Guard) -> None:  # noqa: ARG002 - the port names it, Meta needs no kind
        guard()
        self._write((external_id,), {}, method="DELETE")

    def _list(self, edge: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Every row behind an edge of the account, page by page."""
        after: str | None = None
        while True:
            page = {**params, "limit": _PAGE, **({"after": after} if after else {})}
            answer = self._client.api.call("GET", (self._account_id, edge), params=page).json()
            yield from answer.get("data", ())
            paging = answer.get("paging") or {}
            after = (paging.get("cursors") or {}).get("after") if paging.get("next") else None
            if after is None:
                return
