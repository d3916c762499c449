"""What the schedules and the UI ask of the performance assets, and what upkeep leaves behind."""

import warnings
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from resources.platform import Zamc
from zamc.analytics.reading import AccountSync
from zamc.analytics.service import SyncOutcome

with warnings.catch_warnings():
    # Dagster calls backfill policies new.
    warnings.simplefilter("ignore")
    from assets_defs.analytics import DAYS, Reading, exchange_rates, fact_partitions, google_ads_performance, meta_ads_performance
    from zamc_pipelines.schedules import daily_performance, hourly_performance

ASSETS = [google_ads_performance, meta_ads_performance, fact_partitions, exchange_rates]


class Analytics:
    """Remembers what it was asked."""

    def __init__(self, failures: dict[str, str] | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.failures = failures or {}

    def sync(self, **asked: Any) -> SyncOutcome:
        self.asked.append(asked)
        return SyncOutcome((AccountSync(asked["day"], asked["first_day"], asked["day"], 7, 3, 1),), self.failures)

    def make_ahead(self) -> int:
        return 6


class FakeZamc(Zamc):
    """The resource over services of a test."""

    @property
    def services(self) -> Any:
        return SimpleNamespace(analytics=_analytics, fx=SimpleNamespace(refresh=lambda: 12))


_analytics = Analytics()


@pytest.fixture
def analytics(monkeypatch: pytest.MonkeyPatch) -> Analytics:
    made = Analytics()
    monkeypatch.setattr("tests.zamc_pipelines.test_performance_job._analytics", made)
    return made


def _run(selected: list[dg.AssetsDefinition], **changes: Any) -> Any:
    return dg.materialize(ASSETS, selection=[each.key for each in selected], resources={"zamc": FakeZamc()}, **changes)


def test_a_day_is_read_with_the_days_that_are_still_open(analytics: Analytics) -> None:
    assert _run([google_ads_performance, meta_ads_performance], partition_key="2026-11-19").success
    day = date(2026, 11, 19)
    assert {asked.pop("platform") for asked in analytics.asked} == {"google_ads", "meta_ads"}
    assert analytics.asked == [{"first_day": day, "day": day, "look_back": True, "light": False}] * 2


def test_a_backfill_reads_a_month_in_one_run_and_at_once(analytics: Analytics) -> None:
    tags = {"dagster/asset_partition_range_start": "2026-10-01", "dagster/asset_partition_range_end": "2026-10-31"}
    assert _run([google_ads_performance], tags=tags).success
    assert analytics.asked == [
        {"platform": "google_ads", "first_day": date(2026, 10, 1), "day": date(2026, 10, 31), "look_back": False, "light": False}
    ]
    for asset in (google_ads_performance, meta_ads_performance):
        assert asset.backfill_policy is not None
        assert asset.backfill_policy.max_partitions_per_run == 31
    keys = DAYS.get_partition_keys(current_time=datetime(2026, 11, 20, tzinfo=UTC))
    assert (date.fromisoformat(keys[-1]) - date.fromisoformat(keys[0])).days > 13 * 31


def test_an_account_that_could_not_be_read_makes_the_run_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.zamc_pipelines.test_performance_job._analytics", Analytics({"1": "google_ads 9: throttled"}))
    assert not _run([google_ads_performance], partition_key="2026-11-19", raise_on_error=False).success


def test_every_hour_today_is_read_alone(analytics: Analytics) -> None:
    at = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)
    request = hourly_performance(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert (request.partition_key, request.run_key) == ("2026-11-20", "performance:2026-11-20T14")
    assert _run([google_ads_performance, meta_ads_performance], partition_key=request.partition_key, run_config=request.run_config).success
    assert [(asked["day"], asked["look_back"], asked["light"]) for asked in analytics.asked] == [(date(2026, 11, 20), False, True)] * 2


def test_every_day_yesterday_is_read() -> None:
    at = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    request = daily_performance(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == (at - timedelta(days=1)).date().isoformat()


def test_upkeep_makes_tables_ahead_and_reads_rates(analytics: Analytics) -> None:
    done = _run([fact_partitions, exchange_rates])
    [made], [added] = (
        [event.metadata for event in done.asset_materializations_for_node(name)] for name in ("fact_partitions", "exchange_rates")
    )
    assert (made["tables_made"].value, added["rates_added"].value) == (6, 12)


def test_what_is_read_by_default_is_the_whole() -> None:
    assert (Reading().look_back, Reading().light) == (True, False)
