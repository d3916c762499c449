"""A key makes a repeated change one change, also when a process dies in between; and a key stands for one request only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from tests.api.test_graphql import REQUEST, Key, Project, _brief
from tests.zamc.deployments.conftest import Stage, stage
from zamc.bootstrap import Services
from zamc.deployments.service import DeploymentService
from zamc.projects.tables import AuditEntry
from zamc.requests.rules import CLAIMED_FOR
from zamc.requests.tables import RememberedRequest

__all__ = ["stage"]

KEY = "6f1c6f0e-5c1e-4c39-9a6d-9e0d0c9c2a11"
GATES = """mutation Gates($project: UUID!, $keeper: Keeper!) {
  setGates(projectId: $project, gates: {launch: $keeper}) { __typename ... on Failure { code message } ... on GatesSet { project { id } } }
}"""
PAUSE = """mutation Pause($id: UUID!) {
  pauseDeployment(deploymentId: $id) { __typename ... on Failure { code message } ... on DeploymentPaused { confirmed deployment { id } } }
}"""


def _send(client: TestClient, key: str, document: str, idempotency_key: str | None = KEY, **variables: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}", **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
    answer = client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
    assert answer.status_code == 200, answer.text
    ((found,),) = (answer.json()["data"].values(),) if answer.json()["data"] else ((answer.json(),),)
    read: dict[str, Any] = found
    return read


def _times(wired: Services, action: str) -> int:
    with wired.database.transaction() as session:
        return session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def test_the_same_key_twice_is_one_change_and_the_same_answer(wired: Services, client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    first = _send(client, owner, GATES, project=str(mine), keeper="AUTO")
    assert first == {"__typename": "GatesSet", "project": {"id": str(mine)}}
    assert _send(client, owner, GATES, project=str(mine), keeper="AUTO") == first
    assert _times(wired, "gates.set") == 1
    _send(client, owner, GATES, None, project=str(mine), keeper="AUTO")
    assert _times(wired, "gates.set") == 2


def test_a_key_stands_for_one_request_and_one_caller(wired: Services, client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    owner, other = key("ana@example.org", {mine: "owner"}), key("bea@example.org", {mine: "owner"})
    _send(client, owner, GATES, project=str(mine), keeper="AUTO")
    another = _send(client, owner, GATES, project=str(mine), keeper="PERSON")
    assert (another["__typename"], another["code"]) == ("ConflictError", "CONFLICT")
    assert "new key" in another["message"]
    assert _send(client, owner, REQUEST, project=str(mine), brief=_brief())["__typename"] == "ConflictError"
    assert _times(wired, "gates.set") == 1
    assert _send(client, other, GATES, project=str(mine), keeper="PERSON")["__typename"] == "GatesSet"


def test_a_key_is_kept_for_a_day(wired: Services, client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    for hours, times in ((23, 1), (2, 2)):
        _send(client, owner, GATES, project=str(mine), keeper="AUTO")
        with wired.database.transaction() as session:
            session.execute(update(RememberedRequest).values(created_at=RememberedRequest.created_at - timedelta(hours=hours)))
        _send(client, owner, GATES, project=str(mine), keeper="AUTO")
        assert _times(wired, "gates.set") == times


def test_a_key_stands_for_one_change(wired: Services, client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    two = "mutation ($p: UUID!) { a: pauseProject(projectId: $p) { ...r } b: pauseProject(projectId: $p) { ...r } } "
    document = two + "fragment r on PauseProjectResult { __typename ... on Failure { code } }"
    headers = {"Authorization": f"Bearer {key('ana@example.org', {mine: 'owner'})}", "Idempotency-Key": KEY}
    answer = client.post("/graphql", json={"query": document, "variables": {"p": str(mine)}}, headers=headers).json()
    assert [each["code"] for each in answer["data"].values()] == ["INVALID_INPUT", "INVALID_INPUT"]
    assert _times(wired, "gates.set") == 0


def test_a_refused_change_leaves_its_key_free(client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    manager = key("ana@example.org", {mine: "manager"})
    refused = _send(client, manager, REQUEST, project=str(mine), brief=_brief(budget={"total": "-5", "currency": "EUR"}))
    assert refused["__typename"] == "InvalidInputError"
    assert _send(client, manager, REQUEST, project=str(mine), brief=_brief())["__typename"] == "StrategyRequested"


@pytest.mark.parametrize("wrong", ["", "short", "x" * 201, "with a space in it"])
def test_a_key_that_is_none_is_refused(wired: Services, client: TestClient, project: Project, key: Key, wrong: str) -> None:
    mine = project("Mine")
    answer = client.post(
        "/graphql",
        json={"query": GATES, "variables": {"project": str(mine), "keeper": "AUTO"}},
        headers={"Authorization": f"Bearer {key('ana@example.org', {mine: 'owner'})}", "Idempotency-Key": wrong},
    ).json()["data"]["setGates"]
    assert (answer["__typename"], answer["code"]) == ("InvalidInputError", "INVALID_INPUT")
    assert _times(wired, "gates.set") == 0


def test_two_at_once_with_one_key_are_one_change(wired: Services, client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(_send, client, owner, GATES, project=str(mine), keeper="AUTO") for _ in range(4)]
        assert {each.result()["__typename"] for each in found} == {"GatesSet"}
    assert _times(wired, "gates.set") == 1


def test_a_change_whose_process_dies_before_it_is_written_leaves_nothing(
    wired: Services, client: TestClient, project: Project, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})

    def dies(*_: object) -> None:
        raise SystemError("the process is gone")

    with monkeypatch.context() as dying:
        dying.setattr("zamc.requests.announcing.announce", dies)
        _send(client, owner, GATES, project=str(mine), keeper="AUTO")
    assert _times(wired, "gates.set") == 0
    assert _send(client, owner, GATES, project=str(mine), keeper="AUTO")["__typename"] == "GatesSet"
    assert _times(wired, "gates.set") == 1


def test_a_pause_whose_process_died_is_taken_up_again_when_its_claim_is_old(
    wired: Services, client: TestClient, stage: Stage, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    vars(wired)["deployments"] = stage.service()
    stage.begin()
    stage.launch()
    wanted: UUID = stage.deployment("meta_ads").id
    manager = key("ana@example.org", {stage.project_id: "manager"})

    def dies(*_: object, **__: object) -> None:
        raise SystemError("the process is gone")

    with monkeypatch.context() as dying:
        dying.setattr(DeploymentService, "confirm_stops", dies)
        dying.setattr("api.graphql.changing._forget", lambda *_: None)  # who is dead forgets nothing
        assert _send(client, manager, PAUSE, id=str(wanted))["errors"]
    assert _send(client, manager, PAUSE, id=str(wanted))["code"] == "CONFLICT"
    with wired.database.transaction() as session:
        session.execute(update(RememberedRequest).values(claimed_at=RememberedRequest.claimed_at - CLAIMED_FOR - timedelta(seconds=1)))
    again = _send(client, manager, PAUSE, id=str(wanted))
    assert again == {"__typename": "DeploymentPaused", "confirmed": True, "deployment": {"id": str(wanted)}}
    assert _send(client, manager, PAUSE, id=str(wanted)) == again
    assert stage.statuses()["meta_ads"] == "paused"
