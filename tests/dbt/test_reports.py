"""The reports say what was synced, and each check fails when the one thing that it guards is broken."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.dbt.conftest import Reports
from tests.zamc.analytics.scripted import DAY, ScriptedSource, conversion, fact, subject
from zamc.analytics.reports import report_balance
from zamc.analytics.rules import Grain
from zamc.analytics.service import AnalyticsService

# Of 100 parts, what each report's rows are credited with: on Google, and in the last column on Meta.
BELOW_THE_CAMPAIGN = {
    "ad_group_daily": 98, "ad_daily": 97, "creative_daily": 97, "keyword_daily": 95, "search_term_daily": 40, "geo_daily": 96,
    "device_daily": 96, "audience_daily": 94, "landing_page_daily": 97,
}  # fmt: skip


def test_a_build_passes_and_its_figures_are_those_of_the_platform(reports: Reports) -> None:
    [google] = reports.read("SELECT * FROM reporting.account_daily WHERE platform = 'google_ads'")
    assert (google.currency, google.impressions, google.clicks, google.spend, google.conversions) == ("EUR", 100_000, 5_000, 100, 200)
    assert (google.ctr, google.cpc, google.cpa, google.cvr, google.roas) == tuple(map(Decimal, ("0.05", "0.02", "0.5", "0.04", "3")))
    [meta] = reports.read("SELECT * FROM reporting.account_daily WHERE platform = 'meta_ads'")
    assert (meta.currency, meta.spend, meta.spend_micros, meta.is_closed) == ("JPY", 9000, 9_000_000_000, True)


def test_a_campaign_knows_the_brief_that_it_comes_from(reports: Reports) -> None:
    rows = reports.read("SELECT platform, brief_name, goal, strategy_id, deployment_id FROM reporting.campaign_daily ORDER BY platform")
    assert [tuple(row) for row in rows] == [
        ("google_ads", "Sourdough", "leads", reports.euro.strategy_id, reports.euro.deployment_id),
        ("meta_ads", "Kotoba", "leads", reports.yen.strategy_id, reports.yen.deployment_id),
    ]


@pytest.mark.parametrize(("report", "attributed"), BELOW_THE_CAMPAIGN.items())
def test_what_no_object_is_credited_with_stands_in_a_row_of_its_own(reports: Reports, report: str, attributed: int) -> None:
    rows = reports.read(
        f"SELECT is_attributed, sum(clicks), count(*) FROM reporting.{report} WHERE platform = 'google_ads' GROUP BY 1 ORDER BY 1"  # noqa: S608
    )
    missing, credited = rows
    assert (missing.is_attributed, missing.sum, missing.count) == (False, 50 * (100 - attributed), 1)
    assert (credited.is_attributed, credited.sum) == (True, 50 * attributed)


@pytest.mark.parametrize(("report", "platform"), [("keyword_daily", "google_ads"), ("search_term_daily", "google_ads")])
def test_what_only_one_platform_reports_is_measured_against_that_platform_alone(reports: Reports, report: str, platform: str) -> None:
    assert reports.read(f"SELECT DISTINCT platform FROM reporting.{report}") == [(platform,)]  # noqa: S608


def test_actions_that_are_not_counted_are_kept_beside_those_that_are(reports: Reports) -> None:
    rows = reports.read(
        "SELECT action, attribution_window, counted, conversions FROM reporting.conversion_daily WHERE currency = 'EUR' ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [("add_to_cart", "1d_click", False, 100), ("purchase", "default", True, 200)]


def test_the_demo_reads_that_the_report_balances(reports: Reports) -> None:
    with reports.database.transaction() as session:
        balance = report_balance(session)
    assert balance.balanced
    assert balance.differences == ()
    assert balance.rows == 2 + 2 + 6 + 6 + 4 + 2 + 2 + 4 + 6 + 4 + 4


def test_an_ad_above_its_campaign_fails_and_keywords_that_are_missing_warn(reports: Reports, break_row: Callable[[str], None]) -> None:
    break_row("UPDATE analytics SET clicks = clicks + 200 WHERE grain = 'ad' AND object_id = '12~2' AND currency = 'EUR'")
    break_row("UPDATE analytics SET spend_micros = spend_micros / 2 WHERE grain = 'keyword'")
    assert reports.run("build", "--exclude-resource-type", "unit_test") == {
        "ad_daily_is_not_negative": "fail",
        "not_attributed_share_keyword_daily__var_most_not_attributed_": "warn",
    }
    with reports.database.transaction() as session:
        [found] = report_balance(session).differences
    assert (found.report, found.measure, found.of_account, found.of_parts) == ("ad_daily", "clicks", Decimal(5000), Decimal(5050))


def test_a_row_that_is_there_twice_fails_in_every_report(reports: Reports) -> None:
    every = ("account_daily", "campaign_daily", *BELOW_THE_CAMPAIGN)
    with reports.database.transaction() as session:
        for report in every:
            kept = f"reporting.int_{report.removesuffix('_daily')}_days"
            session.execute(text(f"INSERT INTO {kept} SELECT * FROM {kept} LIMIT 1"))  # noqa: S608
    bad = reports.run("test", "--select", "marts,test_name:unique_combination")
    assert {name.removeprefix("unique_combination_").partition("_daily")[0] + "_daily" for name in bad} == set(every)


def test_amounts_of_parts_above_their_whole_fail(reports: Reports, break_row: Callable[[str], None]) -> None:
    break_row("UPDATE analytics SET spend_micros = spend_micros * 2 WHERE grain = 'ad' AND object_id = '12~2' AND currency = 'EUR'")
    assert reports.run("build", "--exclude-resource-type", "unit_test") == {"ad_daily_is_not_negative": "fail"}


def test_what_a_platform_takes_back_is_told_and_stops_no_report(reports: Reports) -> None:
    """A credit for a closed day: account and campaign are below zero, and none of their parts is."""
    source = ScriptedSource(
        [
            row
            for about in (subject(Grain.ACCOUNT, "9"), subject(Grain.CAMPAIGN, "1"))
            for row in (fact(about, spend=-2_000_000), conversion(about, count="-1", value=-3_000_000))
        ]
    )
    service = AnalyticsService(reports.database, ManualClock(), {"google_ads": lambda _: source}, look_back_days=0)
    assert not service.sync(platform="google_ads", day=DAY).failures
    assert reports.run("build", "--exclude-resource-type", "unit_test") == {"nothing_was_taken_back": "warn"}, reports.said
    for report in ("account_daily", "campaign_daily", *BELOW_THE_CAMPAIGN):
        found = reports.read(f"SELECT sum(spend), sum(conversions), sum(value) FROM reporting.{report} WHERE platform = 'google_ads'")  # noqa: S608
        assert [tuple(row) for row in found] == [(Decimal(-2), Decimal(-1), Decimal(-3))], report
    with reports.database.transaction() as session:
        assert report_balance(session).balanced
