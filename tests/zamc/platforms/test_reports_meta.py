"""Meta's insights through the official SDK, from the sandbox's market, and rows that no sandbox would send."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.world import MONDAY, Advertiser, World, running
from zamc.analytics.rules import BadReport, ConversionRow, FactRow, Grain, check
from zamc.database.engine import Database
from zamc.errors import GiveUp, Later, OutsideCallInTransaction
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.insights import MetaInsights
from zamc.projects.tables import AdAccount

FIRST, LAST = date(2027, 3, 1), date(2027, 3, 4)
BELOW = (Grain.CREATIVE, Grain.AD, Grain.AD_GROUP)
Rows = dict[Grain, list[FactRow | ConversionRow]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture(scope="module")
def brand(world: World) -> Advertiser:
    """A lead campaign whose three ads share two creatives, and a campaign that was deleted on the third day."""
    brand = world.advertiser()
    campaign, adset, _ = brand.tree(ads=2, daily_budget=5000)
    brand.ad(adset, status="ACTIVE", name="Another creative")
    gone, _, _ = brand.tree(daily_budget=3000)
    world.clock.set(MONDAY + timedelta(days=2))
    brand.delete(gone)
    world.clock.set(MONDAY + timedelta(days=5))
    assert campaign != gone
    return brand


@pytest.fixture(scope="module")
def insights(world: World, brand: Advertiser) -> Iterator[MetaInsights]:
    client = MetaClient(token=world.credentials.token, graph_url=world.url, version="v25.0", timeout_seconds=30)
    yield MetaInsights(client)
    client.close()


@pytest.fixture(scope="module")
def account(brand: Advertiser) -> AdAccount:
    return AdAccount(platform="meta_ads", external_id=brand.id, currency="EUR", time_zone="Europe/Berlin", conversion_action=None)


@pytest.fixture(scope="module")
def rows(insights: MetaInsights, account: AdAccount) -> Rows:
    return {grain: list(insights.fetch(account, grain, FIRST, LAST)) for grain in insights.grains}


def test_every_row_is_one_that_can_be_true(rows: Rows) -> None:
    assert not {Grain.KEYWORD, Grain.SEARCH_TERM} & rows.keys()
    for grain, found in rows.items():
        assert {row.subject.grain for row in found} == {grain}
        for row in found:
            check(row, currency="EUR", first_day=FIRST, last_day=LAST)


@pytest.mark.parametrize("measure", ["impressions", "clicks", "spend_micros"])
def test_campaigns_are_the_account_and_lower_grains_a_part_of_their_campaign(rows: Rows, measure: str) -> None:
    assert _sum(rows[Grain.CAMPAIGN], measure, by=("day",)) == _sum(rows[Grain.ACCOUNT], measure, by=("day",))
    whole = _sum(rows[Grain.CAMPAIGN], measure, by=("day", "campaign_id"))
    assert len(whole) == 4 + 3
    for grain in BELOW:
        part = _sum(rows[grain], measure, by=("day", "campaign_id"))
        assert part.keys() == whole.keys()
        assert all(part[key] <= whole[key] for key in whole)
        assert 0.9 * sum(whole.values()) < sum(part.values()) < sum(whole.values())


def test_an_event_under_many_names_is_counted_once(brand: Advertiser, rows: Rows) -> None:
    raw = brand.get(
        brand.id, "insights", level="account", fields="actions,action_values", time_range={"since": "2027-03-01", "until": "2027-03-04"}
    )
    names = {entry["action_type"]: entry["value"] for entry in raw["data"][0]["actions"]}
    assert {"lead", "offsite_conversion.fb_pixel_lead", "onsite_web_lead", "link_click"} <= names.keys()
    for grain in (Grain.ACCOUNT, Grain.CAMPAIGN):
        counted = [row for row in rows[grain] if isinstance(row, ConversionRow) and row.counted]
        assert {row.action for row in counted} == {"lead"}
        assert sum(row.conversions for row in counted) == Decimal(names["lead"])


def test_conversions_are_kept_by_window_and_only_the_default_counts(rows: Rows) -> None:
    converted = [row for row in rows[Grain.CAMPAIGN] if isinstance(row, ConversionRow)]
    by_window = {w: sum(r.conversions for r in converted if r.attribution_window == w) for w in {r.attribution_window for r in converted}}
    assert by_window["1d_click"] <= by_window["7d_click"] <= by_window["28d_click"]
    assert by_window["7d_click"] <= by_window["default"]
    assert {row.attribution_window for row in converted if row.counted} == {"default"}


def test_ads_that_share_a_creative_are_one_row_of_it(rows: Rows) -> None:
    ads = {row.subject.object_id for row in rows[Grain.AD]}
    creatives = {(row.subject.object_id, row.subject.segment) for row in rows[Grain.CREATIVE]}
    assert (len(ads), len(creatives)) == (4, 3)
    for measure in ("impressions", "clicks", "spend_micros"):
        assert _sum(rows[Grain.CREATIVE], measure, by=("day",)) == _sum(rows[Grain.AD], measure, by=("day",))
    assert _converted(rows[Grain.CREATIVE]) == _converted(rows[Grain.AD])


def test_spend_without_decimals_is_still_micros(world: World, insights: MetaInsights) -> None:
    kotoba = world.advertiser(currency="JPY", zone="Asia/Tokyo")
    kotoba.tree(daily_budget=9000)
    world.clock.advance(86_400)
    yen = AdAccount(platform="meta_ads", external_id=kotoba.id, currency="JPY", time_zone="Asia/Tokyo")
    today = world.clock.now().date()
    facts = [row for row in insights.fetch(yen, Grain.ACCOUNT, FIRST, today) if isinstance(row, FactRow)]
    assert facts
    assert all(row.spend_micros % 1_000_000 == 0 for row in facts)
    assert sum(row.spend_micros for row in facts) > 1_000 * 1_000_000


def test_no_call_is_made_inside_a_transaction(database: Database, insights: MetaInsights, account: AdAccount) -> None:
    with database.transaction(), pytest.raises(OutsideCallInTransaction):
        list(insights.fetch(account, Grain.ACCOUNT, FIRST, LAST))


def test_a_platform_that_does_not_answer_is_asked_later(world: World, insights: MetaInsights, account: AdAccount) -> None:
    world.post("faults", platform="meta", method="*", fault="unavailable", times=5)
    try:
        with pytest.raises((Later, GiveUp)) as caught:
            list(insights.fetch(account, Grain.ACCOUNT, FIRST, LAST))
        assert isinstance(caught.value, Later)
    finally:
        world.faults.clear()


@dataclass
class Scripted:
    """A client that answers what a test wrote down."""

    rows: list[dict[str, Any]]

    def call(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"data": self.rows}


GOOD = {
    "date_start": "2027-03-01",
    "account_currency": "EUR",
    "account_id": "1",
    "impressions": "10",
    "inline_link_clicks": "2",
    "spend": "1.23",
}


def _answer(**changes: Any) -> list[FactRow | ConversionRow]:
    row = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    account = AdAccount(platform="meta_ads", external_id="act_1", currency="EUR", time_zone="UTC", conversion_action=None)
    return list(MetaInsights(Scripted([row])).fetch(account, Grain.ACCOUNT, FIRST, LAST))  # type: ignore[arg-type]  # a fake client


def test_text_becomes_exact_micros() -> None:
    # As a float, this would be 8,999,999,999,999.98.
    assert _answer(spend="8999999999999.99") == [FactRow(_answer()[0].subject, 10, 2, 8_999_999_999_999_990_000)]
    assert _answer(spend="0.1", inline_link_clicks=None) == [FactRow(_answer()[0].subject, 10, 0, 100_000)]


def test_a_value_without_an_action_is_kept() -> None:
    value = {"action_type": "offsite_conversion.fb_pixel_purchase", "value": "12.50", "7d_click": "10.00"}
    found = {
        row.attribution_window: (row.action, row.conversions, row.value_micros, row.counted)
        for row in _answer(action_values=[value])
        if isinstance(row, ConversionRow)
    }
    assert found == {
        "default": ("purchase", Decimal(0), 12_500_000, True),
        "7d_click": ("purchase", Decimal(0), 10_000_000, False),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"spend": "NaN"},
        {"spend": "Infinity"},
        {"spend": "1e30"},
        {"spend": "12,50"},
        {"impressions": "1.5"},
        {"impressions": "9" * 30},
        {"date_start": "yesterday"},
        {"date_start": None},
        {"account_currency": None},
        {"actions": [{"action_type": "purchase", "value": "many"}]},
    ],
)
def test_a_value_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadReport):
        _answer(**changes)


def _sum(rows: list[FactRow | ConversionRow], measure: str, *, by: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    sums: dict[tuple[str, ...], int] = {}
    for row in rows:
        if isinstance(row, FactRow):
            key = tuple(getattr(row.subject, name) for name in by)
            sums[key] = sums.get(key, 0) + getattr(row, measure)
    return sums


def _converted(rows: list[FactRow | ConversionRow]) -> dict[tuple[Any, ...], Decimal]:
    sums: dict[tuple[Any, ...], Decimal] = {}
    for row in rows:
        if isinstance(row, ConversionRow):
            key = (row.subject.day, row.action, row.attribution_window)
            sums[key] = sums.get(key, Decimal(0)) + row.conversions
    return sums
