"""Checks of the facts as a whole, as Dagster evaluates them: what each says, how grave it is, and that it can fail."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from assets_defs.data_quality import (
    CHECKS,
    google_ads_accounts_are_current,
    google_ads_days_are_complete,
    meta_ads_accounts_are_current,
    meta_ads_days_are_complete,
    old_facts_left,
)
from resources.platform import Zamc
from tests.conftest import ManualClock
from tests.otlp import collector
from tests.zamc.analytics.scripted import DAY, ScriptedSource, fact, launched, subject
from zamc import telemetry
from zamc.analytics.archive import Archive
from zamc.analytics.archive_files import ArchiveFiles
from zamc.analytics.service import AnalyticsService
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.projects.tables import AdAccount
from zamc.settings import settings


@dataclass
class Wired:
    """What checks take of the services."""

    database: Database
    clock: Clock
    archive: Archive


@pytest.fixture
def wired(database: Database, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wired:
    found = Wired(database, clock, Archive(database, ArchiveFiles(tmp_path.as_uri()), clock, after_months=5))
    monkeypatch.setattr("zamc.bootstrap.services", lambda: found)
    return found


def _sync(wired: Wired, *days: date) -> None:
    for day in days:
        service = AnalyticsService(wired.database, wired.clock, {"google_ads": partial(_reported, day)}, look_back_days=0)
        assert not service.sync(platform="google_ads", day=day, look_back=False).failures


def _reported(day: date, _account: AdAccount) -> ScriptedSource:
    return ScriptedSource([fact(subject(day=day))])


def _evaluate(check: dg.AssetChecksDefinition) -> tuple[bool, dg.AssetCheckSeverity, dict[str, object]]:
    done = dg.materialize([_stand_in(check), check], resources={"zamc": Zamc()}, raise_on_error=False)
    [found] = done.get_asset_check_evaluations()
    return found.passed, found.severity, {name: value.value for name, value in found.metadata.items()}


def _stand_in(check: dg.AssetChecksDefinition) -> dg.AssetsDefinition:
    [key] = check.check_keys

    @dg.asset(key=key.asset_key)
    def asset() -> None: ...

    return asset


def test_a_day_that_nobody_read_is_a_warning_that_names_it(wired: Wired, database: Database) -> None:
    launched(database, starts_on=DAY - timedelta(days=3))
    _sync(wired, DAY - timedelta(days=3), DAY - timedelta(days=1))
    passed, severity, metadata = _evaluate(google_ads_days_are_complete)
    assert (passed, severity) == (False, dg.AssetCheckSeverity.WARN)
    assert metadata == {"days": 1, "sample": [f"9: {DAY - timedelta(days=2)}"]}
    _sync(wired, DAY - timedelta(days=2))
    assert _evaluate(google_ads_days_are_complete)[0]
    assert _evaluate(meta_ads_days_are_complete)[0]


def test_an_account_that_is_not_read_is_an_error(wired: Wired, database: Database, clock: ManualClock) -> None:
    launched(database)
    _sync(wired, DAY)
    assert _evaluate(google_ads_accounts_are_current)[0]
    clock.advance(hours=31)
    passed, severity, metadata = _evaluate(google_ads_accounts_are_current)
    assert (passed, severity, metadata["sample"]) == (False, dg.AssetCheckSeverity.ERROR, ["9"])
    assert _evaluate(meta_ads_accounts_are_current)[0]


def test_a_month_that_should_have_left_is_a_warning_once_its_run_was_missed(wired: Wired, database: Database, clock: ManualClock) -> None:
    launched(database, starts_on=date(2026, 5, 1))
    _sync(wired, date(2026, 5, 1), date(2026, 11, 1))
    clock.business = datetime(2026, 11, 9, 12, tzinfo=UTC)
    assert _evaluate(old_facts_left) == (True, dg.AssetCheckSeverity.WARN, {"months": 1, "sample": ["2026-05"]})
    clock.business = datetime(2026, 11, 10, 12, tzinfo=UTC)
    assert _evaluate(old_facts_left)[0] is False


def test_a_check_is_a_span_that_says_whether_it_passed(wired: Wired, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as heard:
        for name in ("ZAMC_DATABASE_URL", "ZAMC_NATS_URL", "ZAMC_REDIS_URL", "ZAMC_OBJECTS_URL"):
            monkeypatch.setenv(name, "postgresql+psycopg://nobody@127.0.0.1:1/nothing")
        monkeypatch.setenv("ZAMC_OTLP_ENDPOINT", heard.url)
        settings.cache_clear()
        launched(database, starts_on=DAY - timedelta(days=3))
        _sync(wired, DAY - timedelta(days=3), DAY - timedelta(days=1))
        assert not _evaluate(google_ads_days_are_complete)[0]
        assert _evaluate(meta_ads_days_are_complete)[0]
        telemetry.stop()
    settings.cache_clear()
    runs = {span.span_id for span in heard.spans() if span.name.startswith("run ")}
    checks = [span for span in heard.spans() if span.name.startswith("check ")]
    assert [(span.name, span.attributes, span.status) for span in checks] == [
        ("check google_ads_days_are_complete", {"zamc.passed": False}, "unset"),
        ("check meta_ads_days_are_complete", {"zamc.passed": True}, "unset"),
    ]
    assert {span.parent_id for span in checks} == runs


def test_every_check_is_told_to_dagster() -> None:
    assert len({key for check in CHECKS for key in check.check_keys}) == len(CHECKS) == 5
