"""The clauses of the launch protocol, each by the counterexample that made it necessary (table.txt of the model names them)."""

from uuid import UUID

import pytest
from sqlalchemy import text

from tests.zamc.deployments.conftest import LIMITS, Stage
from zamc.deployments.tables import Operation


def _pause(stage: Stage, deployment_id: UUID) -> None:
    with stage.database.transaction() as session:
        stage.service().pause(session, deployment_id, by="anna")


def _resume(stage: Stage, deployment_id: UUID) -> None:
    with stage.database.transaction() as session:
        stage.service().resume(session, deployment_id, by="anna")


def _off(stage: Stage) -> None:
    assert stage.google.campaigns("enabled") == []


def test_a_pause_is_done_after_two_read_backs(stage: Stage) -> None:
    [google, _] = stage.begin()
    stage.launch()
    _pause(stage, google)
    stage.google.calls.clear()
    outcome = stage.service().run_stops()
    assert outcome.counts["done"] == 1
    assert [method for method, _ in stage.google.calls] == ["pause", "read", "read"]
    assert stage.statuses() == {"google_ads": "paused", "meta_ads": "live"}
    _off(stage)
    assert stage.events()[-1] == "zamc.deployment.paused"


def test_pausing_twice_is_pausing_once(stage: Stage) -> None:
    [google, _] = stage.begin()
    stage.launch()
    _pause(stage, google)
    _pause(stage, google)
    stage.service().run_stops()
    _pause(stage, google)
    assert stage.service().run_stops().counts["done"] == 0
    assert len(stage.operations(verb="pause")) == 1


def test_c1_a_pause_sent_before_an_enable_ended_proves_nothing(stage: Stage) -> None:
    """NO_STOPACK: the enable lands after the pause, and lagging reads still show the status before it."""
    [google, _] = stage.begin()

    def pause_meanwhile() -> None:
        _pause(stage, google)
        assert stage.service().run_stops().counts["done"] == 0  # the enable is in flight: it waits
        assert stage.deployment("google_ads").status == "pausing"
        stage.google.stale_reads.extend([{"campaign": "paused"}] * 2)

    stage.google.during["enable_root"] = pause_meanwhile
    stage.launch()
    stage.recover()
    assert stage.deployment("google_ads").status == "paused"
    _off(stage)
    assert [method for method, _ in stage.google.calls].count("pause") == 2


def test_c1_a_pause_that_was_under_way_when_an_enable_ended_is_sent_again(stage: Stage) -> None:
    """NO_STOPACK, the other half: nobody could tell a stop that was being sent; it must notice by itself."""
    [google, _] = stage.begin()
    stage.google.fail("enable_root", "after_commit")
    stage.launch()
    stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    _pause(stage, google)

    def resolve() -> None:
        stage.service().launch("google_ads")

    stage.google.during["pause"] = resolve
    assert stage.service().run_stops().counts["done"] == 1
    assert [method for method, _ in stage.google.calls].count("pause") == 2
    _off(stage)


def test_c2_a_pause_between_planning_and_claiming_is_seen_by_the_claim(stage: Stage) -> None:
    """NO_CLAIMTX: the enable is only planned when the pause is done."""
    [google, _] = stage.begin()
    stage.service().launch("google_ads")
    paused: list[str] = []

    def crash(point: str) -> None:
        if point == "enable.planned" and not paused:
            with stage.database.transaction() as session:
                planned = session.query(Operation).filter_by(verb="enable", state="planned").count()
            if planned:
                paused.append(point)
                _pause(stage, google)
                assert stage.service().run_stops().counts["done"] == 1

    stage.service(crash=crash).launch("meta_ads")
    assert paused
    _off(stage)
    assert stage.google.enabled_ever == []
    assert stage.deployment("google_ads").status == "paused"


def test_c3_a_worker_that_stalled_does_not_send_with_the_rest_of_its_lease(stage: Stage) -> None:
    """NO_LEASE: it hangs between its claim and its send; what it planned is sent by whoever claims it next."""
    stage.begin()
    stalled: list[str] = []

    def crash(point: str) -> None:
        if point == "change.claimed" and not stalled:
            stalled.append(point)
            stage.clock.advance(seconds=LIMITS.lease - LIMITS.call + 1)

    stage.service(crash=crash).launch("google_ads")
    with stage.database.transaction() as session:
        outcomes = list(session.scalars(text("SELECT outcome || ':' || coalesce(error_code, '') FROM operation_attempts")))
    assert "Later:lease" in outcomes
    stage.recover()
    stage.both_live_once()
    assert len(stage.google.campaigns()) == 1


def test_c4_the_write_of_an_old_enable_neither_pauses_nor_hides_the_new_intention(stage: Stage) -> None:
    """NO_INWRITE: paused and resumed while the enable was under way; the deployment ends live, and really on."""
    [google, _] = stage.begin()

    def there_and_back() -> None:
        _pause(stage, google)
        _resume(stage, google)

    stage.google.during["enable_root"] = there_and_back
    stage.launch()
    stage.recover()
    stage.both_live_once()


def test_c5_a_resume_supersedes_a_stop_and_waits_for_a_pause_in_doubt(stage: Stage) -> None:
    """NO_DRAIN: a late PAUSE of ours must not darken what a resume has lit."""
    [google, _] = stage.begin()
    stage.launch()
    _pause(stage, google)
    stage.google.fail("pause", "late")
    stage.service().run_stops()
    _resume(stage, google)
    enables = len(stage.google.enabled_ever)
    stage.launch()
    assert len(stage.google.enabled_ever) == enables  # the pause may still land
    stage.google.land()
    stage.recover()
    stage.both_live_once()
    assert len(stage.google.enabled_ever) == enables + 1
    assert stage.events()[-1] == "zamc.deployment.resumed"


def test_a_resume_at_once_withdraws_the_stop_that_was_not_sent(stage: Stage) -> None:
    [google, _] = stage.begin()
    stage.launch()
    _pause(stage, google)
    _resume(stage, google)
    stage.launch()
    stage.both_live_once()
    assert [row.state for row in stage.operations(verb="pause")] == ["superseded"]
    assert "pause" not in [method for method, _ in stage.google.calls]


def test_c6_looking_never_removes_what_a_worker_is_about_to_bind(stage: Stage) -> None:
    """NO_ORPHAN: the create landed, its WRITE has not happened yet."""
    stage.begin()

    def crash(point: str) -> None:
        if point == "create.after_send":
            assert stage.service().watch().counts["removed"] == 0

    stage.service(crash=crash).launch("google_ads")
    stage.launch()
    stage.both_live_once()


@pytest.mark.parametrize("method", ["enable_leaves", "enable_root"])
def test_c7_a_refused_enable_is_stopped_before_it_is_called_failed(stage: Stage, method: str) -> None:
    """NO_FAILSTOP: refused is not off. All or nothing takes the sibling along."""
    stage.begin()
    stage.google.fail(method, "refuse")
    stage.launch()
    stage.recover(2)
    assert stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    methods = [name for name, _ in stage.google.calls]
    assert methods.index("pause") > methods.index(method)
    _off(stage)
    assert stage.meta.campaigns("enabled") == []
    assert stage.events().count("zamc.deployment.failed") == 2
    # What was on for a moment may be billed today; tomorrow its room per day is free.
    stage.clock.advance(days=1)
    stage.service().reckon()
    assert stage.reserved()["day"] == 0


def test_c8_an_enable_in_doubt_keeps_the_stop_open(stage: Stage) -> None:
    """LOOSE: in doubt is in flight."""
    [google, _] = stage.begin()
    stage.google.fail("enable_root", "late")
    stage.launch()
    _pause(stage, google)
    assert stage.service().run_stops().counts["done"] == 0
    stage.google.land()
    stage.recover(3)
    assert stage.deployment("google_ads").status == "paused"
    _off(stage)


def test_c9_what_is_on_against_our_record_is_paused_first(stage: Stage) -> None:
    """NO_DRIFTUP: a late enable after a done pause looks like an outside change, and money runs."""
    [google, _] = stage.begin()
    stage.launch()
    _pause(stage, google)
    stage.service().run_stops()
    stage.google.campaigns()[0].status = "enabled"
    outcome = stage.service().watch()
    assert outcome.counts["drifted"] == 1
    _off(stage)
    assert stage.deployment("google_ads").status == "paused"
    assert "zamc.deployment.drifted" in stage.events()
    assert "zamc.alert.raised" in stage.events()


def test_c11_the_reservation_of_an_enable_that_was_in_doubt_is_kept(stage: Stage) -> None:
    """NO_KEEPRES: it may land after everything else was given back."""
    stage.begin()
    stage.google.fail("enable_root", "late", "refuse")
    stage.launch()
    stage.recover(4)
    assert stage.deployment("google_ads").status == "failed"
    stage.clock.advance(days=1)
    stage.service().reckon()
    assert stage.reserved()["day"] == 120_000_000


def test_a_pause_during_creates_leaves_nothing_on_and_a_resume_goes_on_from_there(stage: Stage) -> None:
    [_, meta] = stage.begin()
    stage.meta.during["create"] = lambda: _pause(stage, meta)
    stage.launch()
    assert stage.deployment("meta_ads").status == "paused"
    assert len([call for call in stage.meta.calls if call[0] == "create"]) == 1
    _resume(stage, meta)
    stage.recover()
    stage.both_live_once()
    assert len(stage.meta.campaigns()) == 2


def test_a_stop_waits_neither_for_a_hung_change_nor_for_a_throttled_one(stage: Stage) -> None:
    [google, _] = stage.begin()
    stage.launch()
    _pause(stage, google)
    stage.google.fail("pause", "later", "later")
    stage.service().run_stops()
    for _ in range(3):
        stage.clock.advance(seconds=60)
        stage.service().run_stops()
    assert stage.deployment("google_ads").status == "paused"
    _off(stage)


def test_the_kill_switch_pauses_everything_and_nothing_starts_while_it_is_on(stage: Stage) -> None:
    stage.begin()
    stage.launch()
    with stage.database.transaction() as session:
        assert stage.service().set_kill_switch(session, on=True, by="anna") == 2
    stage.service().run_stops()
    assert stage.statuses() == {"google_ads": "paused", "meta_ads": "paused"}
    for row in (stage.deployment("google_ads"), stage.deployment("meta_ads")):
        _resume(stage, row.id)
    stage.recover(2)
    _off(stage)
    with stage.database.transaction() as session:
        stage.service().set_kill_switch(session, on=False, by="anna")
    stage.recover()
    stage.both_live_once()


def test_nothing_is_sent_while_the_installation_is_on_hold(stage: Stage) -> None:
    stage.begin()
    with stage.database.transaction() as session:
        session.execute(text("UPDATE feature_flags SET value = 'on' WHERE name = 'hold'"))
    stage.launch()
    assert [method for method, _ in stage.google.calls] == []
