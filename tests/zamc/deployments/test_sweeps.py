"""Strays: what carries our marker and is bound to no row is paused, a paused duplicate is removed, and a worker may die at it."""

import pytest
from sqlalchemy import update

from tests.zamc.deployments.conftest import LIMITS, Stage
from tests.zamc.deployments.fake import Dead, Thing
from tests.zamc.deployments.watching import live, raised
from zamc.deployments.tables import PlatformObject

__all__ = ["live"]


def test_a_stray_that_is_on_is_paused_with_read_backs_and_leaves_operations_and_attempts(live: Stage) -> None:
    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "enabled", 99)
    live.google.calls.clear()
    live.service().watch()
    methods = [method for method, _ in live.google.calls]
    assert methods[methods.index("pause") :][:3] == ["pause", "read", "read"]
    live.service().watch()
    assert live.google.things["stray"].status == "removed"
    swept = [(row.verb, row.state, row.generation) for row in live.operations(lane="sweep")]
    assert sorted(swept) == [("pause", "done", -1), ("remove", "done", -2)]
    assert set(raised(live)) == {"stray-on", "late-landing"}
    assert twin.status == "enabled"


def test_a_stray_that_cannot_be_paused_is_told_and_tried_again(live: Stage) -> None:
    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "enabled", 99)
    live.google.fail("pause", "lost", "lost", "lost")
    live.service().watch()
    assert live.google.things["stray"].status == "enabled"
    assert "stray-on" in raised(live)
    live.service().watch()
    assert live.google.things["stray"].status == "paused"


def test_a_worker_that_dies_while_it_sweeps_is_followed_by_one_that_does(live: Stage) -> None:
    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "enabled", 99)
    live.deaths["sweep.pause.claimed"] = 0
    with pytest.raises(Dead):
        live.service().watch()
    assert "sweep.pause.claimed" in live.reached
    live.service().watch()
    assert (live.google.things["stray"].status, raised(live)) == ("enabled", [])  # nobody says what the other one has not done
    live.clock.advance(seconds=LIMITS.lease + 1)
    live.service().watch()
    assert live.google.things["stray"].status == "paused"
    assert {row.state for row in live.operations(lane="sweep")} == {"superseded", "done"}


def test_a_sweep_whose_worker_died_after_it_was_carried_out_does_not_stay_under_way(live: Stage) -> None:
    """Nothing shows the stray any more, so that nobody would claim it again."""
    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "paused", 99)
    live.deaths["sweep.remove.sent"] = 0
    with pytest.raises(Dead):
        live.service().watch()
    assert live.google.things["stray"].status == "removed"
    live.service().watch()
    assert [row.state for row in live.operations(lane="sweep")] == ["sending"]
    live.clock.advance(seconds=LIMITS.lease + 1)
    live.service().watch()
    assert [row.state for row in live.operations(lane="sweep")] == ["superseded"]


def _two_strays(live: Stage) -> Thing:
    """Both paused, beside the campaign that is returned."""
    twin = live.google.campaigns("enabled")[0]
    for name in ("one", "two"):
        live.google.things[name] = Thing(name, "campaign", twin.name, "paused", 99)
    return twin


def test_a_sweep_whose_worker_stalled_sends_nothing_after_its_claim(live: Stage) -> None:
    """Whoever adopts after a restore waits for a lease: what is sent later could take away what was bound meanwhile."""
    _two_strays(live)
    live.google.things.pop("two")

    def stall(point: str) -> None:
        if point == "sweep.remove.claimed":
            live.clock.advance(seconds=LIMITS.lease)

    live.service(crash=stall).watch()
    assert live.google.things["one"].status == "paused"
    assert [(row.state, row.last_error is None) for row in live.operations(lane="sweep")] == [("refused", False)]
    live.service().watch()
    assert live.google.things["one"].status == "removed"


def test_what_is_bound_while_others_are_swept_stays(live: Stage) -> None:
    """As a restore does: between the look at the record and the removal, the duplicate has become the one that is bound."""
    _two_strays(live)
    bound: list[str] = []

    def bind(point: str) -> None:
        if point != "sweep.remove.sent" or bound:
            return
        bound.extend(name for name in ("one", "two") if live.google.things[name].status == "paused")
        with live.database.transaction() as session:
            root = update(PlatformObject).where(PlatformObject.kind == "campaign", PlatformObject.platform == "google_ads")
            session.execute(root.values(external_id=bound[0]))

    outcome = live.service(crash=bind).watch()
    assert outcome.counts["removed"] == 1
    assert live.google.things[bound[0]].status == "paused"


def test_nothing_is_removed_while_everything_is_on_hold(live: Stage) -> None:
    """A restore that is noticed while an account is looked at: the round that is under way takes nothing away."""
    _two_strays(live)

    def hold() -> None:
        with live.database.transaction() as session:
            live.service().set_hold(session, on=True, by="anna")

    live.google.during["survey"] = hold
    assert live.service().watch().counts["removed"] == 0
    assert {live.google.things[name].status for name in ("one", "two")} == {"paused"}
