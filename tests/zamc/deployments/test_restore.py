"""C10: after a restore from a backup the record is older than the platforms. Nothing is enabled twice, by itself, or against a pause."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.zamc.deployments.backups import Backup, backup, hold_on, pause
from tests.zamc.deployments.conftest import EUR, LIMITS, Stage, plan_of
from tests.zamc.deployments.fake import Dead, Fault, Thing
from zamc.deployments.adoption import Adoption
from zamc.errors import Conflict

__all__ = ["backup"]


def _adopt(stage: Stage) -> Adoption:
    hold_on(stage)
    return stage.service().adopt(by="anna")


def _rounds(stage: Stage) -> None:
    """The schedules go on for a while."""
    for _ in range(3):
        stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
        stage.launch()
        stage.service().watch()


def test_c10_what_was_paused_after_the_backup_stays_off(stage: Stage, backup: Backup) -> None:
    """NO_HOLD: the restored record wants it on, and a worker enables it."""
    [google, _] = stage.begin()
    stage.launch()
    restore = backup()
    pause(stage, google)
    enables = len(stage.google.enabled_ever)
    restore()
    assert stage.deployment("google_ads").status == "live"
    adoption = _adopt(stage)
    assert adoption.released
    assert {line.platform: line.done.partition(":")[0] for line in adoption.lines} == {"google_ads": "held", "meta_ads": "adopted"}
    _rounds(stage)
    assert len(stage.google.enabled_ever) == enables
    assert stage.google.campaigns("enabled") == []
    assert stage.statuses() == {"google_ads": "paused", "meta_ads": "live"}


def test_c10_a_launch_that_is_not_in_the_backup_is_taken_over_and_not_made_again(stage: Stage, backup: Backup) -> None:
    stage.begin()
    restore = backup()
    stage.launch()
    stage.both_live_once()
    restore()
    assert _adopt(stage).released
    _rounds(stage)
    stage.both_live_once()
    assert [len([call for call in fake.calls if call[0] == "create"]) for fake in (stage.google, stage.meta)] == [1, len(_kinds(stage))]
    assert len(stage.google.enabled_ever) == len(stage.meta.enabled_ever) == 1


def _kinds(stage: Stage) -> list[str]:
    return [row.kind for row in stage.objects() if row.platform == "meta_ads"]


def test_c10_without_the_hold_the_restored_record_would_act(stage: Stage, backup: Backup) -> None:
    """NO_HOLD itself, so that the tests above prove something: the enable goes out again."""
    [google, _] = stage.begin()
    stage.service().launch("google_ads")
    restore = backup()
    stage.launch()
    pause(stage, google)
    restore()
    stage.launch()
    assert len(stage.google.enabled_ever) == 2


def test_what_is_on_is_bound_before_what_is_oldest(stage: Stage, backup: Backup) -> None:
    stage.begin()
    restore = backup()
    stage.google.fail("create", "late")
    stage.launch()
    for _ in range(2):
        stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
        stage.launch()
    on = stage.google.campaigns("enabled")[0]
    older = Thing("older", "campaign", on.name, "paused", -1)
    stage.google.things["older"] = older
    restore()
    _adopt(stage)
    bound = {row.external_id for row in stage.objects() if row.kind == "campaign" and row.platform == "google_ads"}
    assert bound == {on.external_id}
    assert len(stage.google.campaigns("enabled")) == 1


def test_what_no_record_knows_is_stopped_and_told(stage: Stage, backup: Backup) -> None:
    stage.allow(daily=500, monthly=20_000, total=None)
    stage.begin()
    stage.launch()
    restore = backup()
    stage.begin(name="Autumn")
    stage.launch()
    assert len(stage.google.campaigns("enabled")) == 2
    restore()
    adoption = _adopt(stage)
    assert len(stage.google.campaigns("enabled")) == len(stage.meta.campaigns("enabled")) == 1
    strays = [line for line in adoption.lines if line.deployment_id is None]
    assert [(line.record, line.found, line.done) for line in strays] == [("no record", "on", "paused: no record knows it")] * 2


def test_what_has_no_room_in_the_caps_any_more_is_stopped(stage: Stage, backup: Backup) -> None:
    stage.begin()
    restore = backup()
    stage.launch()
    restore()
    with stage.owner.transaction() as session:
        session.execute(text("DELETE FROM spend_ledger"))
        session.execute(text("DELETE FROM spend_balances"))
    stage.allow(daily=130)
    adoption = _adopt(stage)
    done = {line.platform: line.done for line in adoption.lines}
    assert done["google_ads"].startswith("adopted")
    assert "above the cap" in done["meta_ads"]
    assert stage.meta.campaigns("enabled") == []
    assert stage.reserved()["day"] == 120 * EUR


def test_a_raise_that_is_not_in_the_backup_is_reserved_for(stage: Stage, backup: Backup) -> None:
    stage.allow(daily=500)
    stage.begin()
    stage.launch()
    restore = backup()
    next(thing for thing in stage.google.things.values() if thing.kind == "budget").budget_micros = 90 * EUR
    restore()
    assert _adopt(stage).released
    assert stage.reserved()["day"] == (2 * 90 + 70) * EUR


def test_a_plan_that_was_approved_after_the_backup_is_stopped(stage: Stage, backup: Backup) -> None:
    stage.begin()
    stage.launch()
    backup()()
    with stage.database.transaction() as session:
        session.execute(text("UPDATE deployments SET approved_hash = NULL WHERE platform = 'google_ads'"))
    done = {line.platform: line.done for line in _adopt(stage).lines}
    assert done["google_ads"] == "stopped: the record has no approval of this plan"
    assert stage.google.campaigns("enabled") == []


def test_a_pause_in_the_record_is_carried_out(stage: Stage, backup: Backup) -> None:
    [google, _] = stage.begin()
    stage.launch()
    pause(stage, google)
    restore = backup()
    with stage.database.transaction() as session:
        stage.service().resume(session, google, by="anna")
    stage.launch()
    assert len(stage.google.campaigns("enabled")) == 1
    restore()
    done = {line.platform: line.done for line in _adopt(stage).lines}
    assert done["google_ads"] == "stopped: it is not wanted on"
    assert stage.google.campaigns("enabled") == []
    assert stage.statuses()["google_ads"] == "paused"


def test_nothing_is_looked_at_before_calls_of_the_lost_history_can_have_landed(stage: Stage, backup: Backup) -> None:
    stage.begin()
    restore = backup()
    stage.google.fail("enable_root", "late")
    stage.launch()
    restore()
    hold_on(stage)
    with pytest.raises(Conflict, match="may land until"):
        stage.service().adopt(by="anna", wait=False)
    before = stage.clock.now()
    # The call lands while adopt waits; had it looked at once, what it adopted as off would have come on afterwards.
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        stage.google.land()
        stage.clock.advance(seconds=seconds)

    stage.service(sleep=sleep).adopt(by="anna")
    assert waited[0] == LIMITS.lease + LIMITS.quiet
    assert stage.clock.now() >= before + timedelta(seconds=LIMITS.lease + LIMITS.quiet)
    assert stage.deployment("google_ads").status == "live"


def test_an_account_that_does_not_answer_keeps_everything_on_hold(stage: Stage, backup: Backup) -> None:
    stage.begin()
    stage.launch()
    backup()()
    unanswered: list[Fault] = ["later"] * 50
    stage.meta.fail("read", *unanswered)
    adoption = _adopt(stage)
    assert not adoption.released
    assert list(adoption.silent) == ["meta_ads act_42"]
    stage.meta.faults.clear()
    assert stage.service().adopt(by="anna").released


def test_adopting_needs_the_hold(stage: Stage) -> None:
    with pytest.raises(Conflict, match="hold on"):
        stage.service().adopt(by="anna")


@pytest.mark.parametrize("point", ["adopt.doubted", "adopt.bound", "adopt.decided", "doubt.claimed", "doubt.looked", "stop.claimed"])
def test_an_adoption_that_dies_is_followed_by_one_that_ends(stage: Stage, backup: Backup, point: str) -> None:
    stage.allow(daily=500)
    [google, _] = stage.begin()
    stage.launch()
    restore = backup()
    pause(stage, google)
    restore()
    if point.startswith("doubt"):
        with stage.database.transaction() as session:
            session.execute(text("UPDATE operations SET state = 'planned' WHERE verb = 'create'"))
            session.execute(text("UPDATE platform_objects SET external_id = NULL"))
    hold_on(stage)
    stage.deaths[point] = 0
    with pytest.raises(Dead):
        stage.service().adopt(by="anna")
    assert point in stage.reached
    assert stage.google.campaigns("enabled") == []
    stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    assert stage.service().adopt(by="anna").released
    _rounds(stage)
    assert stage.google.campaigns("enabled") == []
    assert stage.statuses() == {"google_ads": "paused", "meta_ads": "live"}


def test_the_flight_of_the_restored_record_counts(stage: Stage, backup: Backup) -> None:
    """What should be over by now is stopped, not adopted."""
    stage.begin(plan_of(ends_on="2026-11-25"))
    stage.launch()
    backup()()
    stage.clock.business += timedelta(days=10)
    done = {line.done for line in _adopt(stage).lines}
    assert done == {"stopped: the flight ended on 2026-11-25; nothing of it could still run"}
    assert stage.google.campaigns("enabled") == []
