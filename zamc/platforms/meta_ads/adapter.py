"""Meta as an AdPlatform: one object per call, looked up by the marker in its name, images by their hash, videos by their title."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from zamc.clock import Clock, business_date
from zamc.deployments.ports import AccountState, Files, Found, Guard, Item, Observed, OutsideChange, Settings, Shown
from zamc.errors import (
    AccountBlocked,
    CredentialsRefused,
    GiveUp,
    InDoubt,
    InvalidInput,
    Later,
    Mend,
    NotFound,
    OutsideCallInTransaction,
    OutsideError,
    ZamcError,
)
from zamc.platforms.meta_ads import batch, builders, videos
from zamc.platforms.meta_ads.batch import Call
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.live import Live
from zamc.platforms.meta_ads.reading import Reader, campaign_of, not_done, title
from zamc.projects.tables import AdAccount
from zamc.throttling.lane import urgent

# How long a picture that was uploaded is taken to be there still.
_IMAGE_MEMORY = timedelta(minutes=10)
Created = Mapping[UUID, str] | OutsideError


class MetaAdsPlatform:
    """One ad account. Threads may share it."""

    # Meta takes 50 calls in a request; creates take it longer than reads, and the whole answer must come within one time limit.
    most_calls = 25

    def __init__(self, client: MetaClient, account: AdAccount, clock: Clock, files: Files) -> None:
        self._client = client
        self._account = account.external_id
        self._time_zone = account.time_zone
        self._clock, self._files = clock, files
        self._reader = Reader(client, account.external_id, account.currency)
        self._live = Live(client, account.external_id, currency=account.currency, time_zone=account.time_zone)
        self._locales: dict[str, list[int]] = {}
        self._images: dict[str, tuple[str, Any]] = {}

    def create(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, str]:
        """One object per call: Meta has no request that makes several as a whole."""
        [item] = items
        if (known := self._known_image(item)) is not None:
            return {item.obj_key: known}
        if item.kind == "video":
            return {item.obj_key: videos.upload(self._client, self._account, self._bytes(item), title=title(item), guard=guard)}
        call = self._call(item, self._covers([item]))
        guard()
        answer = self._client.call(call.method, call.path, call.params, account=self._account, files=call.files)
        return {item.obj_key: self._bind(item, answer)}

    def create_many(self, calls: Sequence[Sequence[Item]], *, guard: Guard) -> list[Created]:
        """Creates that do not depend on each other, `most_calls` or so in one request; what `create` would return or raise for each.

        Only for calls of different deployments, or of one deployment that could go in any order. Nothing is sent twice.
        """
        items = [item for [item] in calls]
        results: list[Created | None] = [None] * len(items)
        covers = self._covers(items)
        ready: list[tuple[int, Call]] = []
        for index, item in enumerate(items):
            try:
                if item.kind == "video" or self._known_image(item) is not None:
                    results[index] = self.create([item], guard=guard)
                else:
                    ready.append((index, self._call(item, covers)))
            except ZamcError as error:
                results[index] = _outside(error)
        answers = batch.send(self._client, [call for _, call in ready], account=self._account, guard=guard)
        for (index, _), answer in zip(ready, answers, strict=True):
            try:
                results[index] = answer if isinstance(answer, OutsideError) else {items[index].obj_key: self._bind(items[index], answer)}
            except OutsideError as error:
                results[index] = error
        return [result if result is not None else {} for result in results]

    def _bind(self, item: Item, answer: Any) -> str:
        """The external id of what an answer says was made."""
        external_id = ""
        if isinstance(answer, Mapping) and item.kind == "image":
            uploaded = [each for each in (answer.get("images") or {}).values() if isinstance(each, Mapping)]
            external_id = str(uploaded[0].get("hash", "")) if uploaded else ""
            self._images[item.spec["object_hash"]] = (external_id, self._clock.now())
        elif isinstance(answer, Mapping):
            external_id = str(answer.get("id", ""))
        if not external_id:
            raise InDoubt("Meta's answer lacks the id of what it made", code="no-id")
        return external_id

    def _known_image(self, item: Item) -> str | None:
        """A picture is uploaded once per account: its hash is its id, whichever deployment it is for."""
        if item.kind != "image" or item.spec["object_hash"] not in self._images:
            return None
        external_id, at = self._images[item.spec["object_hash"]]
        return external_id if external_id and self._clock.now() - at < _IMAGE_MEMORY else None

    def _call(self, item: Item, covers: Mapping[str, str | OutsideError]) -> Call:
        edge, params, files, apart = "", {}, {}, ""
        match item.kind:
            case "campaign":
                edge, params = "campaigns", builders.campaign(item)
            case "ad_set":
                edge, apart = "adsets", item.refs["campaign"]
                today = business_date(self._clock, self._time_zone)
                params = builders.ad_set(item, locales=self._locales_of(item.spec["language"]), time_zone=self._time_zone, today=today)
            case "image":
                edge, media_type = "adimages", item.spec["media_type"]
                name = f"{item.obj_key.hex}.{media_type.rpartition('/')[2]}"
                files = {item.obj_key.hex: (name, self._bytes(item), media_type)}
            case "creative":
                edge, params = "adcreatives", builders.creative(item, cover=self._cover(item, covers))
            case "ad":
                edge, params = "ads", builders.ad(item)
            case _:
                raise InvalidInput("kind", f"{item.kind} is nothing that Meta has")
        return Call("POST", (self._account, edge), params, files, apart)

    def _bytes(self, item: Item) -> bytes:
        return self._files.get(item.spec["object_hash"], item.spec["media_type"])

    def _covers(self, items: Sequence[Item]) -> dict[str, str | OutsideError]:
        """For each video that a creative shows: the address of a still, or why it cannot be shown (yet)."""
        ids = sorted({item.refs["video"] for item in items if item.kind == "creative" and "video" in item.refs})
        calls = [Call("GET", (each,), {"fields": "status,created_time,thumbnails{uri,is_preferred}"}) for each in ids]
        covers: dict[str, str | OutsideError] = {}
        for each, answer in zip(ids, batch.send(self._client, calls, account=self._account, again=True), strict=True):
            try:
                covers[each] = answer if isinstance(answer, OutsideError) else videos.cover(answer, now=self._clock.business_now())
            except OutsideError as error:
                covers[each] = error
        return covers

    @staticmethod
    def _cover(item: Item, covers: Mapping[str, str | OutsideError]) -> str:
        cover = covers.get(item.refs.get("video", ""), "")
        if isinstance(cover, OutsideError):
            raise cover
        if "video" in item.refs and "image" not in item.refs and not cover:
            raise Later("Meta has no still of the video yet", code=videos.NOT_READY, delay=timedelta(seconds=5))
        return cover

    def _locales_of(self, language: str) -> list[int]:
        """Meta's ids for a language: "(All)" where there is one, else every region of it. Raises GiveUp for one that it lacks."""
        if language not in self._locales:
            name = builders.LANGUAGES.get(language, "")
            params = {"type": "adlocale", "q": name, "limit": 100}
            answer = self._client.call("GET", ("search",), params, account=self._account)
            known = {str(row["name"]): int(row["key"]) for row in answer.get("data", ())}
            regions = [key for each, key in known.items() if name and (each == name or each.startswith(f"{name} ("))]
            whole = [known[each] for each in (f"{name} (All)", name) if each in known]
            self._locales[language] = whole[:1] or regions
            if not self._locales[language]:
                raise GiveUp(f"Meta knows no locale for the language {language!r}", code="no-locale")
        return self._locales[language]

    def find(self, items: Sequence[Item]) -> Mapping[UUID, Sequence[Found]]:
        found: dict[UUID, Sequence[Found]] = dict(self._reader.find([item for item in items if item.kind != "image"]))
        return found | {item.obj_key: self._find_image(item) for item in items if item.kind == "image"}

    def _find_image(self, item: Item) -> list[Found]:
        """The hash is the MD5 of the file; if it ever were not, the picture is only uploaded again, which changes nothing."""
        try:
            digest = hashlib.md5(self._bytes(item), usedforsecurity=False).hexdigest()
        except NotFound:
            return []
        call = Call("GET", (self._account, "adimages"), {"fields": "hash", "hashes": [digest]})
        rows = self._reader.pages(call, self._reader.ask(call))
        return [Found(str(row["hash"]), "image", "", "", 0) for row in rows if row.get("hash") == digest]

    def set_status(self, items: Sequence[Item], status: Literal["enabled", "paused"], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        """50 objects in one request. A pause that was not answered is sent again at once; an enable is in doubt."""
        with urgent(when=status == "paused"):
            return self._set_status(items, status, guard)

    def _set_status(self, items: Sequence[Item], status: str, guard: Guard) -> Mapping[UUID, OutsideError]:
        params = {"status": "ACTIVE" if status == "enabled" else "PAUSED"}
        calls = [Call("POST", (str(item.external_id),), params, apart=campaign_of(item)) for item in items]
        answers = batch.send(self._client, calls, account=self._account, guard=guard, again=status == "paused")
        errors = {item.obj_key: error for item, answer in zip(items, answers, strict=True) if (error := not_done(answer)) is not None}
        # What was removed is off for ever, and the platform refuses to pause it.
        refused = [item for item in items if status == "paused" and _of_the_object(errors.get(item.obj_key))]
        for key, observed in self.read(refused).items() if refused else ():
            if observed.status == "removed":
                errors.pop(key)
        return errors

    def read(self, items: Sequence[Item]) -> Mapping[UUID, Observed]:
        return self._reader.read(items)

    def ours(self, prefix: str) -> Iterable[Found]:
        for kind in ("campaign", "ad_set", "ad"):
            yield from self._reader.with_marker(kind, prefix)

    def update(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        return self._live.update(items, guard=guard)

    def values(self, items: Sequence[Item]) -> Mapping[UUID, Mapping[str, Any]]:
        return self._live.values(items)

    def settings(self, items: Sequence[Item]) -> Mapping[UUID, Settings]:
        return self._live.settings(items, locales_of=self._locales_of)

    def survey(self, prefix: str, *, since: datetime | None) -> Iterable[Sequence[Shown]]:
        return self._live.survey(prefix, since=since)

    def account(self) -> AccountState:
        return self._live.account()

    def history(self, since: datetime, until: datetime) -> Sequence[OutsideChange]:
        return self._live.history(since, until)

    def remove(self, kind: str, external_id: str, *, guard: Guard) -> None:
        """A picture goes by its hash, everything else by its id."""
        guard()
        if kind == "image":
            self._images.clear()
            answer = self._client.call("DELETE", (self._account, "adimages"), {"hash": external_id}, account=self._account)
        else:
            answer = self._client.call("DELETE", (external_id,), account=self._account)
        if (error := not_done(answer)) is not None:
            raise error


def _outside(error: ZamcError) -> OutsideError:
    """What went wrong before anything was sent. Raises what is a bug of ours."""
    if isinstance(error, OutsideCallInTransaction):
        raise error
    return error if isinstance(error, OutsideError) else GiveUp(str(error), code=type(error).__name__)


def _of_the_object(error: OutsideError | None) -> bool:
    """Whether a refusal may be about the object alone, and not about who asks or the account."""
    return isinstance(error, GiveUp | Mend) and not isinstance(error, CredentialsRefused | AccountBlocked)
