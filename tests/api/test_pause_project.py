"""pauseProject counts what is the project's own."""

from collections.abc import Callable
from uuid import UUID

from tests.api.conftest import Call
from tests.zamc.deployments.conftest import Stage, stage
from tests.zamc.deployments.fake import Fault
from zamc.bootstrap import Services

__all__ = ["stage"]

THROTTLED: list[Fault] = ["later"] * 100
PAUSE = "mutation Pause($project: UUID!) { pauseProject(projectId: $project) { ... on ProjectPaused { paused waiting } } }"


def test_a_pause_waits_for_its_own_project_and_counts_nobody_elses(
    wired: Services, stage: Stage, call: Call, project: Callable[[str], UUID], key: Callable[[str, dict[UUID, str]], str]
) -> None:
    vars(wired)["deployments"] = stage.service()
    stage.begin()
    stage.launch()
    other = project("Other")
    ana, eve = key("ana@example.org", {stage.project_id: "owner"}), key("eve@example.org", {other: "owner"})
    stage.meta.fail("pause", *THROTTLED)
    before = stage.clock.wall
    assert call(ana, PAUSE, project=str(stage.project_id))["data"]["pauseProject"] == {"paused": 1, "waiting": 1}
    assert (stage.clock.wall - before).total_seconds() >= 20
    before = stage.clock.wall
    assert call(eve, PAUSE, project=str(other))["data"]["pauseProject"] == {"paused": 0, "waiting": 0}
    assert stage.clock.wall == before
    stage.meta.faults.clear()
    stage.clock.advance(minutes=2)
    assert call(ana, PAUSE, project=str(stage.project_id))["data"]["pauseProject"] == {"paused": 1, "waiting": 0}
