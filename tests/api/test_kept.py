"""Answers that are kept: for whom, until when, and that whoever changes something sees it at once."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import event

from api.app import create_app
from api.graphql import kept as kept_module
from api.graphql.documents import id_of
from api.graphql.kept import KeptAnswers, kept
from api.graphql.trust import operations
from api.hearing import Hearing
from tests.api.test_graphql import REQUEST, STRATEGIES, Key, Project, _brief, nodes
from zamc.bootstrap import Services
from zamc.database.engine import Database
from zamc.requests.moving_views import _MOVING
from zamc.requests.repository import NEWEST_VERSIONS

AUDIT = "query ($p: UUID!) { audit(projectId: $p) { edges { node { action } } } }"


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """The statements that reach the database, but for what the process looks for by itself."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement not in (str(_MOVING), NEWEST_VERSIONS):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def ask(client: TestClient, key: str, document: str, headers: dict[str, str] | None = None, **variables: Any) -> Any:
    named = {"Authorization": f"Bearer {key}", **(headers or {})}
    return client.post("/graphql", json={"query": document, "variables": variables}, headers=named)


def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer grows old on a slow machine."""
    monkeypatch.setattr(kept_module, "FRESH_SECONDS", 3_600.0)
    monkeypatch.setattr(KeptAnswers.near, "__kwdefaults__", {"within": 3_600.0})


@pytest.fixture(autouse=True)
def _fresh_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    _fresh(monkeypatch)


def test_the_second_who_asks_with_the_same_role_costs_no_statement(wired: Services, client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    ana, bea = key("ana@example.org", {mine: "viewer"}), key("bea@example.org", {mine: "viewer"})
    for each in (ana, bea):  # who they are is known from here on
        ask(client, each, "{ projects { edges { cursor } } }")
    first = ask(client, ana, STRATEGIES, project=str(mine))
    with counting(wired.database) as statements:
        second = ask(client, bea, STRATEGIES, project=str(mine))
    assert [each for each in statements if "strategies" in each] == []
    assert (second.content, second.headers["etag"]) == (first.content, first.headers["etag"])


def test_nobody_sees_what_was_kept_for_somebody_who_may_see_more(client: TestClient, project: Project, key: Key) -> None:
    mine, other = project("Mine"), project("Other")
    owner, viewer = key("ana@example.org", {mine: "owner"}), key("vic@example.org", {mine: "viewer"})
    stranger = key("eve@example.org", {other: "owner"})
    seen = ask(client, owner, AUDIT, p=str(mine)).json()
    assert nodes(seen)
    assert ask(client, viewer, AUDIT, p=str(mine)).json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert nodes(ask(client, stranger, AUDIT, p=str(mine)).json()) == []
    names = {each: nodes(ask(client, each, "{ projects { edges { node { name } } } }").json()) for each in (owner, stranger)}
    assert names == {owner: [{"name": "Mine"}], stranger: [{"name": "Other"}]}


def test_whoever_changes_something_sees_it_at_once(client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    manager = key("ana@example.org", {mine: "manager"})
    assert nodes(ask(client, manager, STRATEGIES, project=str(mine)).json()) == []
    changed = ask(client, manager, REQUEST, project=str(mine), brief=_brief())
    assert changed.headers["zamc-data-version"].startswith(f"{mine}:")
    assert len(nodes(ask(client, manager, STRATEGIES, project=str(mine)).json())) == 1


def test_whoever_changes_something_need_not_wait_until_it_is_told(
    wired: Services, project: Project, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(_: Hearing) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Hearing, "listen", deaf)
    monkeypatch.setattr(Hearing, "alive", True)
    mine = project("Mine")
    manager = key("ana@example.org", {mine: "manager"})
    with TestClient(create_app(wired)) as client:
        assert nodes(ask(client, manager, STRATEGIES, project=str(mine)).json()) == []
        ask(client, manager, REQUEST, project=str(mine), brief=_brief())
        assert len(nodes(ask(client, manager, STRATEGIES, project=str(mine)).json())) == 1


def test_another_process_hears_of_a_change_and_whoever_made_it_need_not_wait(
    wired: Services, client: TestClient, project: Project, key: Key
) -> None:
    mine = project("Mine")
    manager = key("ana@example.org", {mine: "manager"})
    with TestClient(create_app(Services(wired.settings))) as elsewhere:
        assert nodes(ask(elsewhere, manager, STRATEGIES, project=str(mine)).json()) == []
        told = ask(client, manager, REQUEST, project=str(mine), brief=_brief()).headers["zamc-data-version"]
        at_once = ask(elsewhere, manager, STRATEGIES, {"zamc-data-version": told}, project=str(mine))
        assert len(nodes(at_once.json())) == 1
        ask(client, manager, REQUEST, project=str(mine), brief=_brief(name="Another"))
        deadline = time.monotonic() + 30
        while len(nodes(ask(elsewhere, manager, STRATEGIES, project=str(mine)).json())) < 2:
            assert time.monotonic() < deadline, "the other process never heard of the change"


def test_a_change_of_the_pipelines_is_heard_of_too(wired: Services, client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    manager = key("ana@example.org", {mine: "owner"})
    before = len(nodes(ask(client, manager, AUDIT, p=str(mine)).json()))
    with wired.database.transaction() as session:
        wired.projects.set_gates(session, mine, {"launch": "auto"}, by="somebody in a terminal")
    deadline = time.monotonic() + 30
    while len(nodes(ask(client, manager, AUDIT, p=str(mine)).json())) == before:
        assert time.monotonic() < deadline, "the change was never heard of"


@pytest.mark.parametrize("told", ["", "x", ":", "x:1", f"{UUID(int=0)}:{'9' * 400}", "," * 4_000, f"{UUID(int=0)}:-1"])
def test_a_version_that_somebody_made_up_changes_nothing(client: TestClient, project: Project, key: Key, told: str) -> None:
    mine = project("Mine")
    answer = ask(client, key("ana@example.org", {mine: "owner"}), STRATEGIES, {"zamc-data-version": told}, project=str(mine))
    assert nodes(answer.json()) == []


def test_a_browser_asks_whether_its_answer_still_holds(client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    owner = {"Authorization": f"Bearer {key('ana@example.org', {mine: 'owner'})}"}
    params = {"documentId": id_of(operations()["Projects"])}
    first = client.get("/graphql", params=params, headers=owner)
    assert first.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in first.headers["vary"]
    again = client.get("/graphql", params=params, headers={**owner, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = client.get("/graphql", params=params, headers={**owner, "If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_what_went_wrong_is_not_kept(client: TestClient, project: Project, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    with monkeypatch.context() as broken:
        broken.setattr("zamc.deployments.views.page", lambda *_, **__: 1 / 0)
        assert ask(client, owner, STRATEGIES, project=str(mine)).json()["errors"]
    assert nodes(ask(client, owner, STRATEGIES, project=str(mine)).json()) == []


def test_without_valkey_everything_is_answered_from_the_database(wired: Services, project: Project, key: Key) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    without = Services(wired.settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:9/0")}))
    with TestClient(create_app(without)) as client:
        assert nodes(ask(client, owner, STRATEGIES, project=str(mine)).json()) == []
        assert (
            ask(client, owner, REQUEST, project=str(mine), brief=_brief()).json()["data"]["requestStrategy"]["__typename"]
            == "StrategyRequested"
        )
        assert len(nodes(ask(client, owner, STRATEGIES, project=str(mine)).json())) == 1


def test_without_postgresql_what_is_kept_is_answered_and_the_rest_is_told_to_come_back(
    wired: Services, client: TestClient, project: Project, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    mine = project("Mine")
    manager = key("ana@example.org", {mine: "manager"})
    first = ask(client, manager, STRATEGIES, project=str(mine))

    def down(*_: object, **__: object) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("the connection is gone: password=hunter2"))

    with monkeypatch.context() as outage:
        outage.setattr(wired.database, "transaction", down)
        outage.setattr(wired.database, "statement", down)
        outage.setattr(wired.database, "transaction_for", down)
        outage.setattr("api.auth.known_callers.BELIEVED_SECONDS", -1.0)
        again = ask(client, manager, STRATEGIES, project=str(mine))
        new = ask(client, manager, AUDIT, p=str(mine))
        change = ask(client, manager, REQUEST, project=str(mine), brief=_brief())
        stranger = ask(client, "zamc_" + "0" * 43, STRATEGIES, project=str(mine))
    assert (again.status_code, again.content) == (200, first.content)
    for refused in (new, change, stranger):
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert "hunter2" not in refused.text
    assert nodes(ask(client, manager, STRATEGIES, project=str(mine)).json()) == [], "nothing was half-written"


class Valkey:
    """An asyncio client as far as KeptAnswers uses it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def set(self, name: str, value: bytes, *, ex: int) -> None:
        assert ex > 0
        self.kept[name] = value


def test_many_who_ask_at_once_are_one_question_and_other_processes_find_the_answer() -> None:
    async def scenario() -> tuple[int, set[bytes], bytes]:
        valkey, asked = Valkey(), 0
        answers, elsewhere = KeptAnswers(valkey), KeptAnswers(valkey)

        async def make() -> Any:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0)
            return kept(b"{}")

        found = await asyncio.gather(*(answers.get_or_make(b"k", make) for _ in range(50)))
        far, was_kept = await elsewhere.get_or_make(b"k", make)
        assert far is not None
        assert was_kept
        return asked, {each.body for each, _ in found if each}, far.body

    assert asyncio.run(scenario()) == (1, {b"{}"}, b"{}")


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "LARGEST_BYTES", 1_000)

    async def scenario() -> list[bool]:
        answers: KeptAnswers = KeptAnswers(None)
        for number in range(20):
            await answers.get_or_make(bytes([number]), lambda: _made(b"x" * 100))
        return [answers.near(bytes([number])) is not None for number in range(20)]

    assert asyncio.run(scenario()) == [False] * 10 + [True] * 10


async def _made(body: bytes) -> Any:
    return kept(body)
