"""A change of settings leaves what shows a project's work as it is, in fact and not only by the table; everything else is made anew."""

import itertools
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from graphql import get_named_type, is_leaf_type
from sqlalchemy import text

from api.app import create_app
from api.graphql import execution
from api.graphql.work import PARTS
from tests.api.installation import Installation, installation
from tests.api.operations import Operation, operations
from tests.api.running import until
from zamc.bootstrap import Services
from zamc.requests.repository import versions
from zamc.requests.rules import Version

__all__ = ["installation"]

SETTINGS = [
    "set_gates",
    "set_member_role",
    "remove_member",
    "choose_notifications",
    "add_notification_endpoint",
    "remove_notification_endpoint",
]
GATES = "query ($p: UUID!) { project(id: $p) { gates { launch } } }"
DEPLOYMENTS = "query ($p: UUID!) { deployments(projectId: $p) { edges { node { id name status } } } }"
BOTH = "query ($p: UUID!) { project(id: $p) { gates { launch } } deployments(projectId: $p) { edges { node { id } } } }"
_ANSWERED = itertools.count()


def everything_of(kind: Any, depth: int = 0) -> str:
    """Every field of a type that is of work, however deep, but for what comes round again."""
    parts = ["__typename"]
    named = get_named_type(kind)
    for name, field in named.fields.items():
        inner = get_named_type(field.type)
        if named.name in PARTS and name not in PARTS[named.name]:
            continue
        if is_leaf_type(inner):
            parts.append(name)
        elif depth < 4 and inner.name not in {"Performance", "Deployment"} - ({"Deployment"} if depth < 3 else set()):
            parts.append(f"{name} {everything_of(field.type, depth + 1)}")
    return "{ " + " ".join(parts) + " }"


def work_document(operation: Operation) -> str:
    """All that may be asked of a root field without asking for a setting."""
    declared = ", ".join(f"${name}: {kind}" for name, kind in operation.needed.items())
    given = ", ".join([*(f"{name}: ${name}" for name in operation.needed), *(["first: 2"] if "first" in operation.definition.args else [])])
    head = f"({declared})" if declared else ""
    return f"query Try{head} {{ {operation.field}{f'({given})' if given else ''} {everything_of(operation.definition.type)} }}"


QUERIES = [each for each in operations() if not each.is_mutation]
OF_WORK = [each for each in QUERIES if each.field in PARTS["Query"]]
MUTATIONS = {each.name: each for each in operations() if each.is_mutation}


@pytest.fixture(scope="module")
def owner(installation: Installation) -> str:
    return installation.key("olga@example.org", mine="owner")


def _now(installation: Installation) -> Version:
    with installation.wired.database.transaction() as session:
        return versions(session, [installation.mine.project])[installation.mine.project]


def _unkept(installation: Installation, owner: str) -> dict[str, Any]:
    """What the database says now: under a name that no document had before, so that nothing can have been kept."""
    seen = {}
    for operation in OF_WORK:
        document = work_document(operation).replace("query Try", f"query Try{next(_ANSWERED)}", 1)
        answer = installation.send(document, operation.variables(installation.mine.arguments()), owner).json()
        assert "errors" not in answer, (operation.field, answer["errors"])
        # A file's address is signed for an hour, which passes by itself.
        seen[operation.field] = re.sub(r"/files/[^\"']*", "/files/", repr(answer["data"]))
    return seen


def _values(name: str) -> Iterator[dict[str, Any]]:
    """What makes the mutation change something, a few times over."""
    if name == "set_gates":
        yield from ({"gates": dict.fromkeys(("strategy", "creatives", "launch", "budget"), keeper)} for keeper in ("AUTO", "PERSON"))
    elif name == "set_member_role":
        yield from ({"email": f"{role.lower()}@example.org", "role": role} for role in ("OWNER", "MANAGER", "ANALYST", "VIEWER"))
    elif name == "remove_member":
        yield {"email": "viewer@example.org"}
    else:
        yield {}


@pytest.mark.parametrize("name", SETTINGS)
def test_after_it_the_database_says_of_all_work_what_it_said_before(installation: Installation, owner: str, name: str) -> None:
    operation, before, seen = MUTATIONS[name], _now(installation), _unkept(installation, owner)
    assert all(said != "None" for said in seen.values())
    for values in _values(name):
        answer = installation.send(operation.document(), operation.variables(installation.mine.arguments(), **values), owner).json()
        (data,) = answer["data"].values()
        assert "code" not in data, data
        assert _unkept(installation, owner) == seen
    now = _now(installation)
    assert now.whole > before.whole
    assert now.work == before.work


def test_each_root_field_of_work_shows_something(installation: Installation, owner: str) -> None:
    """Or the comparison above would compare nothing with nothing."""
    empty = {field for field, said in _unkept(installation, owner).items() if re.fullmatch(r"\{'\w+': (None|\[\])\}", said)}
    assert empty <= {"planVersion", "planVersions", "planDiff", "approvals"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fields of each read that was made, and not found among what is kept."""
    seen: list[str] = []
    run = execution.run

    async def noted(operation: Any, *rest: Any) -> Any:
        if not operation.is_mutation:
            seen.append("+".join(node.name.value for node in operation.node.selection_set.selections))
        return await run(operation, *rest)

    monkeypatch.setattr(execution, "run", noted)
    for name in ("FRESH_SECONDS", "QUIET_SECONDS"):  # no answer grows old on a slow machine
        monkeypatch.setattr(f"api.graphql.reads.{name}", 3_600.0)
    return seen


def _ask(client: TestClient, key: str, document: str, project: UUID, **headers: str) -> Any:
    named = {"Authorization": f"Bearer {key}", **headers}
    return client.post("/graphql", json={"query": document, "variables": {"p": str(project)}}, headers=named)


def _set(installation: Installation, owner: str, keeper: str) -> Any:
    document = "mutation ($p: UUID!, $k: Keeper!) { setGates(projectId: $p, gates: {launch: $k}) { __typename } }"
    body = {"query": document, "variables": {"p": str(installation.mine.project), "k": keeper}}
    return installation.client.post("/graphql", json=body, headers={"Authorization": f"Bearer {owner}"})


def test_what_shows_no_setting_is_kept_through_a_change_of_settings_and_everything_else_is_made_anew(
    installation: Installation, owner: str, made: list[str]
) -> None:
    mine, client = installation.mine.project, installation.client
    with TestClient(create_app(Services(installation.wired.settings))) as elsewhere:
        for keeper in ("PERSON", "AUTO", "PERSON"):
            told = _set(installation, owner, keeper).headers["zamc-data-version"]
            for each in (client, elsewhere):
                heard = {"zamc-data-version": told}
                assert _ask(each, owner, GATES, mine, **heard).json()["data"]["project"]["gates"]["launch"] == keeper
                both = _ask(each, owner, BOTH, mine, **heard).json()["data"]
                assert both["project"]["gates"]["launch"] == keeper
                assert len(both["deployments"]["edges"]) == len(_ask(each, owner, DEPLOYMENTS, mine).json()["data"]["deployments"]["edges"])
    # Both processes share what one of them made.
    assert {fields: made.count(fields) for fields in set(made)} == {"project": 3, "project+deployments": 3, "deployments": 1}


def test_another_process_hears_of_a_change_of_settings_without_being_told(installation: Installation, owner: str, made: list[str]) -> None:
    mine = installation.mine.project
    with TestClient(create_app(Services(installation.wired.settings))) as elsewhere:
        app: Any = elsewhere.app
        until(lambda: app.state.hearing.alive)
        for keeper in ("AUTO", "PERSON"):
            _set(installation, owner, keeper)
            until(lambda keeper=keeper: _ask(elsewhere, owner, GATES, mine).json()["data"]["project"]["gates"]["launch"] == keeper)


def test_a_change_of_work_is_seen_at_once_here_and_elsewhere(installation: Installation, owner: str, made: list[str]) -> None:
    mine, pause = installation.mine, MUTATIONS["pause_deployment"]
    with TestClient(create_app(Services(installation.wired.settings))) as elsewhere:
        before = [_ask(each, owner, DEPLOYMENTS, mine.project).text for each in (installation.client, elsewhere)]
        assert before[0] == before[1]
        answer = installation.send(pause.document(), pause.variables(mine.arguments()), owner)
        heard = {"zamc-data-version": answer.headers["zamc-data-version"]}
        after = [_ask(each, owner, DEPLOYMENTS, mine.project, **heard).text for each in (installation.client, elsewhere)]
        assert after[0] == after[1] != before[0]


def test_a_writer_that_counts_no_settings_is_one_of_work(installation: Installation, owner: str, made: list[str]) -> None:
    """A process of the release before, while this one is being rolled out: it tells one number, and raises only that."""
    mine, before = installation.mine.project, _now(installation)
    _ask(installation.client, owner, DEPLOYMENTS, mine)
    made.clear()
    with installation.wired.database.transaction() as session:
        session.execute(text("UPDATE data_versions SET version = version + 1 WHERE project_id = :id"), {"id": mine})
        session.execute(text("SELECT pg_notify('zamc_data', :said)"), {"said": f"{mine}:{before.whole + 1}"})
    assert _now(installation) == Version(before.whole + 1, before.work + 1)

    def made_again() -> bool:
        _ask(installation.client, owner, DEPLOYMENTS, mine)
        return made == ["deployments"]

    until(made_again)


@pytest.mark.parametrize("name", sorted(set(MUTATIONS) - set(SETTINGS)))
def test_every_other_mutation_is_one_of_work_or_of_nothing(installation: Installation, owner: str, name: str) -> None:
    operation, before = MUTATIONS[name], _now(installation)
    installation.send(operation.document(), operation.variables(installation.mine.arguments()), owner)
    now = _now(installation)
    assert now.whole - before.whole == now.work - before.work
