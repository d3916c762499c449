"""Google's reports through the official client, from the sandbox's market."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sandbox.google.campaigns import request, whole_campaign, whole_display, whole_performance_max
from tests.sandbox.google.world import NOW, World, running
from zamc.analytics.rules import ConversionRow, FactRow, Grain, check
from zamc.database.engine import Database
from zamc.errors import GiveUp, OutsideCallInTransaction
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.reports import GoogleAdsReports
from zamc.projects.tables import AdAccount

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
    return {grain: list(reports.fetch(account, grain, FIRST, LAST)) for grain in reports.grains}


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


def test_each_grain_is_two_calls_whatever_its_rows(world: World, reports: GoogleAdsReports, account: AdAccount) -> None:
    before = len(world.calls())
    list(reports.fetch(account, Grain.AD, FIRST, LAST))
    assert [method for method, _ in world.calls()[before:]] == ["GoogleAdsService/SearchStream"] * 2


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
        found = {
            grain: list(reports.fetch(account, grain, FIRST, LAST)) for grain in (Grain.ACCOUNT, Grain.CAMPAIGN, Grain.AD_GROUP, Grain.AD)
        }
    spent = {grain: _sum(rows, "spend_micros", by=("campaign_id",)) for grain, rows in found.items() if grain != Grain.ACCOUNT}
    assert spent[Grain.CAMPAIGN].keys() == {(most,), (shown,)}
    assert spent[Grain.CAMPAIGN][most,] > 0
    assert {*spent[Grain.AD], *spent[Grain.AD_GROUP]} == {(shown,)}
    assert 0 < spent[Grain.AD][shown,] <= spent[Grain.CAMPAIGN][shown,]
    assert _sum(found[Grain.CAMPAIGN], "spend_micros", by=("day",)) == _sum(found[Grain.ACCOUNT], "spend_micros", by=("day",))
