"""GraphQL: who sees what, what a brief's mistake looks like, and what is refused before it costs anything."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from fastapi.testclient import TestClient

from api.app import create_app
from api.limits import LARGEST_BODY_BYTES
from tests.api.conftest import Call
from zamc.bootstrap import Services

REQUEST = """mutation Request($project: UUID!, $brief: String!) {
  requestStrategy(projectId: $project, briefYaml: $brief) {
    __typename
    ... on StrategyRequested { strategy { id name summary } }
    ... on InvalidInputError { field message }
    ... on Failure { message }
  }
}"""
STRATEGIES = "query Strategies($project: UUID!) { strategies(projectId: $project) { edges { node { id name summary project } } } }"
PROJECTS = "{ projects { edges { node { name permissions } } } }"
PAUSE = "mutation Pause($project: UUID!) { pauseProject(projectId: $project) { __typename ... on ProjectPaused { paused waiting } } }"

Project = Callable[[str], UUID]
Key = Callable[[str, dict[UUID, str]], str]


def nodes(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of the one list of an answer."""
    (found,) = answer["data"].values()
    return [edge["node"] for edge in found["edges"]]


def _brief(**changes: Any) -> str:
    brief = yaml.safe_load(Path("examples/briefs/blender-studio-subscription.yaml").read_text())["brief"]
    return str(yaml.safe_dump({**brief, **changes}, allow_unicode=True))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer zamc_wrong", "Basic zamc_wrong"])
def test_without_a_key_nothing_is_answered(client: TestClient, header: str) -> None:
    answer = client.post("/graphql", json={"query": "{ projects { name } }"}, headers={"Authorization": header})
    assert answer.status_code == 401
    assert "zamc api-key" in answer.text


def test_a_manager_asks_for_a_strategy_and_the_same_brief_twice_is_one(call: Call, project: Project, key: Key) -> None:
    mine = project("Blender Studio")
    manager = key("ana@example.org", {mine: "manager"})
    first = call(manager, REQUEST, project=str(mine), brief=_brief())["data"]["requestStrategy"]
    again = call(manager, REQUEST, project=str(mine), brief=_brief())["data"]["requestStrategy"]
    assert first["strategy"] == again["strategy"]
    (listed,) = nodes(call(manager, STRATEGIES, project=str(mine)))
    assert (listed["name"], listed["summary"], listed["project"]) == ("Blender Studio spring membership", "requested", "Blender Studio")


def test_a_mistake_in_a_brief_names_the_field_and_changes_nothing(call: Call, project: Project, key: Key) -> None:
    mine = project("Blender Studio")
    manager = key("ana@example.org", {mine: "manager"})
    answer = call(manager, REQUEST, project=str(mine), brief=_brief(budget={"total": "-5", "currency": "EUR"}))["data"]["requestStrategy"]
    assert (answer["__typename"], answer["field"]) == ("InvalidInputError", "brief.budget.total")
    assert nodes(call(manager, STRATEGIES, project=str(mine))) == []


@pytest.mark.parametrize(("role", "allowed"), [("owner", True), ("manager", True), ("analyst", False), ("viewer", False), (None, False)])
def test_who_may_ask_and_who_may_pause(call: Call, project: Project, key: Key, role: str | None, allowed: bool) -> None:
    mine, other = project("Mine"), project("Other")
    caller = key("who@example.org", {mine: role} if role else {other: "owner"})
    asked = call(caller, REQUEST, project=str(mine), brief=_brief())["data"]["requestStrategy"]["__typename"]
    paused = call(caller, PAUSE, project=str(mine))["data"]["pauseProject"]["__typename"]
    refused = "ForbiddenError" if role else "NotFoundError"
    assert (asked, paused) == (("StrategyRequested", "ProjectPaused") if allowed else (refused, refused))
    listed = {found["name"]: found["permissions"] for found in nodes(call(caller, PROJECTS))}
    assert ({"request_strategy", "pause_project"} <= set(listed.get("Mine", []))) == allowed


def test_a_stranger_sees_neither_a_project_nor_its_strategies(call: Call, project: Project, key: Key) -> None:
    mine, other = project("Mine"), project("Other")
    call(key("ana@example.org", {mine: "owner"}), REQUEST, project=str(mine), brief=_brief())
    stranger = key("eve@example.org", {other: "owner"})
    assert nodes(call(stranger, STRATEGIES, project=str(mine))) == []
    assert [found["name"] for found in nodes(call(stranger, PROJECTS))] == ["Other"]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("{ projects { edges { node { " + " ".join(f"a{n}: name" for n in range(31)) + " } } } }", id="aliases"),
        pytest.param("{ projects { " + "name " * 2_000 + "} }", id="tokens"),
    ],
)
def test_documents_that_cost_too_much_are_refused(call: Call, project: Project, key: Key, document: str) -> None:
    answer = call(key("ana@example.org", {project("Mine"): "owner"}), document)
    assert answer["data"] is None
    assert answer["errors"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_is_measured_before_it_is_parsed(client: TestClient, declared: bool) -> None:
    text = b"#" * (LARGEST_BODY_BYTES + 1)
    assert client.post("/graphql", content=text if declared else iter([text])).status_code == 413


def test_production_tells_nobody_what_it_could_be_asked(wired: Services, key: Key, project: Project) -> None:
    production = Services(wired.settings.model_copy(update={"environment": "production"}))
    headers = {"Authorization": f"Bearer {key('ana@example.org', {project('Mine'): 'owner'})}"}
    with TestClient(create_app(production)) as client:
        schema = client.post("/graphql", json={"query": "{ __schema { queryType { name } } }"}, headers=headers)
        typo = client.post("/graphql", json={"query": "{ projetcs { edges { node { name } } } }"}, headers=headers)
    assert schema.json()["data"] is None
    assert "projects" not in typo.text


def test_a_bug_is_masked(
    wired: Services, client: TestClient, call: Call, key: Key, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = key("ana@example.org", {project("Mine"): "owner"})

    def broken(*_: object) -> None:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr("zamc.projects.views.project_page", broken)
    answer = call(caller, PROJECTS)
    assert "hunter2" not in str(answer)
    assert answer["errors"][0]["message"] == "Something went wrong on our side."
