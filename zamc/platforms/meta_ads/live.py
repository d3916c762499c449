"""What is live: changed in place, compared field by field, surveyed as a whole, and whose hand was in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from zamc.deployments import meta_money
from zamc.deployments.ports import AccountState, Guard, Item, OutsideChange, Settings, Shown
from zamc.errors import OutsideError
from zamc.platforms.meta_ads import batch
from zamc.platforms.meta_ads.batch import Call
from zamc.platforms.meta_ads.builders import end_time, named
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.reading import ACCOUNT_STATUS, EDGES, FIELDS, PAGE, Reader, campaign_of, details_of, not_done, status_of
from zamc.platforms.meta_ads.settings import FIELDS as SETTINGS_FIELDS
from zamc.platforms.meta_ads.settings import MetaSettings

_KINDS = ("campaign", "ad_set", "ad")
_MORE = {"campaign": "", "ad_set": ",campaign_id,end_time", "ad": ",campaign_id"}
# A review's verdict does not count as an update, so what is in such a state is looked at each time.
_NOTABLE = {
    "ad_set": ["IN_PROCESS", "WITH_ISSUES"],
    "ad": ["PENDING_REVIEW", "DISAPPROVED", "PREAPPROVED", "PENDING_BILLING_INFO", "IN_PROCESS", "WITH_ISSUES"],
}
_MARKED = " [zamc:"
_BEGINNING = 1970
# developers.facebook.com/docs/marketing-api/reference/ad-account: what runs in which account_status.
_RUNS = {
    "ACTIVE": "active", "ANY_ACTIVE": "active", "IN_GRACE_PERIOD": "limited", "PENDING_RISK_REVIEW": "limited",
    "PENDING_SETTLEMENT": "limited", "PENDING_CLOSURE": "limited", "UNSETTLED": "blocked", "DISABLED": "blocked", "CLOSED": "blocked",
    "ANY_CLOSED": "blocked",
}  # fmt: skip
# Of the names of events; those of objects date from a time when ad sets were called campaigns.
_EVENTS = (("ad_set", "ad_set"), ("campaign", "campaign"), ("ad_account", "account"), ("ad", "ad"))


class Live:
    """One ad account."""

    def __init__(self, client: MetaClient, account: str, *, currency: str, time_zone: str) -> None:
        self._client, self._account = client, account
        self._currency, self._zone = currency, ZoneInfo(time_zone)
        self._reader = Reader(client, account, currency)
        self._settings = MetaSettings(client, account)

    def update(self, items: Sequence[Item], *, guard: Guard) -> dict[UUID, OutsideError]:
        calls = [Call("POST", (str(item.external_id),), self._changes(item), apart=campaign_of(item)) for item in items]
        answers = batch.send(self._client, calls, account=self._account, guard=guard)
        return {item.obj_key: error for item, answer in zip(items, answers, strict=True) if (error := not_done(answer)) is not None}

    def _changes(self, item: Item) -> dict[str, Any]:
        """Parameters of a change, from the fields of a spec. An end that is taken away is 0 for Meta."""
        told: Mapping[str, Callable[[Any], Any]] = {
            "name": lambda _: ("name", named(item)),
            "daily_budget": lambda units: ("daily_budget", units),
            "ends_on": lambda day: ("end_time", end_time(day, self._zone) if day else 0),
            "status": lambda status: ("status", "ACTIVE" if status == "enabled" else "PAUSED"),
        }
        return dict(told[name](value) for name, value in item.spec.items() if name in told) | self._settings.changes(item)

    def settings(self, items: Sequence[Item], *, locales_of: Callable[[str], Sequence[int]]) -> dict[UUID, Settings]:
        return self._settings.read(items, locales_of=locales_of)

    def values(self, items: Sequence[Item]) -> dict[UUID, dict[str, Any]]:
        """A spec that holds nothing but settings, or a status, asks for those: it is that of a change."""
        seen = self._own_values(items)
        asked = [item for item in items if item.spec.keys() <= SETTINGS_FIELDS]
        for key, each in self._settings.shown(asked).items() if asked else ():
            seen.setdefault(key, {}).update(each)
        return seen

    def _own_values(self, items: Sequence[Item]) -> dict[UUID, dict[str, Any]]:
        wanted = [item for item in items if item.kind in _KINDS and item.external_id]
        calls = [Call("GET", (str(item.external_id),), {"fields": FIELDS[item.kind] + _MORE[item.kind]}) for item in wanted]
        seen: dict[UUID, dict[str, Any]] = {}
        for item, answer in zip(wanted, batch.send(self._client, calls, account=self._account, again=True), strict=True):
            if isinstance(answer, OutsideError):
                if not self._reader.is_missing(answer):
                    raise answer
            elif status_of(answer) != "removed":
                seen[item.obj_key] = self._values(item.kind, answer)
                if item.spec.keys() == {"status"}:
                    seen[item.obj_key] = {"status": status_of(answer)}
        return seen

    def _values(self, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
        name = str(row.get("name", "")).partition(_MARKED)[0]
        if kind == "ad":
            return {"name": name}
        budget = {"name": name, "daily_budget": int(row.get("daily_budget") or 0) or None}
        return budget if kind == "campaign" else {**budget, "ends_on": self._last_day(row)}

    def _last_day(self, row: Mapping[str, Any]) -> str | None:
        """ISO day of the account on which an ad set still runs; None when it has no end."""
        try:
            end = datetime.fromisoformat(str(row.get("end_time")))
        except ValueError:
            return None
        last = end.astimezone(self._zone) - timedelta(seconds=1)
        # The beginning of time is Meta's word for no end.
        return last.date().isoformat() if end.year > _BEGINNING else None

    def survey(self, prefix: str, *, since: datetime | None) -> Iterator[list[Shown]]:
        marked = {"field": "name", "operator": "CONTAIN", "value": prefix}
        for kind in _KINDS:
            common = {"fields": FIELDS[kind] + _MORE[kind], "filtering": [marked], "limit": PAGE}
            if since is None or kind == "campaign":
                yield from self._pages(kind, prefix, common)
                continue
            yield from self._pages(kind, prefix, {**common, "updated_since": int(since.timestamp())})
            yield from self._pages(kind, prefix, {**common, "effective_status": _NOTABLE[kind]})

    def _pages(self, kind: str, prefix: str, params: Mapping[str, Any]) -> Iterator[list[Shown]]:
        call = Call("GET", (self._account, EDGES[kind]), params)
        for rows in self._reader.whole_pages(call, self._reader.ask(call)):
            # A filter that a version ignores must not make strangers ours.
            yield [self._shown(kind, row) for row in rows if prefix in str(row.get("name", ""))]

    def _shown(self, kind: str, row: Mapping[str, Any]) -> Shown:
        return Shown(
            kind=kind,
            external_id=str(row["id"]),
            name=str(row.get("name", "")),
            status=status_of(row),
            order=int(row["id"]),
            owner=str(row["id"] if kind == "campaign" else row.get("campaign_id", "")),
            delivery=str(row.get("effective_status", "")),
            budget_micros=meta_money.shown_micros(row.get("daily_budget"), self._currency),
            ends_on=self._last_day(row) if kind == "ad_set" else "",
            details=details_of(row),
        )

    def account(self) -> AccountState:
        row = self._client.call("GET", (self._account,), {"fields": "account_status,disable_reason"}, account=self._account)
        number = row.get("account_status")
        word = ACCOUNT_STATUS.get(number, "" if number is None else str(number))
        return AccountState(_RUNS.get(word, "unknown"), word)

    def history(self, since: datetime, until: datetime) -> list[OutsideChange]:
        fields = "event_time,event_type,object_id,object_type,actor_name,application_name,extra_data"
        params = {"fields": fields, "since": int(since.timestamp()), "until": int(until.timestamp()), "limit": PAGE}
        call = Call("GET", (self._account, "activities"), params)
        found = [_change(row) for row in self._reader.pages(call, self._reader.ask(call))]
        return sorted((each for each in found if since <= each.at <= until), key=lambda each: each.at, reverse=True)


def _change(row: Mapping[str, Any]) -> OutsideChange:
    event = str(row.get("event_type", ""))
    try:
        at = datetime.fromisoformat(str(row.get("event_time"))).astimezone(UTC)
    except ValueError:
        at = datetime.fromtimestamp(0, UTC)
    return OutsideChange(
        kind=next((kind for word, kind in _EVENTS if f"_{word}_" in f"_{event}_"), str(row.get("object_type", "")).lower()),
        external_id=str(row.get("object_id", "")),
        at=at,
        fields=(event,),
        who=str(row.get("actor_name") or ""),
        through=str(row.get("application_name") or ""),
    )
