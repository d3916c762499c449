"""The short way answers as the long one does, and never whom the long one would not."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.graphql.endpoint import Endpoint
from tests.api.running import until
from tests.api.test_graphql import STRATEGIES, Key, Project
from tests.api.test_kept import ask
from zamc.bootstrap import Services
from zamc.identity.service import IdentityService


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which way each request to /graphql went."""
    went: list[str] = []
    long = Endpoint.answer

    async def noted(self: Endpoint, *arguments: Any) -> Any:
        went.append("long")
        return await long(self, *arguments)

    monkeypatch.setattr(Endpoint, "answer", noted)
    return went


@pytest.fixture
def opened(wired: Services) -> Iterator[TestClient]:
    with TestClient(create_app(wired), raise_server_exceptions=False) as client:
        app: Any = client.app
        until(lambda: app.state.hearing.alive)
        yield client


def test_once_it_was_kept_for_somebody_it_is_short_and_says_the_same(
    opened: TestClient, project: Project, key: Key, ways: list[str]
) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    made, first, second = (ask(opened, owner, STRATEGIES, project=str(mine)) for _ in range(3))
    assert ways == ["long"] * 2
    assert (second.status_code, second.content) == (200, first.content) == (made.status_code, made.content)
    varying = {"x-request-id", "ratelimit"}
    assert {**second.headers, **dict.fromkeys(varying)} == {**first.headers, **dict.fromkeys(varying)}
    assert second.headers.keys() >= varying


def test_who_asks_how_and_from_where_decides(opened: TestClient, project: Project, key: Key, ways: list[str]) -> None:
    mine = project("Mine")
    owner, stranger = key("ana@example.org", {mine: "owner"}), key("eve@example.org", {project("Other"): "owner"})
    for _ in range(2):
        ask(opened, owner, STRATEGIES, project=str(mine))
    ways.clear()
    assert ask(opened, stranger, STRATEGIES, project=str(mine)).json()["data"]["strategies"]["edges"] == []
    body = {"query": STRATEGIES, "variables": {"project": str(mine)}}
    bearer = {"Authorization": f"Bearer {owner}"}
    as_text = opened.post("/graphql", json=body, headers={**bearer, "Content-Type": "text/plain"})
    assert as_text.status_code == 415
    assert opened.post("/graphql", json=body).status_code == 401
    assert opened.post("/graphql", json=body, headers={"Origin": "https://evil.example"}).status_code == 403
    assert len(ways) == 2, "the guard and the reader refuse before anybody asks who it is"


def test_a_key_that_is_revoked_is_refused_within_a_second_on_the_short_way_too(
    wired: Services, opened: TestClient, project: Project, key: Key, ways: list[str]
) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    for _ in range(3):
        assert ask(opened, owner, STRATEGIES, project=str(mine)).status_code == 200
    assert ways == ["long"] * 2
    with wired.database.transaction() as session:
        service = wired.identity.service
        caller = service.caller(session, owner)
        assert caller is not None
        (row,) = service.keys(session, caller)
        service.revoke_key(session, caller, row.id)
    until(lambda: ask(opened, owner, STRATEGIES, project=str(mine)).status_code == 401)


def test_a_role_that_is_taken_away_takes_the_answer_along(
    wired: Services, opened: TestClient, project: Project, key: Key, ways: list[str]
) -> None:
    mine = project("Mine")
    viewer, _ = key("vic@example.org", {mine: "viewer"}), key("ana@example.org", {mine: "owner"})
    document = "query ($project: UUID!) { project(id: $project) { name } }"
    for _ in range(3):
        assert ask(opened, viewer, document, project=str(mine)).json()["data"]["project"] == {"name": "Mine"}
    assert ways == ["long"] * 2
    with wired.database.transaction() as session:
        IdentityService().set_role(session, email="vic@example.org", project_id=mine, role=None, by="ana@example.org")
    until(lambda: ask(opened, viewer, document, project=str(mine)).json()["data"]["project"] is None)


def test_nobody_runs_out_of_room_unseen(wired: Services, project: Project, key: Key) -> None:
    few = Services(wired.settings.model_copy(update={"api_cost_per_minute": 1_000}))
    mine: UUID = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    with TestClient(create_app(few), raise_server_exceptions=False) as client:
        statuses = [ask(client, owner, STRATEGIES, project=str(mine)).status_code for _ in range(1_500)]
    assert set(statuses) == {200, 429}
