"""What held-back calls mean for launches and stops: they wait, they are no attempts, and a pause passes."""

from datetime import timedelta

from tests.zamc.deployments.conftest import LIMITS, Stage, stage  # noqa: F401 - a fixture
from zamc.errors import HeldBack
from zamc.throttling.lane import is_urgent


def _no_room() -> None:
    raise HeldBack("the limit is used up", code="limit", delay=timedelta(seconds=30))


def test_a_launch_without_room_waits_and_is_never_given_up(stage: Stage) -> None:  # noqa: F811
    stage.begin()
    for _ in range(3 * LIMITS.most_attempts):
        stage.google.during["create"] = _no_room
        stage.launch()
        stage.clock.advance(seconds=31)
    assert stage.statuses()["google_ads"] == "creating"
    assert {operation.attempts for operation in stage.operations(verb="create", state="planned")} == {0}
    stage.google.during.clear()
    stage.recover()
    stage.both_live_once()


def test_only_what_stops_is_urgent(stage: Stage) -> None:  # noqa: F811
    seen: dict[str, list[bool]] = {"create": [], "set_status": [], "read": []}
    for platform in (stage.google, stage.meta):
        original = platform._call

        def call(method: str, *arguments: object, _original: object = original) -> object:
            seen.setdefault(method, []).append(is_urgent())
            return _original(method, *arguments)  # type: ignore[operator]  # the method of the fake

        platform._call = call  # type: ignore[method-assign,assignment]  # only listened to
    stage.begin()
    stage.launch()
    stage.both_live_once()
    assert not any(any(each) for each in seen.values())
    seen.clear()
    service = stage.service()
    with stage.database.transaction() as session:
        service.pause_all(session, by="anna")
    service.run_stops()
    assert set(stage.statuses().values()) == {"paused"}
    assert seen
    assert all(all(each) for each in seen.values())
