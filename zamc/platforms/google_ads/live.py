"""What is live: changed in place, compared field by field, surveyed as a whole, and whose hand was in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from zamc.clock import Clock
from zamc.deployments.ports import AccountState, Files, Guard, Item, Observed, OutsideChange, Settings, Shown
from zamc.errors import AccountBlocked, OutsideError
from zamc.platforms.google_ads.assets import Assets
from zamc.platforms.google_ads.builders import KINDS, resource_name, status_update
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.contents import FIELDS as CONTENTS
from zamc.platforms.google_ads.history import BACK, MOST, History
from zamc.platforms.google_ads.keywords import Keyword, Keywords, chunks
from zamc.platforms.google_ads.reading import ASSETS_OF_GROUPS, LOOKS, with_assets, word
from zamc.platforms.google_ads.settings import FIELDS, GoogleSettings

_CHUNK = 1_000  # ids in one IN (...), and rows of a page
_MARKED = " [zamc:"
# What Google shows for a campaign without an end.
_NO_END = "2037-12-30"
_RUNS = {"ENABLED": "active", "SUSPENDED": "blocked", "CANCELED": "blocked", "CLOSED": "blocked"}


class Live:
    """One customer."""

    def __init__(self, client: GoogleClient, customer_id: str, *, time_zone: str, clock: Clock, files: Files) -> None:
        self._client, self._customer_id, self._clock = client, customer_id, clock
        self._history = History(client, customer_id, time_zone=time_zone, clock=clock)
        self._settings = GoogleSettings(client, customer_id, files)
        self._assets = Assets(client, customer_id, files)
        self._keywords = Keywords(client, customer_id)

    def update(self, items: Sequence[Item], *, guard: Guard) -> dict[UUID, OutsideError]:
        """One request for all of them, all or nothing; before it, what it links to is made where it is missing."""
        try:
            assets = self._assets.ensure([item for item in items if item.spec.keys() & CONTENTS], guard=guard)
            operations = [operation for item in items for operation in self._changes(item, assets)]
            guard()
            if operations:
                self._client.mutate(self._customer_id, operations)
        except OutsideError as error:
            return {item.obj_key: error for item in items}
        return {}

    def _changes(self, item: Item, assets: Mapping[str, str]) -> Iterator[Any]:
        own = {name: value for name, value in item.spec.items() if name not in FIELDS | {"keywords", "negative_keywords", "status"}}
        if "status" in item.spec:
            yield status_update(self._client, self._customer_id, item, item.spec["status"])
        for name in FIELDS & item.spec.keys():
            yield from self._settings.changes(item, name, item.spec[name], assets)
        if own:
            operation = self._client.message("MutateOperation")
            made = getattr(operation, KINDS[item.kind][0])
            made.update.resource_name = resource_name(self._customer_id, item)
            for name, value in own.items():
                field, told = _told(item, name, value)
                made.update_mask.paths.append(field)
                if told is not None:
                    setattr(made.update, field, told)
            yield operation
        if "keywords" in item.spec:
            wanted = {(each["text"], each["match_type"]) for each in item.spec["keywords"]}
            yield from self._keywords.changes(item, "ad_group", wanted)
        if "negative_keywords" in item.spec:
            yield from self._keywords.changes(item, "campaign", {(text, "BROAD") for text in item.spec["negative_keywords"]})

    def settings(self, items: Sequence[Item]) -> dict[UUID, Settings]:
        """Keywords too: those of groups, and the negative ones of campaigns."""
        found = self._settings.read(items)
        for kind, name in (("ad_group", "keywords"), ("campaign", "negative_keywords")):
            there = [item for item in items if item.kind == kind and item.obj_key in found and name in item.spec]
            terms = self._keywords.read(kind, [item.external_id or "" for item in there]) if there else {}
            for item in there:
                have = terms[item.external_id or ""]
                shown: list[Any] = [_plain(kind, each) for each in have]
                before = found[item.obj_key]
                found[item.obj_key] = Settings({**before.ordered, "keywords": item.spec[name]}, {**before.shown, "keywords": shown})
        return found

    def values(self, items: Sequence[Item]) -> dict[UUID, dict[str, Any]]:
        """A spec that holds nothing but settings, or a status, asks for those: it is that of a change."""
        found = self._own_values([item for item in items if item.kind in ("budget", "campaign", "ad_group")])
        asked = [item for item in items if item.spec.keys() <= FIELDS]
        for key, each in self._settings.shown(asked).items() if asked else ():
            found.setdefault(key, {}).update(each)
        for item in items:
            if item.spec.keys() == {"status"}:
                found.setdefault(item.obj_key, {})["status"] = self._status_of(item)
        return found

    def _status_of(self, item: Item) -> str:
        look = LOOKS[item.kind]
        for row in self._rows(look.resource, look.fields, f"{look.id_field} = {int(item.external_id or 0)}"):
            return look.observe(row)[1].status
        return "missing"

    def _own_values(self, items: Sequence[Item]) -> dict[UUID, dict[str, Any]]:
        found: dict[UUID, dict[str, Any]] = {}
        keys = {(item.kind, item.external_id): item.obj_key for item in items if item.external_id}
        ids = {kind: [str(key) for held, key in keys if held == kind] for kind in ("budget", "campaign", "ad_group")}
        for chunk in chunks(ids["budget"]):
            where = f"campaign_budget.id IN ({chunk}) AND campaign_budget.status != 'REMOVED'"
            for row in self._rows("campaign_budget", ("campaign_budget.id", "campaign_budget.amount_micros"), where):
                found[keys["budget", str(row.campaign_budget.id)]] = {"amount_micros": int(row.campaign_budget.amount_micros)}
        negative = self._keywords.read("campaign", ids["campaign"])
        for chunk in chunks(ids["campaign"]):
            fields = ("campaign.id", "campaign.name", "campaign.end_date_time")
            for row in self._rows("campaign", fields, f"campaign.id IN ({chunk}) AND campaign.status != 'REMOVED'"):
                key = str(row.campaign.id)
                found[keys["campaign", key]] = {
                    "name": row.campaign.name.partition(_MARKED)[0],
                    "ends_on": _day(row.campaign.end_date_time),
                    "negative_keywords": [text for text, _ in negative[key]],
                }
        terms = self._keywords.read("ad_group", ids["ad_group"])
        for chunk in chunks(ids["ad_group"]):
            where = f"ad_group.id IN ({chunk}) AND ad_group.status != 'REMOVED'"
            for row in self._rows("ad_group", ("ad_group.id", "ad_group.name"), where):
                key = str(row.ad_group.id)
                found[keys["ad_group", key]] = {"name": row.ad_group.name, "keywords": [_plain("ad_group", each) for each in terms[key]]}
        return found

    def survey(self, prefix: str, *, since: datetime | None) -> Iterator[list[Shown]]:
        """Campaigns with their budgets, and what lies below them: the marker stands in a campaign's name alone."""
        ours = f"campaign.name LIKE '%{prefix}%' AND campaign.status != 'REMOVED'"
        more = (
            "campaign.end_date_time",
            "campaign_budget.id",
            "campaign_budget.name",
            "campaign_budget.status",
            "campaign_budget.amount_micros",
        )
        yield from _pages(shown for row in self._rows("campaign", (*LOOKS["campaign"].fields, *more), ours) for shown in _campaign(row))
        changed = None if since is None else self._changed(since)
        for kind, notable in (("ad_group", ""), ("ad", "ad_group_ad.policy_summary.approval_status != 'APPROVED'"), ("asset_group", "")):
            look = LOOKS[kind]
            alive = f"{ours} AND {look.resource}.status != 'REMOVED'"
            # No list of changes names asset groups, so all of them are looked at: they are few.
            if changed is None or kind == "asset_group":
                yield from self._below(kind, alive)
                continue
            if notable:
                yield from self._below(kind, f"{alive} AND {notable}")
            for chunk in chunks(sorted(changed[kind])):
                yield from self._below(kind, f"{alive} AND {look.id_field} IN ({chunk})")

    def _below(self, kind: str, where: str) -> Iterator[list[Shown]]:
        look = LOOKS[kind]
        seen: dict[str, Observed] = {}
        owners: dict[str, str] = {}
        for row in self._rows(look.resource, (*look.fields, "campaign.id"), where):
            external_id, observed = look.observe(row)
            seen[external_id], owners[external_id] = observed, str(row.campaign.id)
        if kind == "asset_group" and seen:
            refused = "asset_group_asset.policy_summary.approval_status != 'APPROVED'"
            below = where.partition(" AND asset_group.status")[0]
            seen = with_assets(self._rows("asset_group_asset", ASSETS_OF_GROUPS, f"{below} AND {refused}"), seen)
        yield from _pages(
            Shown(kind, key, each.name, each.status, int(key), owners[key], each.delivery, details=each.details)
            for key, each in seen.items()
        )

    def _changed(self, since: datetime) -> dict[str, set[str]] | None:
        """Ids by kind of what somebody or something changed; None when the list is not whole, so that everything must be looked at."""
        now = self._clock.business_now()
        if since < now - BACK:
            return None
        changes = self.history(since, now + timedelta(minutes=5))
        if len(changes) >= MOST:
            return None
        return {kind: {each.external_id for each in changes if each.kind == kind} for kind in ("ad_group", "ad")}

    def account(self) -> AccountState:
        """A suspended account still answers; one that was closed, or never finished, refuses every question."""
        try:
            rows = list(self._client.search(self._customer_id, "SELECT customer.id, customer.status FROM customer LIMIT 1"))
        except AccountBlocked as error:
            return AccountState("blocked", error.code.rpartition(".")[2])
        said = word(rows[0].customer, "status") if rows else ""
        return AccountState(_RUNS.get(said, "unknown"), said)

    def history(self, since: datetime, until: datetime) -> list[OutsideChange]:
        return self._history.read(since, until)

    def _rows(self, resource: str, fields: Iterable[str], where: str) -> Iterator[Any]:
        query = f"SELECT {', '.join(fields)} FROM {resource} WHERE {where}"  # noqa: S608 - GAQL: ids and markers of ours only
        return self._client.search(self._customer_id, query)


def _told(item: Item, name: str, value: Any) -> tuple[str, Any]:
    """A field of a spec as Google has it, and its value; None clears it."""
    if name == "ends_on":
        return "end_date_time", f"{value} 23:59:59" if value else None
    if name == "name" and item.kind in ("campaign", "budget"):
        return name, f"{value} [{item.marker}]"
    return name, value


def _plain(kind: str, keyword: Keyword) -> Any:
    """As a spec tells it: negative ones of a campaign are all broad."""
    return keyword[0] if kind == "campaign" else {"text": keyword[0], "match_type": keyword[1]}


def _day(end: str) -> str | None:
    day = end.replace("/", "-")[:10]
    return None if not day or day >= _NO_END else day


def _campaign(row: Any) -> Iterator[Shown]:
    key, observed = LOOKS["campaign"].observe(row)
    yield Shown(
        "campaign", key, observed.name, observed.status, int(key), key, observed.delivery,
        ends_on=_day(row.campaign.end_date_time), details=observed.details,
    )  # fmt: skip
    budget, amount = LOOKS["budget"].observe(row)
    yield Shown("budget", budget, amount.name, amount.status, int(budget), key, budget_micros=amount.budget_micros)


def _pages(rows: Iterable[Shown]) -> Iterator[list[Shown]]:
    page: list[Shown] = []
    for row in rows:
        page.append(row)
        if len(page) >= _CHUNK:
            yield page
            page = []
    if page:
        yield page
