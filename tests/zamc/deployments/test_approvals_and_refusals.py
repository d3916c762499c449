"""What was approved, what a platform refuses or does not answer, and strangers: a launch goes no further than it may."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.zamc.deployments.conftest import Stage
from tests.zamc.deployments.fake import Thing
from zamc.deployments.rules import LaunchMode
from zamc.deployments.tables import Deployment
from zamc.errors import Conflict, NotFound


def test_an_approval_is_for_one_plan(stage: Stage) -> None:
    stage.begin()
    with stage.database.transaction() as session:
        session.execute(update(Deployment).values(plan_hash="another"))
    stage.launch()
    assert stage.google.calls == []
    assert stage.meta.calls == []


def test_one_refusal_fails_both_and_nothing_was_ever_on(stage: Stage) -> None:
    stage.begin()
    stage.meta.fail("create", "ok", "refuse")
    stage.launch()
    stage.recover(2)
    assert stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    assert stage.google.enabled_ever == stage.meta.enabled_ever == []
    assert set(stage.reserved().values()) == {0}
    with stage.database.transaction() as session:
        failures = {row.platform: row.failure for row in session.query(Deployment)}
    assert failures["meta_ads"] == "refused for a test"
    assert failures["google_ads"] == "meta_ads refused: refused for a test"


def test_best_effort_goes_on_without_the_one_that_was_refused(stage: Stage) -> None:
    stage.begin(mode=LaunchMode.BEST_EFFORT)
    stage.meta.fail("create", "refuse")
    stage.launch()
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "failed"}


def test_another_budget_than_was_approved_is_never_enabled(stage: Stage) -> None:
    stage.begin()
    stage.service().launch("google_ads")
    budget = next(thing for thing in stage.google.things.values() if thing.kind == "budget")
    with stage.database.transaction() as session:
        session.execute(update(Deployment).where(Deployment.platform == "google_ads").values(status="creating"))
    budget.budget_micros = 600_000_000
    stage.launch()
    assert stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    assert stage.google.enabled_ever == []


def test_what_failed_or_ended_is_not_resumed(stage: Stage) -> None:
    [google, _] = stage.begin()
    stage.launch()
    with stage.database.transaction() as session:
        stage.service().end(session, google, by="anna")
    stage.service().run_stops()
    assert stage.deployment("google_ads").status == "ended"
    assert stage.google.campaigns("enabled") == []
    with stage.database.transaction() as session, pytest.raises(Conflict):
        stage.service().resume(session, google, by="anna")
    with stage.database.transaction() as session, pytest.raises(NotFound):
        stage.service().pause(session, UUID(int=0), by="anna")


def test_a_platform_that_is_not_connected_waits_and_is_launched_once_it_is(stage: Stage) -> None:
    stage.begin()
    unwired = stage.service()
    unwired._ctx.platforms = {}
    unwired.launch("google_ads")
    assert stage.deployment("google_ads").status == "creating"
    assert "no connection to google_ads" in (stage.operations(verb="create")[0].last_error or "")
    stage.clock.advance(minutes=5)
    stage.launch()
    stage.both_live_once()


def test_two_workers_at_once_launch_once(stage: Stage) -> None:
    stage.begin()
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(stage.service().launch, name) for name in ("google_ads", "meta_ads") * 2]
        for each in done:
            each.result()
    stage.recover()
    stage.both_live_once()
    assert len([call for call in stage.google.calls if call[0] == "create"]) == 1


def test_a_stray_of_ours_that_is_on_is_paused_and_a_stranger_is_left_alone(stage: Stage) -> None:
    stage.begin()
    stage.launch()
    live = stage.google.campaigns("enabled")[0]
    stage.google.things["stray"] = Thing("stray", "campaign", live.name, "enabled", 99)
    stranger = next(iter(stage.meta.things.values()))
    stranger.status = "enabled"
    stage.service().watch()
    assert stage.google.things["stray"].status == "paused"
    assert stranger.status == "enabled"
    stage.service().watch()
    assert stage.google.things["stray"].status == "removed"
    assert live.status == "enabled"


def test_outside_changes_of_what_is_live_are_told_once(stage: Stage) -> None:
    stage.begin()
    stage.launch()
    stage.google.campaigns()[0].status = "paused"
    assert stage.service().watch().counts["drifted"] == 1
    assert stage.service().watch().counts["drifted"] == 0
    assert stage.deployment("google_ads").status == "live"
    assert stage.events().count("zamc.deployment.drifted") == 1
