"""Changes that are doubted, refused, overtaken by a pause, or whose worker dies."""

import pytest
from sqlalchemy import select

from tests.zamc.deployments.changing import applied, budgets_of, carry, id_of, live, newest_change, planned
from tests.zamc.deployments.conftest import EUR, LIMITS, Stage, plan_of
from zamc.errors import Conflict
from zamc.notifications.tables import Alert

__all__ = ["live"]


def test_an_update_in_doubt_is_looked_up_before_it_is_sent_again(live: Stage) -> None:
    live.google.fail("update", "lost")
    applied(live, planned(live, daily_budget_micros=70 * EUR))
    live.service().carry_changes()
    assert [row.state for row in live.operations(verb="update")] == ["in_doubt"]
    with pytest.raises(Conflict, match="under way"):
        planned(live, daily_budget_micros=80 * EUR)
    carry(live)
    methods = [method for method, _ in live.google.calls]
    assert methods.count("update") == 2
    assert methods.index("values", methods.index("update")) < len(methods) - 1 - methods[::-1].index("update")
    assert (budgets_of(live), newest_change(live).state) == ([70 * EUR], "done")


def test_an_update_that_landed_unheard_is_not_sent_again(live: Stage) -> None:
    live.google.fail("update", "after_commit")
    applied(live, planned(live, daily_budget_micros=70 * EUR))
    carry(live)
    assert [method for method, _ in live.google.calls].count("update") == 1
    assert newest_change(live).state == "done"


def test_a_read_that_lags_is_taken_again(live: Stage) -> None:
    applied(live, planned(live, daily_budget_micros=70 * EUR))
    live.google.during["update"] = lambda: live.google.stale_values.extend([{"amount_micros": 60 * EUR}] * 2)
    live.service().carry_changes()
    assert (newest_change(live).state, live.deployment("google_ads").daily_budget_micros) == ("applying", 60 * EUR)
    carry(live)
    assert newest_change(live).state == "done"
    assert [method for method, _ in live.google.calls].count("update") == 1


def test_a_refused_change_leaves_it_live_with_what_it_had_and_gives_the_raise_back(live: Stage) -> None:
    held = live.reserved()
    live.google.fail("update", "refuse")
    applied(live, planned(live, daily_budget_micros=70 * EUR))
    live.service().carry_changes()
    row = live.deployment("google_ads")
    assert (row.status, row.daily_budget_micros, row.approved_hash) == ("live", 60 * EUR, row.plan_hash)
    assert (newest_change(live).state, newest_change(live).reason) == ("refused", "refused for a test")
    assert live.reserved() == held
    with live.database.transaction() as session:
        assert [alert.code for alert in session.scalars(select(Alert))] == ["change-refused"]
    # A refused change is no obstacle for what comes after.
    with live.database.transaction() as session:
        live.service().pause(session, row.id, by="anna")
    live.service().run_stops()
    with live.database.transaction() as session:
        live.service().resume(session, row.id, by="anna")
    live.recover()
    assert live.statuses() == {"google_ads": "live", "meta_ads": "live"}


def test_a_pause_withdraws_a_change_that_was_not_sent(live: Stage) -> None:
    held = live.reserved()
    applied(live, planned(live, daily_budget_micros=70 * EUR))
    with live.database.transaction() as session:
        live.service().pause(session, id_of(live), by="anna")
    live.service().run_stops()
    live.service().carry_changes()
    assert (newest_change(live).state, budgets_of(live)) == ("superseded", [60 * EUR])
    assert live.reserved()["total"] == held["total"]


def test_a_pause_while_a_change_is_sent_wins_and_the_record_says_what_is_there(live: Stage) -> None:
    applied(live, planned(live, daily_budget_micros=70 * EUR))

    def pause() -> None:
        with live.database.transaction() as session:
            live.service().pause(session, id_of(live), by="anna")
        live.service().run_stops()

    live.google.during["update"] = pause
    live.service().carry_changes()
    row = live.deployment("google_ads")
    assert (row.status, row.daily_budget_micros, budgets_of(live)) == ("paused", 70 * EUR, [70 * EUR])
    assert live.google.campaigns("enabled") == []


def test_what_is_paused_can_be_changed_and_goes_on_with_it(live: Stage) -> None:
    with live.database.transaction() as session:
        live.service().pause(session, id_of(live), by="anna")
    live.service().run_stops()
    applied(live, planned(live, daily_budget_micros=50 * EUR))
    live.service().carry_changes()
    assert live.deployment("google_ads").status == "paused"
    with live.database.transaction() as session:
        live.service().resume(session, id_of(live), by="anna")
    live.recover()
    assert (live.deployment("google_ads").status, budgets_of(live)) == ("live", [50 * EUR])


def test_nothing_is_changed_while_the_kill_switch_is_on(live: Stage) -> None:
    applied(live, planned(live, daily_budget_micros=70 * EUR))
    with live.database.transaction() as session:
        live.service().set_kill_switch(session, on=True, by="anna")
    carry(live)
    assert budgets_of(live) == [60 * EUR]
    assert "update" not in [method for method, _ in live.google.calls]


def test_only_what_is_live_or_paused_can_be_changed(stage: Stage) -> None:
    stage.begin(plan_of())
    with pytest.raises(Conflict, match="only a live or a paused one"):
        planned(stage, daily_budget_micros=70 * EUR)


@pytest.mark.parametrize("point", ["update.before_send", "update.after_send", "update.written", "update.read_back", "update.concluded"])
def test_a_worker_that_dies_while_it_changes_something_harms_nothing(live: Stage, point: str) -> None:
    from tests.zamc.deployments.fake import Dead

    applied(live, planned(live, daily_budget_micros=70 * EUR))
    live.deaths[point] = 0
    with pytest.raises(Dead):
        live.service().carry_changes()
    assert point in live.reached
    live.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    carry(live)
    assert (newest_change(live).state, budgets_of(live)) == ("done", [70 * EUR])
    assert live.deployment("google_ads").daily_budget_micros == 70 * EUR
