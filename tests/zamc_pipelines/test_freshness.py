"""Freshness and data quality: what is told, of which data assets; and how a year is read again from the UI."""

import warnings
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import dagster as dg
import pytest
from dagster._core.definitions.automation_tick_evaluation_context import build_run_requests_with_backfill_policies
from dagster._core.definitions.events import AssetKeyPartitionKey
from sqlalchemy import text

from resources.dbt import prepare_manifest
from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import DAY, ScriptedSource, fact, launched
from zamc.analytics.quality_repository import accounts_behind, unread_days
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database


@pytest.fixture(scope="module")
def graphs() -> list[dg.Definitions]:
    prepare_manifest()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        from zamc_pipelines import definitions, reporting

        return [definitions.defs, reporting.defs]


def test_every_report_and_every_sync_has_a_freshness_policy_and_nothing_that_waits_for_people(graphs: list[dg.Definitions]) -> None:
    policies = {
        spec.key.to_user_string(): (spec.group_name, spec.freshness_policy)
        for defs in graphs
        for spec in defs.resolve_all_asset_specs()
        # What another location makes is known here by its key alone.
        if spec.group_name != "default"
    }
    for name in ("google_ads_performance", "meta_ads_performance", "campaign_daily", "int_days", "performance_forecasts"):
        policy = policies[name][1]
        assert policy == dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30), warn_window=timedelta(hours=26)), name
    assert policies["deployment_status"][1] == dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=2), warn_window=timedelta(hours=1)
    )
    assert {name for name, (group, policy) in policies.items() if policy is None and group in ("analytics", "reporting")} == set()
    assert {name for name, (group, policy) in policies.items() if policy is not None and group in ("planning", "creatives")} == set()


def test_the_facts_are_checked_beside_the_reports(graphs: list[dg.Definitions]) -> None:
    checks = {(key.asset_key.to_user_string(), key.name) for key in graphs[0].resolve_asset_graph().asset_check_keys}
    assert ("google_ads_performance", "google_ads_days_are_complete") in checks
    assert ("meta_ads_performance", "meta_ads_accounts_are_current") in checks


def test_a_day_that_nobody_read_and_an_account_that_fell_behind_are_named(database: Database, clock: ManualClock) -> None:
    launched(database, starts_on=DAY - timedelta(days=5), external_id="9")
    launched(database, starts_on=DAY - timedelta(days=5), external_id="8", campaign_id="customers/8/campaigns/1")
    source = ScriptedSource([fact()])
    service = AnalyticsService(database, clock, {"google_ads": lambda _: source}, look_back_days=0)
    today = DAY + timedelta(days=1)
    with database.transaction() as session:
        assert accounts_behind(session, platform="google_ads", since=clock.now()) == ["8", "9"]
        nine: UUID = session.execute(text("SELECT id FROM ad_accounts WHERE external_id = '9'")).scalar_one()
    for back in (5, 4, 2, 1, 0):
        service.sync(platform="google_ads", day=DAY - timedelta(days=back), account_ids=[nine], look_back=False)
    with database.transaction() as session:
        assert [(found.account, found.day) for found in unread_days(session, platform="google_ads", today=today)] == [
            ("9", DAY - timedelta(days=3))
        ]
        assert unread_days(session, platform="meta_ads", today=today) == []
        assert accounts_behind(session, platform="google_ads", since=clock.now()) == ["8"]
        assert accounts_behind(session, platform="google_ads", since=clock.now() + timedelta(seconds=1)) == ["8", "9"]


def test_thirteen_months_from_the_ui_are_one_run_a_month(graphs: list[dg.Definitions]) -> None:
    """What a backfill of a range of partitions asks for: Dagster's own division of it into runs."""
    days = [(date(2025, 10, 1) + timedelta(days=n)).isoformat() for n in range(396)]
    graph = graphs[0].resolve_asset_graph()
    assets = [dg.AssetKey(name) for name in ("google_ads_performance", "meta_ads_performance")]
    wanted = [AssetKeyPartitionKey(asset, day) for asset in assets for day in days]
    with dg.DagsterInstance.ephemeral() as instance:
        runs = build_run_requests_with_backfill_policies(wanted, graph, instance)
    ranges = sorted((run.tags["dagster/asset_partition_range_start"], run.tags["dagster/asset_partition_range_end"]) for run in runs)
    assert len(ranges) == 13
    assert (ranges[0][0], ranges[-1][1]) == ("2025-10-01", "2026-10-31")
    for (_, end), (start, _) in pairwise(ranges):
        assert date.fromisoformat(start) == date.fromisoformat(end) + timedelta(days=1)
    assert all((date.fromisoformat(end) - date.fromisoformat(start)).days < 31 for start, end in ranges)
    assert all(set(run.asset_selection or ()) == set(assets) for run in runs)
