"""verdicts_job, run as Dagster runs it: what is still to come, then what is not chance; alerts leave as events, once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tests.conftest import ManualClock
from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.analytics.test_verdicts import BROKE, HEALTHY, Stage, stopped
from tests.zamc_pipelines.asset_graph import locations
from zamc.clock import FileClock
from zamc.database.engine import Database
from zamc.settings import settings

_ALERTS = "SELECT envelope FROM events.outbox WHERE subject = 'zamc.alert.raised'"


@pytest.fixture
def job(services: Services, urls: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.JobDefinition:
    """The job of the schedule, wired by settings alone; business time stands in a file."""
    environment = {**services.environment_for(urls), "ZAMC_BUSINESS_CLOCK_FILE": str(tmp_path / "clock.json")}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    campaigns, _ = locations()
    schedule = campaigns.repository.get_schedule_def("daily_verdicts")
    assert (schedule.cron_schedule, schedule.default_status) == ("0 7 * * *", dg.DefaultScheduleStatus.RUNNING)
    return campaigns.repository.get_job(schedule.job_name)


def _counts(run: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    assert run.success
    [materialization] = run.asset_materializations_for_node(asset)
    return {name: value.value for name, value in materialization.metadata.items()}


def test_a_morning_is_nowcast_and_judged_and_told_once(
    job: dg.JobDefinition, tmp_path: Path, database: Database, clock: ManualClock
) -> None:
    stage = Stage(database, clock, **{**HEALTHY, "per_day": stopped(40)})
    business = FileClock(tmp_path / "clock.json")
    found = []
    for _ in range(3):
        stage.account.go_on(stage.today + timedelta(days=1))
        business.move_to(clock.business)
        run = job.execute_in_process()
        assert _counts(run, "conversion_nowcasts")["done"] == 1
        found.append(_counts(run, "performance_verdicts"))
    assert [(each["done"], each.get("found", 0)) for each in found[1:]] == [(1, 1), (1, 0)], "told within two days, and once"
    assert found[2]["lasting"] == 1
    assert stage.read("SELECT count(*) > 10 FROM nowcasts WHERE grain = 'campaign'") == [(True,)]
    [verdict] = stage.verdicts()
    assert (verdict.kind, verdict.began_on >= BROKE) == ("tracking_stopped", True)
    [[envelope]] = stage.read(_ALERTS)
    assert (envelope["data"]["code"], envelope["data"]["severity"]) == ("tracking-stopped", "critical")
    again = job.execute_in_process()
    assert _counts(again, "performance_verdicts").get("found", 0) == 0
    assert len(stage.read(_ALERTS)) == 1


def test_a_healthy_morning_tells_nobody_anything(job: dg.JobDefinition, tmp_path: Path, database: Database, clock: ManualClock) -> None:
    stage = Stage(database, clock, **HEALTHY)
    FileClock(tmp_path / "clock.json").move_to(clock.business)
    counts = _counts(job.execute_in_process(), "performance_verdicts")
    assert (counts["done"], counts.get("found", 0)) == (1, 0)
    assert stage.read(_ALERTS) == []
