"""From the store's history to what the market must know: which ads were live when, with which daily budget.

Kinds and keys that are read here, and that the platforms' servers must keep:
google  customer {currency_code, time_zone}; conversion_action {value_settings: {default_value}}; campaign_budget
        {amount_micros | total_amount_micros}; campaign (parent: budget id) {advertising_channel_type, campaign_budget,
        start_date_time, end_date_time}; ad_group, asset_group (parent: campaign id); ad_group_ad, ad_group_criterion {keyword,
        negative} (parent: ad group id); asset_group_asset (parent: asset group id).
        Bodies use the API's snake_case names. Status ENABLED serves, in an account whose status is ENABLED.
meta    adaccount {currency, timezone_name}; pixel {value_micros}; campaign and adset {daily_budget | lifetime_budget}
        in minor units, start_time, end_time or stop_time; adset (parent: campaign id); ad (parent: ad set id).
        Status ACTIVE serves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sandbox.economy import CLICK_PRICE, MICROS, Campaign, Cell, Pool, State, meta_unit_micros
from sandbox.store import Body, Obj, Transaction, Version

LIVE: Final = ("ENABLED", "ACTIVE")
FOREVER: Final = datetime(9000, 1, 1, tzinfo=UTC)


class Account(NamedTuple):
    currency: str
    time_zone: str
    conversion_value_micros: int
    tracked: bool


class Funded(NamedTuple):
    """What one budget pays for at a moment."""

    daily_micros: int
    lifetime: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Timeline:
    """One object through time."""

    obj: Obj
    versions: Sequence[Version]

    def at(self, moment: datetime) -> Version | None:
        """What it was; None before it was created and after it was removed."""
        found = None
        for version in self.versions:
            if version.at > moment:
                break
            found = version
        return None if found is None or found.removed else found

    def serves(self, moment: datetime, status: str) -> bool:
        """Whether it has that status, is through review and was not disapproved (`review`, `reviewed_at`)."""
        version = self.at(moment)
        return version is not None and version.status == status and _passed(version.body, moment)


def campaign(tx: Transaction, platform: str, account: str, campaign_id: str) -> Campaign | None:
    """Everything the market needs; None when there is no such campaign, or it was never switched on."""
    obj = tx.get(platform, account, "campaign", campaign_id)
    if obj is None or not any(version.status in LIVE for version in tx.history(platform, account, "campaign", campaign_id)):
        return None
    about = _account(tx, platform, account)
    tree = _Google(tx, obj, about) if platform == "google" else _Meta(tx, obj, about)
    states: dict[str, list[State]] = {}
    lifetime: set[str] = set()
    for start, end in pairwise([*sorted(set(tree.moments())), FOREVER]):
        for pool, funded in tree.funded(start).items():
            if funded.lifetime:
                lifetime.add(pool)
            if funded.cells and funded.daily_micros > 0:
                states.setdefault(pool, []).append(State(start, end, funded.daily_micros, funded.cells))
    return Campaign(
        platform=platform,
        account=account,
        id=campaign_id,
        currency=about.currency,
        time_zone=about.time_zone,
        pools=tuple(Pool(key, tuple(value), key in lifetime) for key, value in states.items()),
        conversion_value_micros=about.conversion_value_micros,
        tracked=about.tracked,
        channel=str(obj.body.get("advertising_channel_type", "")),
    )


def _passed(body: Body, moment: datetime) -> bool:
    until = body.get("reviewed_at")
    return body.get("review") != "DISAPPROVED" and not (until and datetime.fromisoformat(until) > moment)


def _account(tx: Transaction, platform: str, account: str) -> Account:
    google = platform == "google"
    obj = tx.get(platform, account, "customer" if google else "adaccount", account)
    body = obj.body if obj else {}
    currency = str(body.get("currency_code" if google else "currency", "USD"))
    sources = tx.find(platform, account, "conversion_action" if google else "pixel")
    value = sum(CLICK_PRICE.get(currency, CLICK_PRICE["USD"])) / 2 * 25 * MICROS
    for source in sources:
        given = source.body.get("value_settings", {}).get("default_value") if google else source.body.get("value_micros")
        if given:
            value = float(given) * (MICROS if google else 1)
            break
    zone = str(body.get("time_zone" if google else "timezone_name", "UTC"))
    return Account(currency, zone, round(value), bool(sources))


def _timeline(tx: Transaction, obj: Obj) -> Timeline:
    return Timeline(obj, tx.history(obj.platform, obj.account, obj.kind, obj.id))


def _children(tx: Transaction, parent: Obj, kind: str) -> list[Timeline]:
    return [_timeline(tx, o) for o in tx.find(parent.platform, parent.account, kind, parent=parent.id, removed=None)]


def _moments(timelines: Iterable[Timeline], flight: Callable[[Body], tuple[datetime, datetime]]) -> Iterable[datetime]:
    for timeline in timelines:
        for version in timeline.versions:
            yield version.at
            if until := version.body.get("reviewed_at"):
                yield datetime.fromisoformat(until)
            yield from (m for m in flight(version.body) if datetime(1971, 1, 1, tzinfo=UTC) < m < FOREVER)


def _days(start: datetime, end: datetime) -> int:
    return max(1, -(-(end - start) // timedelta(days=1)))


class _Google:
    def __init__(self, tx: Transaction, obj: Obj, about: Account) -> None:
        self._zone = ZoneInfo(about.time_zone)
        customer = tx.get(obj.platform, obj.account, "customer", obj.account)
        self._customer = _timeline(tx, customer) if customer else None
        self._campaign = _timeline(tx, obj)
        self._channel = obj.body.get("advertising_channel_type", "SEARCH")
        self._asset_groups = _children(tx, obj, "asset_group")
        self._links = {g.obj.id: _children(tx, g.obj, "asset_group_asset") for g in self._asset_groups}
        self._groups = _children(tx, obj, "ad_group")
        self._ads = {g.obj.id: _children(tx, g.obj, "ad_group_ad") for g in self._groups}
        words = {g.obj.id: _children(tx, g.obj, "ad_group_criterion") for g in self._groups}
        self._words = {
            key: [w for w in value if w.obj.body.get("keyword") and not w.obj.body.get("negative")] for key, value in words.items()
        }
        named = {str(v.body.get("campaign_budget", "")).rsplit("/", 1)[-1] for v in self._campaign.versions}
        budgets = [tx.get("google", obj.account, "campaign_budget", key) for key in sorted(named)]
        self._budgets = {b.id: _timeline(tx, b) for b in budgets if b is not None}
        self._sharing = [_timeline(tx, o) for o in tx.find("google", obj.account, "campaign", parents=self._budgets, removed=None)]

    def flight(self, body: Body) -> tuple[datetime, datetime]:
        start, end = body.get("start_date_time"), body.get("end_date_time")
        return self._moment(start, datetime(1970, 1, 1, tzinfo=UTC)), self._moment(end, FOREVER, end=True)

    def _moment(self, text: Any, otherwise: datetime, *, end: bool = False) -> datetime:
        if not text:
            return otherwise
        day, _, hour = str(text).partition(" ")
        digits = day.replace("-", "")
        base = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
        # The end is inclusive: "23:59:59", or a bare day, means until midnight.
        if end and hour in ("", "23:59:59", "00:00:00"):
            base, hour = base + timedelta(days=1), "00:00:00"
        time = datetime.strptime(hour or "00:00:00", "%H:%M:%S").time()  # noqa: DTZ007 -- the zone is set below
        return datetime.combine(base, time, tzinfo=self._zone).astimezone(UTC)

    def moments(self) -> Iterable[datetime]:
        leaves = [t for group in (self._ads, self._words, self._links) for value in group.values() for t in value]
        yield from _moments([self._campaign], self.flight)
        none = (FOREVER, FOREVER)
        customer = [self._customer] if self._customer else []
        groups = [*self._groups, *self._asset_groups]
        yield from _moments([*customer, *groups, *leaves, *self._budgets.values(), *self._sharing], lambda _: none)

    def funded(self, moment: datetime) -> dict[str, Funded]:
        version, customer = self._campaign.at(moment), self._customer.at(moment) if self._customer else None
        if version is None or version.status != "ENABLED" or (customer is not None and customer.status not in (None, "ENABLED")):
            return {}
        start, end = self.flight(version.body)
        budget_id = str(version.body.get("campaign_budget", "")).rsplit("/", 1)[-1]
        budget = self._budgets[budget_id].at(moment) if budget_id in self._budgets else None
        if budget is None or not start <= moment < end:
            return {}
        lifetime = int(budget.body.get("total_amount_micros") or 0)
        daily = lifetime // _days(start, end) if lifetime else int(budget.body.get("amount_micros") or 0)
        live = [v for t in self._sharing if (v := t.at(moment)) and v.status == "ENABLED"]
        shared_by = sum(str(v.body.get("campaign_budget", "")).rsplit("/", 1)[-1] == budget_id for v in live)
        cells = tuple(self._cells(moment))
        return {self._campaign.obj.id: Funded(daily // max(1, shared_by), bool(lifetime), cells)}

    def _cells(self, moment: datetime) -> Iterator[Cell]:
        """Search: ads by keyword. Display: ads. Performance Max: asset groups, which nothing finer is told of."""
        for group in self._asset_groups:
            links = [link for link in self._links[group.obj.id] if link.serves(moment, "ENABLED")]
            if group.serves(moment, "ENABLED") and links:
                yield Cell(group.obj.id, None, None)
        for group in self._groups:
            if not group.serves(moment, "ENABLED"):
                continue
            for ad in self._ads[group.obj.id]:
                if not ad.serves(moment, "ENABLED"):
                    continue
                if self._channel == "DISPLAY":
                    yield Cell(group.obj.id, ad.obj.id, None)
                    continue
                for word in self._words[group.obj.id]:
                    if word.serves(moment, "ENABLED"):
                        yield Cell(group.obj.id, ad.obj.id, word.obj.id)


class _Meta:
    def __init__(self, tx: Transaction, obj: Obj, about: Account) -> None:
        self._unit = meta_unit_micros(about.currency)
        account = tx.get(obj.platform, obj.account, "adaccount", obj.account)
        self._account = _timeline(tx, account) if account else None
        self._campaign = _timeline(tx, obj)
        self._sets = _children(tx, obj, "adset")
        self._ads = {s.obj.id: _children(tx, s.obj, "ad") for s in self._sets}

    def flight(self, body: Body) -> tuple[datetime, datetime]:
        start, end = body.get("start_time"), body.get("end_time") or body.get("stop_time")
        return (
            datetime.fromisoformat(start).astimezone(UTC) if start else datetime(1970, 1, 1, tzinfo=UTC),
            datetime.fromisoformat(end).astimezone(UTC) if end else FOREVER,
        )

    def moments(self) -> Iterable[datetime]:
        yield from _moments([self._campaign, *self._sets], self.flight)
        yield from _moments([self._account] if self._account else [], lambda _: (FOREVER, FOREVER))
        yield from _moments([a for ads in self._ads.values() for a in ads], lambda _: (FOREVER, FOREVER))

    def _daily(self, body: Body) -> tuple[int, bool]:
        lifetime = int(body.get("lifetime_budget") or 0)
        if lifetime:
            return lifetime * self._unit // _days(*self.flight(body)), True
        return int(body.get("daily_budget") or 0) * self._unit, False

    def funded(self, moment: datetime) -> dict[str, Funded]:
        version = self._campaign.at(moment)
        if self._disabled(moment) or version is None or version.status != "ACTIVE" or not self._runs(version.body, moment):
            return {}
        common, lifetime = self._daily(version.body)
        pools: dict[str, Funded] = {}
        for adset in self._sets:
            own = adset.at(moment)
            if own is None or own.status != "ACTIVE" or not self._runs(own.body, moment):
                continue
            cells = tuple(Cell(adset.obj.id, a.obj.id, None) for a in self._ads[adset.obj.id] if a.serves(moment, "ACTIVE"))
            if common:
                before = pools.get(self._campaign.obj.id, Funded(common, lifetime, ()))
                pools[self._campaign.obj.id] = before._replace(cells=before.cells + cells)
            else:
                pools[adset.obj.id] = Funded(*self._daily(own.body), cells)
        return pools

    def _disabled(self, moment: datetime) -> bool:
        version = self._account.at(moment) if self._account else None
        return version is not None and version.body.get("account_status", 1) != 1

    def _runs(self, body: Body, moment: datetime) -> bool:
        start, end = self.flight(body)
        return start <= moment < end
