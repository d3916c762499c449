"""What somebody who wants the API to fall over sends: refused in words, before it costs anything, and never as a fault of ours."""

import json
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.graphql.documents import id_of
from api.graphql.trust import operations
from tests.api.conftest import Call
from tests.api.test_graphql import Key, Project
from zamc.bootstrap import Services

LAUGHS = "query ($p: UUID!) { strategies(projectId: $p) { edges { node { ...f0 } } } } " + " ".join(
    f"fragment f{n} on Strategy {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40)
)


def _named(*documents: tuple[str, str]) -> Any:
    return [pytest.param(document, code, id=name) for name, (document, code) in zip(_NAMES, documents, strict=True)]


_NAMES = (
    "aliases",
    "aliases of roots", "fragments in fragments", "fragments in a circle", "a billion laughs", "directives", "unknown directives",
    "an unknown field", "tokens", "a page of a million", "pages in pages", "two operations", "no operation", "a NUL", "a subscription",
)  # fmt: skip
_QUERY = "query ($p: UUID!) "
CASES = _named(
    ("{ projects { edges { node { " + " ".join(f"a{n}: name" for n in range(31)) + " } } } }", "TOO_COSTLY"),
    ("{ " + " ".join(f"a{n}: projects {{ edges {{ cursor }} }}" for n in range(11)) + " }", "TOO_COSTLY"),
    ("{ projects { ...f } } fragment f on ProjectConnection { " + "... { " * 13 + "edges { cursor }" + " }" * 13 + " }", "TOO_COSTLY"),
    (_QUERY + "{ strategies(projectId: $p) { ...a } } fragment a on StrategyConnection { ...b } fragment b on StrategyConnection { ...a }",
     "BAD_REQUEST"),
    (LAUGHS + " fragment f40 on Strategy { id }", "TOO_COSTLY"),
    ("{ projects { edges { node { " + " ".join(f"name @include(if: true) id{n}: id @skip(if: false)" for n in range(15)) + " } } } }",
     "TOO_COSTLY"),
    ("{ projects " + "@a " * 500 + "{ edges { cursor } } }", "BAD_REQUEST"),
    ("{ projects { edges { node { secret } } } }", "BAD_REQUEST"),
    ("{ projects { " + "edges " * 2_000 + "} }", "BAD_REQUEST"),
    (_QUERY + "{ strategies(projectId: $p, first: 1000000) { edges { node { plan deployments { name verdicts { verdict } } } } } }",
     "TOO_COSTLY"),
    (_QUERY + "{ strategies(projectId: $p, first: 100) { edges { node { deployments { changes { kind state changeHash } } } } } }",
     "TOO_COSTLY"),
    ("query A { projects { edges { cursor } } } query B { projects { edges { cursor } } }", "BAD_REQUEST"),
    ("fragment f on Project { id }", "BAD_REQUEST"),
    ('query { strategy(id: "\\u0000") { id } }', "BAD_REQUEST"),
    ("subscription { projects }", "BAD_REQUEST"),
)  # fmt: skip


@pytest.mark.parametrize(("document", "code"), CASES)
def test_a_document_that_is_too_much_is_refused(call: Call, project: Project, key: Key, document: str, code: str) -> None:
    mine = project("Mine")
    variables = {"p": str(mine)} if "$p" in document else {}
    answer = call(key("ana@example.org", {mine: "owner"}), document, **variables)
    assert answer["data"] is None
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}
    assert len(answer["errors"]) <= 6


def _post(client: TestClient, key: str, body: bytes | str, **headers: str) -> Any:
    named = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    return client.post("/graphql", content=body, headers=named)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"{", 400, id="half"),
        pytest.param(b'[{"query": "{ projects { edges { cursor } } }"}]', 400, id="a list of operations"),
        pytest.param(b'"query"', 400, id="a text"),
        pytest.param(b'{"query": 7}', 400, id="a number for a document"),
        pytest.param(b'{"query": "{a}", "variables": [1]}', 400, id="a list of variables"),
        pytest.param(b'{"query": "{a}", "variables": {"a": "\\u0000"}}', 400, id="a NUL"),
        pytest.param(b'{"query": "{a}", "variables": {"a": "\\ud800"}}', 400, id="half of a pair"),
        pytest.param(b'{"query": "{a}", "variables": {"a": "\xff"}}', 400, id="bytes that are no text"),
        pytest.param(b'{"query": "{a}", "variables": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}", 400, id="lists in lists"),
        pytest.param(b'{"query": "{a}", "variables": {"a": ' + b"[" * 9_000 + b"]" * 9_000 + b"}}", 400, id="deeper than a parser goes"),
        pytest.param(json.dumps({"query": "{a}", "variables": {"a": [1] * 3_000}}), 400, id="thousands of values"),
        pytest.param(b'{"query": "{a}", "variables": {"a": NaN}}', 400, id="no number"),
        pytest.param(json.dumps({"query": "{" * 5_000}), 200, id="braces"),
        pytest.param(json.dumps({"query": "query($a: [[[[[[[[Int]]]]]]]]) { projects { edges { cursor } } }"}), 200, id="a type of lists"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(client: TestClient, project: Project, key: Key, body: bytes | str, status: int) -> None:
    answer = _post(client, key("ana@example.org", {project("Mine"): "owner"}), body)
    assert answer.status_code == status
    assert answer.json()["data"] is None
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} <= {"BAD_REQUEST"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_a_form_of_another_site_is_refused(client: TestClient, project: Project, key: Key, kind: str) -> None:
    body = b'{"query": "{ projects { edges { cursor } } }"}'
    assert _post(client, key("ana@example.org", {project("Mine"): "owner"}), body, **{"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize("query", ["query={projects{edges{cursor}}}", "query=mutation{pauseEverything{__typename}}", ""])
def test_a_link_of_another_site_asks_and_changes_nothing(client: TestClient, project: Project, key: Key, query: str) -> None:
    headers = {"Authorization": f"Bearer {key('ana@example.org', {project('Mine'): 'owner'})}"}
    answer = client.get(f"/graphql?{query}", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("first", "after"),
    [
        (0, None), (-1, None), (101, None), (2**31 - 1, None),
        (5, ""), (5, "x"), (5, "=" * 50), (5, "a" * 5_000), (5, "WyJuYW1lIl0"), (5, "bnVsbA"), (5, "\u00e9"),
        (5, "WyJuZXdlc3QiLCIyMDI2LTAxLTAxVDAwOjAwOjAwIiwiMCJd"), (5, "'; DROP TABLE strategies; --"),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_is_refused(call: Call, project: Project, key: Key, first: int, after: str | None) -> None:
    mine = project("Mine")
    document = "query ($p: UUID!, $n: Int!, $a: String) { strategies(projectId: $p, first: $n, after: $a) { edges { cursor } } }"
    answer = call(key("ana@example.org", {mine: "owner"}), document, p=str(mine), n=first, a=after)
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]


@pytest.mark.parametrize("value", [2**31, 2**63, 10**40, -(2**31) - 1, 1.5, "5", True, None])
def test_a_number_that_is_no_size_is_refused(call: Call, project: Project, key: Key, value: Any) -> None:
    mine = project("Mine")
    document = "query ($p: UUID!, $n: Int!) { strategies(projectId: $p, first: $n) { edges { cursor } } }"
    answer = call(key("ana@example.org", {mine: "owner"}), document, p=str(mine), n=value)
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]


@pytest.mark.parametrize("value", ["", "1", "0" * 400, "not-an-id", "../../etc/passwd", "' OR 1=1 --", 5, {"id": 1}, ["a"]])
def test_an_id_that_is_none_is_refused(call: Call, project: Project, key: Key, value: Any) -> None:
    answer = call(key("ana@example.org", {project("Mine"): "owner"}), "query ($id: UUID!) { strategy(id: $id) { id } }", id=value)
    assert not (answer["data"] or {}).get("strategy")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_REQUEST"]


def test_production_executes_registered_documents_alone_when_it_is_told_to(wired: Services, project: Project, key: Key) -> None:
    closed = Services(wired.settings.model_copy(update={"environment": "production", "trusted_documents_only": True}))
    headers = {"Authorization": f"Bearer {key('ana@example.org', {project('Mine'): 'owner'})}"}
    known = operations()["Projects"]
    with TestClient(create_app(closed)) as client:

        def ask(**body: Any) -> Any:
            return client.post("/graphql", json=body, headers=headers).json()

        by_id, by_text = ask(documentId=id_of(known)), ask(query=known)
        others = [ask(query="{ projects { edges { node { name } } } }"), ask(documentId="0" * 64), ask(documentId="x" * 4_000), ask()]
        got = client.get("/graphql", params={"documentId": id_of(known)}, headers=headers).json()
        pause = client.get("/graphql", params={"documentId": id_of(operations()["Pause"]), "variables": "{}"}, headers=headers)
    assert by_id["data"]["projects"]["edges"][0]["node"]["name"] == "Mine"
    assert by_id == by_text == got
    assert all(answer["data"] is None for answer in others)
    assert (pause.status_code, pause.headers["allow"]) == (405, "POST")


def test_what_takes_too_long_is_ended(client: TestClient, project: Project, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr("api.graphql.execution.QUERY_SECONDS", 0.05)
    monkeypatch.setattr("zamc.projects.views.project_page", lambda *_, **__: released.wait(60))
    mine = key("ana@example.org", {project("Mine"): "owner"})
    try:
        answer = _post(client, mine, '{"query": "{ projects { edges { cursor } } }"}')
    finally:
        released.set()
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (504, "TIME_LIMIT")
