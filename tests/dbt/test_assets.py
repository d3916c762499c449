"""The reports as data assets: lineage from the core's data assets, tests as checks, and a run that builds them."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import dagster as dg
import pytest

from resources.dbt import prepare_manifest
from tests.dbt.conftest import Reports
from tests.otlp import Collector, collector
from tests.services import Services
from zamc import telemetry
from zamc.analytics.reports import report_balance
from zamc.settings import settings

REPORTS = {
    "account_daily", "campaign_daily", "ad_group_daily", "ad_daily", "creative_daily", "keyword_daily", "search_term_daily", "geo_daily",
    "device_daily", "audience_daily", "landing_page_daily", "conversion_daily", "budget_pacing", "creative_lineage", "calendar",
    "nowcast_daily",
}  # fmt: skip


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    prepare_manifest()
    from zamc_pipelines.reporting import defs

    return defs


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Asked for before the settings are read."""
    with collector() as listening:
        monkeypatch.setenv("ZAMC_OTLP_ENDPOINT", listening.url)
        yield listening
        telemetry.stop()
    settings.cache_clear()


@pytest.fixture
def connected(reports: Reports, services: Services, monkeypatch: pytest.MonkeyPatch) -> Reports:
    """This process's settings name the test's database."""
    for name, value in services.environment_for(reports.urls).items():
        monkeypatch.setenv(name, value)
    # What the run itself sets; undone after the test.
    for name in ("HOST", "PORT", "USER", "DATABASE", "SSLMODE"):
        monkeypatch.setenv(f"ZAMC_REPORTING_{name}", "")
    monkeypatch.setenv("DBT_ENV_SECRET_ZAMC_REPORTING_PASSWORD", "")
    settings.cache_clear()
    return reports


def test_every_model_is_a_data_asset_of_one_group_below_those_that_write_its_tables(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    models = {key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).is_materializable}
    assert models >= REPORTS
    assert {graph.get(dg.AssetKey(name)).group_name for name in models} == {"reporting"}
    parents = {key.to_user_string() for key in graph.get(dg.AssetKey("stg_facts")).parent_keys}
    assert parents == {"google_ads_performance", "meta_ads_performance"}
    assert {key.to_user_string() for key in graph.get(dg.AssetKey("stg_strategies")).parent_keys} == {"strategies"}


def test_tests_of_dbt_are_asset_checks(definitions: dg.Definitions) -> None:
    checks = {(key.asset_key.to_user_string(), key.name) for key in definitions.resolve_asset_graph().asset_check_keys}
    assert ("campaign_daily", "campaigns_balance_with_account") in checks
    assert {asset for asset, name in checks if name.startswith("unique_combination")} >= REPORTS


def test_a_run_builds_every_report_and_a_broken_balance_is_a_failed_check(
    definitions: dg.Definitions, heard: Collector, connected: Reports, break_row: Callable[[str], None]
) -> None:
    break_row("UPDATE analytics SET spend_micros = spend_micros - 1 WHERE grain = 'campaign' AND currency = 'EUR'")
    break_row("UPDATE analytics SET spend_micros = spend_micros / 2 WHERE grain = 'keyword'")
    run = definitions.resolve_job_def("reporting_job").execute_in_process(raise_on_error=False)
    built = {event.asset_key.to_user_string() for event in run.get_asset_materialization_events() if event.asset_key}
    assert built >= REPORTS
    failed = {e.check_name: e.severity for e in run.get_asset_check_evaluations() if not e.passed}
    assert failed == {
        "campaigns_balance_with_account": dg.AssetCheckSeverity.ERROR,
        # What the platform credits to nobody is worth a look, and no reason to distrust the rest.
        "not_attributed_share_keyword_daily__var_most_not_attributed_": dg.AssetCheckSeverity.WARN,
    }
    assert not run.success
    with connected.database.transaction() as session:
        balance = report_balance(session)
    assert not balance.balanced
    assert [(d.report, d.platform, d.currency, d.measure, d.of_account, d.of_parts) for d in balance.differences] == [
        ("campaign_daily", "google_ads", "EUR", "spend_micros", Decimal(100_000_000), Decimal(99_999_999))
    ]
    _each_model_and_each_test_is_a_span(heard, set(failed))


def _each_model_and_each_test_is_a_span(heard: Collector, failed: set[str | None]) -> None:
    telemetry.stop()
    spans = heard.spans()
    (run,) = (span for span in spans if span.name == "run reporting_job")
    (whole,) = (span for span in spans if span.name == "asset reports")
    assert whole.parent_id == run.span_id
    below = {span.name: span for span in spans if span.parent_id == whole.span_id}
    assert {f"dbt model {name}" for name in REPORTS} <= below.keys()
    assert len([name for name in below if name.startswith("dbt test ")]) > 100
    assert {name.removeprefix("dbt test "): span.attributes["error.type"] for name, span in below.items() if span.status == "error"} == {
        "campaigns_balance_with_account": "fail"
    }
    assert {name for name, span in below.items() if span.attributes["zamc.status"] in ("fail", "warn")} == {
        f"dbt test {name}" for name in failed
    }
    assert {frozenset(span.attributes) for span in below.values()} == {frozenset({"zamc.status"}), frozenset({"zamc.status", "error.type"})}
