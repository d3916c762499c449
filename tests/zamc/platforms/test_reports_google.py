"""Google's reports through the official client, from the sandbox's market."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from sandbox.accounts import google_conversion_action
from sandbox.faults import Fault
from tests.sandbox.google.campaigns import request, whole_campaign, whole_display, whole_performance_max
from tests.sandbox.google.world import NOW, World, running
from zamc.analytics.blocks import Block, rows_of
from zamc.analytics.look_back_rules import Overrides, ages, windows
from zamc.analytics.rules import ConversionRow, FactRow, Grain, check
from zamc.database.engine import Database
from zamc.errors import GiveUp, Later, OutsideCallInTransaction
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.reports import GoogleAdsReports
from zamc.platforms.without_query import without_query
from zamc.projects.tables import AdAccount
from zamc.throttling.rules import Kind

FIRST, LAST = date(2027, 3, 1), date(2027, 3, 4)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]
Rows = dict[Grain, list[FactRow | ConversionRow]]
BELOW = (Grain.KEYWORD, Grain.CREATIVE, Grain.AD, Grain.AD_GROUP)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An account in yen with two conversion actions and two campaigns of two ads and two keywords each, five days on."""
    with running(tmp_path_factory.mktemp("google") / "sandbox.sqlite") as started:
        started.customer = started.add_customer("1234567890", currency="JPY", time_zone="Asia/Tokyo")
        actions = request(started)
        actions.conversion_action("Purchase")
        actions.conversion_action("Newsletter")
        actions.send()
        for name, micros in (("One", 9_000_000_000), ("Two", 5_000_000_000)):
            names = whole_campaign(started, name, micros=micros)
            more = request(started)
            more.ad(names.ad_group, headlines=("Another first headline", "Another second", "Another third"))
            more.keyword(names.ad_group, "animation tool")
            more.send()
        started.clock.set(NOW + timedelta(days=5))
        yield started


@pytest.fixture(scope="module")
def account(world: World) -> AdAccount:
    return AdAccount(platform="google_ads", external_id=world.customer, currency="JPY", time_zone="Asia/Tokyo")


@pytest.fixture(scope="module")
def reports(world: World) -> GoogleAdsReports:
    return GoogleAdsReports(GoogleClient(world.client(), version="v26", timeout_seconds=30))


@pytest.fixture(scope="module")
def rows(reports: GoogleAdsReports, account: AdAccount) -> Rows:
    return {grain: _rows(reports, account, grain) for grain in reports.grains}


def _rows(reports: GoogleAdsReports, account: AdAccount, grain: Grain) -> list[FactRow | ConversionRow]:
    found: list[FactRow | ConversionRow] = []
    for each in reports.fetch(account, grain, FIRST, LAST):
        found += rows_of(each) if isinstance(each, Block) else [each]
    return found


def test_every_row_is_one_that_can_be_true(rows: Rows) -> None:
    for grain, found in rows.items():
        assert {row.subject.grain for row in found} == {grain}
        for row in found:
            check(row, currency="JPY", first_day=FIRST, last_day=LAST)


@pytest.mark.parametrize("measure", ["impressions", "clicks", "spend_micros"])
def test_campaigns_are_the_account_and_lower_grains_a_part_of_their_campaign(rows: Rows, measure: str) -> None:
    assert _sum(rows[Grain.CAMPAIGN], measure, by=("day",)) == _sum(rows[Grain.ACCOUNT], measure, by=("day",))
    whole = _sum(rows[Grain.CAMPAIGN], measure, by=("day", "campaign_id"))
    assert len(whole) == len(DAYS) * 2
    for grain in BELOW:
        part = _sum(rows[grain], measure, by=("day", "campaign_id"))
        assert part.keys() == whole.keys()
        assert all(part[key] <= whole[key] for key in whole)
        assert 0.9 * sum(whole.values()) < sum(part.values()) < sum(whole.values())


def test_conversions_are_kept_by_action_and_add_up_to_what_google_counts(world: World, rows: Rows) -> None:
    converted = [row for row in rows[Grain.CAMPAIGN] if isinstance(row, ConversionRow)]
    assert {row.action for row in converted} == {"Purchase", "Newsletter"}
    assert all(row.counted and row.attribution_window == "default" for row in converted)
    [whole] = world.search(
        "SELECT metrics.conversions, metrics.conversions_value FROM customer WHERE segments.date BETWEEN '2027-03-01' AND '2027-03-04'"
    )
    assert sum(row.conversions for row in converted) == Decimal(str(whole.metrics.conversions))
    assert sum(row.value_micros for row in converted) == round(whole.metrics.conversions_value * 1_000_000)


def test_ids_name_the_object_as_its_resource_name_does(world: World, rows: Rows) -> None:
    for grain, resource in ((Grain.KEYWORD, "ad_group_criterion"), (Grain.AD, "ad_group_ad"), (Grain.AD_GROUP, "ad_group")):
        found = world.search(f"SELECT {resource}.resource_name FROM {resource}")  # noqa: S608 - GAQL
        names = {getattr(row, resource).resource_name.rsplit("/", 1)[-1] for row in found}
        assert {row.subject.object_id for row in rows[grain]} == names
    assert {row.subject.label for row in rows[Grain.CAMPAIGN]} == {"One", "Two"}
    assert {row.subject.label for row in rows[Grain.KEYWORD]} == {"3d software", "animation tool"}


def test_each_grain_is_two_calls_and_search_terms_are_counted_before(world: World, reports: GoogleAdsReports, account: AdAccount) -> None:
    before = len(world.calls())
    list(reports.fetch(account, Grain.AD, FIRST, LAST))
    assert [method for method, _ in world.calls()[before:]] == ["GoogleAdsService/SearchStream"] * 2
    before = len(world.calls())
    list(reports.fetch(account, Grain.SEARCH_TERM, FIRST, LAST))
    assert [method for method, _ in world.calls()[before:]] == ["GoogleAdsService/Search", "GoogleAdsService/SearchStream"] * 2


def test_an_account_that_is_not_ours_is_given_up(reports: GoogleAdsReports) -> None:
    stranger = AdAccount(platform="google_ads", external_id="9999999999", currency="EUR", time_zone="UTC")
    with pytest.raises(GiveUp):
        list(reports.fetch(stranger, Grain.ACCOUNT, FIRST, LAST))


def test_no_call_is_made_inside_a_transaction(database: Database, reports: GoogleAdsReports, account: AdAccount) -> None:
    with database.transaction(), pytest.raises(OutsideCallInTransaction):
        list(reports.fetch(account, Grain.ACCOUNT, FIRST, LAST))


def _sum(rows: list[FactRow | ConversionRow], measure: str, *, by: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    sums: dict[tuple[str, ...], int] = {}
    for row in rows:
        if isinstance(row, FactRow):
            key = tuple(getattr(row.subject, name) for name in by)
            sums[key] = sums.get(key, 0) + getattr(row, measure)
    return sums


def test_performance_max_has_figures_and_no_ads_and_display_has_both(tmp_path: Path) -> None:
    with running(tmp_path / "kinds.sqlite") as world:
        world.customer = world.add_customer("1234567890")
        most, shown = whole_performance_max(world)[0].rsplit("/", 1)[-1], whole_display(world)[0].rsplit("/", 1)[-1]
        world.clock.set(NOW + timedelta(days=5))
        reports = GoogleAdsReports(GoogleClient(world.client(), version="v26", timeout_seconds=30))
        account = AdAccount(platform="google_ads", external_id=world.customer, currency="EUR", time_zone="Europe/Berlin")
        found = {grain: _rows(reports, account, grain) for grain in reports.grains}
    spent = {grain: _sum(rows, "spend_micros", by=("campaign_id",)) for grain, rows in found.items() if grain != Grain.ACCOUNT}
    assert spent[Grain.CAMPAIGN].keys() == {(most,), (shown,)}
    assert spent[Grain.CAMPAIGN][most,] > 0
    assert {*spent[Grain.AD], *spent[Grain.AD_GROUP]} == {(shown,)}
    assert 0 < spent[Grain.AD][shown,] <= spent[Grain.CAMPAIGN][shown,]
    assert _sum(found[Grain.CAMPAIGN], "spend_micros", by=("day",)) == _sum(found[Grain.ACCOUNT], "spend_micros", by=("day",))


@pytest.mark.parametrize("grain", [Grain.GEO, Grain.DEVICE])
@pytest.mark.parametrize("measure", ["impressions", "clicks", "spend_micros"])
def test_places_and_devices_are_all_of_their_campaign(rows: Rows, grain: Grain, measure: str) -> None:
    by = ("day", "campaign_id")
    assert _sum(rows[grain], measure, by=by) == _sum(rows[Grain.CAMPAIGN], measure, by=by)
    assert all(row.subject.object_id == row.subject.campaign_id for row in rows[grain])


@pytest.mark.parametrize(
    ("grain", "whole"),
    [(Grain.AUDIENCE, Grain.AD_GROUP), (Grain.LANDING_PAGE, Grain.AD), (Grain.SEARCH_TERM, Grain.KEYWORD)],
)
def test_other_cuts_are_what_they_are_cut_from_or_less(rows: Rows, grain: Grain, whole: Grain) -> None:
    by = ("day", "campaign_id")
    for measure in ("impressions", "clicks", "spend_micros"):
        part, all_of_it = _sum(rows[grain], measure, by=by), _sum(rows[whole], measure, by=by)
        assert part.keys() == all_of_it.keys()
        if grain is Grain.SEARCH_TERM:
            assert all(0 < part[key] < all_of_it[key] for key in part)
        else:
            assert part == all_of_it


def test_each_cut_says_what_it_is(rows: Rows) -> None:
    def cut(grain: Grain) -> set[tuple[str, str | None]]:
        return {(row.subject.segment, row.subject.label) for row in rows[grain]}

    assert cut(Grain.DEVICE) == {("device:MOBILE", "mobile"), ("device:DESKTOP", "desktop"), ("device:TABLET", "tablet")}
    assert cut(Grain.AUDIENCE) >= {("age:25-34", "age 25-34"), ("age:65+", "age 65+"), ("age:unknown", "age unknown")}
    assert cut(Grain.GEO) == {("geo:2276", "Germany")}
    assert all(segment.startswith("url:https://") and "?" not in segment for segment, _ in cut(Grain.LANDING_PAGE))
    assert {row.subject.label for row in rows[Grain.SEARCH_TERM]} >= {"3d software", "3d software price", "animation tool near me"}


def test_no_subject_comes_twice(rows: Rows) -> None:
    for found in rows.values():
        keys = [(row.subject.object_id, row.subject.segment, row.subject.day) for row in found if isinstance(row, FactRow)]
        assert len(keys) == len(set(keys)) > 0


def test_each_conversion_action_has_its_own_window_and_id(world: World, reports: GoogleAdsReports, account: AdAccount, rows: Rows) -> None:
    said = {action.name: action for action in reports.describe(account).actions}
    assert {name: (action.click_days, action.view_days) for name, action in said.items()} == {
        "Purchase": (30, None),
        "Newsletter": (30, None),
    }
    for row in rows[Grain.CAMPAIGN]:
        if isinstance(row, ConversionRow):
            assert row.action_id == said[row.action].external_id


def test_windows_that_are_named_are_the_days_that_stay_open_and_what_comes_later_is_not_credited(tmp_path: Path) -> None:
    """One account names a week after a click and a day after a view, another nothing: it keeps Google's 30 days."""
    found: dict[str, tuple[tuple[int, ...], Decimal]] = {}
    for name, days in (("named", {"click_days": 7, "view_days": 1}), ("default", {})):
        with running(tmp_path / f"{name}.sqlite") as world:
            world.customer = world.add_customer("1234567890", currency="JPY", time_zone="Asia/Tokyo")
            with world.store.transaction() as tx:
                google_conversion_action(tx, world.customer, {"name": "Purchase", **days})
            whole_campaign(world, "One", micros=9_000_000_000)
            world.clock.set(NOW + timedelta(days=40))
            reports = GoogleAdsReports(GoogleClient(world.client(), version="v26", timeout_seconds=30))
            account = AdAccount(platform="google_ads", external_id=world.customer, currency="JPY", time_zone="Asia/Tokyo")
            again = ages(windows(reports.describe(account), Overrides()), at_least=3)
            first = NOW.date() + timedelta(days=1)
            rows = list(reports.fetch(account, Grain.CAMPAIGN, first, first + timedelta(days=5)))
            credited = sum((row.conversions for row in rows if isinstance(row, ConversionRow) and row.counted), Decimal(0))
            found[name] = again, credited
    assert found["named"][0] == (*range(9),)
    assert found["default"][0] == (*range(15), 21, 28, 31)
    # 8 % of the market's conversions come later than a week after their click.
    assert 0.8 < found["named"][1] / found["default"][1] < 1


# Of search terms the platform keeps some to itself, so that no totals tell what is missing: they are counted.
@pytest.mark.parametrize("grain", [Grain.CAMPAIGN, Grain.GEO, Grain.SEARCH_TERM])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_page_that_is_missing_is_noticed(world: World, reports: GoogleAdsReports, account: AdAccount, grain: Grain, skip: int) -> None:
    list(reports.fetch(account, Grain.GEO, FIRST, LAST))
    world.faults.add(Fault("google", "*/SearchStream", "missing_page", skip=skip))
    try:
        with pytest.raises(Later, match="is incomplete"):
            list(reports.fetch(account, grain, FIRST, LAST))
    finally:
        world.faults.clear()


class CutOff(GoogleClient):
    """Whose answers end after so many messages, without a word."""

    messages = 0

    def stream(self, customer_id: str, query: str, *, kind: Kind = Kind.READ, totals: bool = False) -> Iterator[Any]:
        yield from islice(super().stream(customer_id, query, kind=kind, totals=totals), self.messages)


@pytest.mark.parametrize("grain", list(GoogleAdsReports.grains))
def test_an_answer_that_ends_without_its_totals_is_counted_and_noticed(world: World, account: AdAccount, grain: Grain) -> None:
    """As a proxy would cut it off: it must not be taken for a day on which nothing happened."""
    client = CutOff(world.client(), version="v26", timeout_seconds=30)
    with pytest.raises(Later, match=r"has 0 rows of [1-9]"):
        list(GoogleAdsReports(client).fetch(account, grain, FIRST, LAST))
    nothing = date(2026, 1, 1)
    assert list(GoogleAdsReports(client).fetch(account, grain, nothing, nothing)) == [], "nothing is what there is"


def test_terms_that_come_while_they_are_read_are_no_fault(reports: GoogleAdsReports, account: AdAccount, monkeypatch: Any) -> None:
    there = reports._client.count
    monkeypatch.setattr(reports._client, "count", lambda *asked, **kind: there(*asked, **kind) - 1)
    assert _rows(reports, account, Grain.SEARCH_TERM)


def test_an_asset_group_is_its_own_creative(tmp_path: Path) -> None:
    with running(tmp_path / "kinds.sqlite") as world:
        world.customer = world.add_customer("1234567890")
        campaign = whole_performance_max(world)[0].rsplit("/", 1)[-1]
        world.clock.set(NOW + timedelta(days=5))
        reports = GoogleAdsReports(GoogleClient(world.client(), version="v26", timeout_seconds=30))
        account = AdAccount(platform="google_ads", external_id=world.customer, currency="EUR", time_zone="Europe/Berlin")
        creatives, pages = (_rows(reports, account, grain) for grain in (Grain.CREATIVE, Grain.LANDING_PAGE))
    assert {row.subject.segment for row in creatives} == {campaign}
    assert _sum(creatives, "spend_micros", by=("day",)) == _sum(pages, "spend_micros", by=("day",))


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://example.com/shoes?utm_source=ads#top", "https://example.com/shoes"),
        ("https://example.com", "https://example.com/"),
        ("not a url?x=1", "not a url"),
    ],
)
def test_a_page_is_its_address_without_query(url: str, page: str) -> None:
    assert without_query(url) == page
