"""Workers die at every named point; whoever comes later leaves exactly one enabled campaign per platform, and loses none."""

from contextlib import suppress

import pytest
from sqlalchemy import text

from tests.zamc.deployments.conftest import LIMITS, Stage
from tests.zamc.deployments.fake import Dead, FakePlatform, Fault

LAUNCH_POINTS = [
    "change.claimed",
    "create.before_send", "create.after_send", "create.before_write", "create.written",
    "creating.read_claimed", "creating.read_back", "creating.read_written",
    "enable.planned", "enable.before_send", "enable.after_send", "enable.before_write", "enable.written",
    "enabling.read_claimed", "enabling.read_back", "enabling.read_written",
]  # fmt: skip
STOP_POINTS = ["stop.claimed", "stop.before_send", "stop.after_send", "stop.written", "stop.read_back"]
DOUBT_POINTS = ["doubt.claimed", "doubt.looked", "doubt.written"]


def _dies(stage: Stage, point: str, passes: int) -> None:
    """A run in which the worker is killed; the test proves nothing if the point was never reached."""
    stage.deaths[point] = passes
    with pytest.raises(Dead):
        stage.launch()
    assert point not in stage.deaths
    assert stage.reached.count(point) == passes + 1


@pytest.mark.parametrize(
    ("point", "passes"),
    # The last reads are taken of both platforms at once.
    [(point, passes) for point in LAUNCH_POINTS for passes in (0, 1) if not (passes and point.startswith("enabling"))],
)
def test_a_worker_that_dies_at_any_point_of_a_launch_harms_nothing(stage: Stage, point: str, passes: int) -> None:
    stage.begin()
    _dies(stage, point, passes)
    stage.recover()
    stage.both_live_once()
    assert stage.events().count("zamc.deployment.launched") == 2


@pytest.mark.parametrize("point", DOUBT_POINTS)
def test_a_worker_that_dies_while_it_resolves_a_doubt_harms_nothing(stage: Stage, point: str) -> None:
    stage.begin()
    stage.google.fail("create", "after_commit")
    stage.launch()
    stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    _dies(stage, point, 0)
    stage.recover()
    stage.both_live_once()
    assert len(stage.google.campaigns()) == 1


@pytest.mark.parametrize("point", STOP_POINTS)
def test_a_worker_that_dies_while_it_stops_is_followed_by_one_that_does(stage: Stage, point: str) -> None:
    [google, _] = stage.begin()
    stage.launch()
    with stage.database.transaction() as session:
        stage.service().pause(session, google, by="anna")
    stage.deaths[point] = 0
    with pytest.raises(Dead):
        stage.service().run_stops()
    assert point in stage.reached
    stage.recover(2)
    assert stage.deployment("google_ads").status == "paused"
    assert stage.google.campaigns("enabled") == []
    assert stage.events().count("zamc.deployment.paused") == 1


@pytest.mark.parametrize("fault", ["lost", "after_commit", "die_before", "die_after"])
@pytest.mark.parametrize("method", ["create", "enable_leaves", "enable_root"])
@pytest.mark.parametrize("platform", ["google", "meta"])
def test_a_call_whose_answer_is_lost_is_looked_up_before_anything_is_sent_again(
    stage: Stage, platform: str, method: str, fault: Fault
) -> None:
    fake: FakePlatform = getattr(stage, platform)
    stage.begin()
    fake.fail(method, fault)
    with suppress(Dead):
        stage.launch()
    assert not fake.faults[method]
    before = [call for call in fake.calls if call[0] == method]
    stage.launch()
    stage.clock.advance(seconds=LIMITS.lease)
    stage.launch()
    again = [call for call in fake.calls if call[0] == method and call[1] == before[-1][1]]
    assert len(again) == len([call for call in before if call[1] == before[-1][1]])
    stage.recover()
    stage.both_live_once()
    assert len(fake.campaigns()) == 1 + (platform == "meta")


@pytest.mark.parametrize("platform", ["google", "meta"])
def test_a_create_that_lands_after_it_was_sent_again_is_dark_and_goes_away(stage: Stage, platform: str) -> None:
    fake: FakePlatform = getattr(stage, platform)
    stage.begin()
    fake.fail("create", "late")
    stage.recover()
    stage.both_live_once()
    fake.atomic = False  # the late call does not collide with a name in this world
    assert fake.land() == 1
    ours = [each for each in fake.campaigns() if "ffffffff" not in each.name]
    assert len(ours) == 2
    outcome = stage.service().watch()
    assert outcome.counts["removed"] >= 1
    assert len([each for each in fake.campaigns() if "ffffffff" not in each.name]) == 1
    stage.both_live_once()


def test_a_taken_name_means_look_again_not_refused(stage: Stage) -> None:
    stage.begin()
    stage.google.fail("create", "late")
    stage.launch()
    stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    original = stage.google.find
    empty = iter([True])

    def lagging(items):  # type: ignore[no-untyped-def]
        if next(empty, False):
            stage.google.land()
            return {}
        return original(items)

    stage.google.find = lagging  # type: ignore[method-assign]
    stage.recover()
    stage.both_live_once()
    outcomes = [row.error_code for row in stage.operations(verb="create") if row.error_code]
    assert "DUPLICATE_CAMPAIGN_NAME" in outcomes
    assert len(stage.google.campaigns()) == 1


def test_a_worker_that_was_overtaken_cannot_bind(stage: Stage) -> None:
    stage.begin()

    def stall() -> None:
        """While the call hangs, its lease and Q pass, and somebody else resolves it."""
        stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
        stage.service().launch("google_ads")

    stage.google.during["create"] = stall
    stage.service().launch("google_ads")
    with stage.database.transaction() as session:
        outcomes = list(session.scalars(text("SELECT outcome FROM operation_attempts ORDER BY created_at")))
    assert "overtaken:AlreadyThere" in outcomes
    stage.recover()
    stage.both_live_once()
    assert len(stage.google.campaigns()) == 1
