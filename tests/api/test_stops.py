"""One deployment, a project, everything: each of the three calls of the API leaves the platforms dark, and only what it names."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.api.conftest import Call
from tests.zamc.deployments.conftest import Stage, stage
from zamc.bootstrap import Services

__all__ = ["stage"]

ONE = "mutation ($id: UUID!) { pauseDeployment(deploymentId: $id) { ... on DeploymentPaused { confirmed deployment { status } } } }"
PROJECT = "mutation ($id: UUID!) { pauseProject(projectId: $id) { ... on ProjectPaused { paused waiting } } }"
EVERYTHING = "mutation { pauseEverything { ... on ProjectPaused { paused waiting } } }"
END = "mutation ($id: UUID!) { endDeployment(deploymentId: $id) { __typename } }"


@pytest.fixture
def ana(wired: Services, stage: Stage, key: Callable[[str, dict[UUID, str]], str]) -> str:
    """An owner of a project with one live deployment on each platform."""
    vars(wired)["deployments"] = stage.service()
    stage.begin()
    stage.launch()
    stage.both_live_once()
    return key("ana@example.org", {stage.project_id: "owner"})


def _on(stage: Stage) -> dict[str, int]:
    """How many campaigns are on, by platform."""
    fakes = {"google_ads": stage.google, "meta_ads": stage.meta}
    return {name: sum(thing.status == "enabled" for thing in fake.campaigns()) for name, fake in fakes.items()}


def test_one_is_paused_and_its_sibling_goes_on(stage: Stage, call: Call, ana: str) -> None:
    answer = call(ana, ONE, id=str(stage.deployment("google_ads").id))["data"]["pauseDeployment"]
    assert answer == {"confirmed": True, "deployment": {"status": "paused"}}
    assert _on(stage) == {"google_ads": 0, "meta_ads": 1}


def test_a_project_is_paused(stage: Stage, call: Call, ana: str) -> None:
    assert call(ana, PROJECT, id=str(stage.project_id))["data"]["pauseProject"] == {"paused": 2, "waiting": 0}
    assert _on(stage) == {"google_ads": 0, "meta_ads": 0}


def test_everything_is_paused_and_again_is_harmless(stage: Stage, call: Call, ana: str) -> None:
    assert call(ana, EVERYTHING)["data"]["pauseEverything"] == {"paused": 2, "waiting": 0}
    assert _on(stage) == {"google_ads": 0, "meta_ads": 0}
    assert call(ana, EVERYTHING)["data"]["pauseEverything"] == {"paused": 0, "waiting": 0}
    assert stage.statuses() == {"google_ads": "paused", "meta_ads": "paused"}


def test_everything_of_others_goes_on(
    stage: Stage, call: Call, ana: str, project: Callable[[str], UUID], key: Callable[[str, dict[UUID, str]], str]
) -> None:  # fmt: skip
    eve = key("eve@example.org", {project("Other"): "owner"})
    assert call(eve, EVERYTHING)["data"]["pauseEverything"] == {"paused": 0, "waiting": 0}
    assert _on(stage) == {"google_ads": 1, "meta_ads": 1}


def test_one_is_ended_for_good(stage: Stage, call: Call, ana: str) -> None:
    call(ana, END, id=str(stage.deployment("meta_ads").id))
    stage.service().run_stops()
    assert _on(stage) == {"google_ads": 1, "meta_ads": 0}
    assert stage.statuses()["meta_ads"] == "ended"
