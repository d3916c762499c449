"""`deployment_status` says how everything stands, and fails a check when something is as it must never be."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import select

from assets_defs.deployments import Look, deployment_status, google_ads_deployments, meta_ads_deployments
from resources.platform import Zamc
from tests.zamc.deployments.bills import bill
from tests.zamc.deployments.conftest import EUR, Stage, stage  # noqa: F401 - a fixture
from tests.zamc.deployments.fake import Thing
from zamc.database.engine import Database
from zamc.deployments.service import DeploymentService
from zamc.events.tables import OutboxRow
from zamc_pipelines.jobs import status_job
from zamc_pipelines.schedules import SCHEDULES, watch


@dataclass
class Wired:
    """What the asset takes of the services."""

    database: Database
    deployments: DeploymentService


@pytest.fixture
def live(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:  # noqa: F811
    stage.begin()
    stage.launch()
    monkeypatch.setattr("zamc.bootstrap.services", lambda: Wired(stage.database, stage.service()))
    return stage


def _materialize(**config: Any) -> tuple[dict[str, Any], dict[str, bool]]:
    """Metadata, and which checks passed."""
    done = dg.materialize(
        [deployment_status], resources={"zamc": Zamc()}, selection=[deployment_status],
        run_config={"ops": {"deployment_status": {"config": Look(**config).model_dump()}}},
    )  # fmt: skip
    [seen] = done.asset_materializations_for_node("deployment_status")
    checks = {each.check_name: each.passed for each in done.get_asset_check_evaluations()}
    return {name: value.value for name, value in seen.metadata.items()}, checks


def test_it_counts_statuses_and_verdicts_and_all_checks_pass(live: Stage) -> None:
    for thing in live.google.alive():
        if thing.kind == "ad":
            thing.delivery = "DISAPPROVED"
    metadata, checks = _materialize()
    assert (metadata["status: live"], metadata["read"], metadata["review: disapproved"]) == (2, 2, 1)
    assert metadata["alert: ads-disapproved"] == 1
    assert "disapproved" in str(metadata["needs a person"])
    assert checks == {"spend_within_policy": True, "live_objects_are_approved": True, "no_orphan_is_enabled": True}


def test_overspend_is_told_by_the_schedule_that_watches_whenever_facts_were_read(live: Stage) -> None:
    """Nobody asks for it: the job of the watch's schedule is all that runs. The day is still running, and is told once."""
    google = live.deployment("google_ads").id
    today = live.clock.business_now().date()
    job = dg.Definitions(
        assets=[google_ads_deployments, meta_ads_deployments, deployment_status],
        resources={"zamc": Zamc()}, jobs=[status_job], schedules=[watch],
    ).resolve_job_def(watch.job_name)  # fmt: skip
    assert watch in SCHEDULES["production"]
    assert watch.default_status == dg.DefaultScheduleStatus.RUNNING
    for spent, told in ((100, 0), (121, 1), (130, 1)):
        with live.database.transaction() as session:
            bill(session, {google: {today: spent * EUR}}, read_on=today + timedelta(days=spent), read=(today, today))
        assert job.execute_in_process().success
        assert _told(live, "overspend") == told
    assert live.deployment("google_ads").status == "paused"


def _told(stage: Stage, code: str) -> int:  # noqa: F811
    with stage.database.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.subject == "zamc.alert.raised")).all()
        return len([row for row in rows if row.envelope["data"]["code"] == code])


def test_what_must_never_be_fails_its_check(live: Stage) -> None:
    from sqlalchemy import text

    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "enabled", 99)
    live.google.fail("pause", "lost", "lost", "lost")
    live.allow(daily=100, monthly=100, total=None)
    with live.database.transaction() as session:
        session.execute(text("UPDATE deployments SET approved_hash = 'of another plan' WHERE platform = 'meta_ads'"))
    _, checks = _materialize(everything=True)
    assert checks == {"spend_within_policy": False, "live_objects_are_approved": False, "no_orphan_is_enabled": False}
    assert live.reserved()["day"] == 190 * EUR
    _, checks = _materialize()
    assert checks["no_orphan_is_enabled"]
