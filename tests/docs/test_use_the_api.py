"""docs/how-to/use-the-api.md: its programs run as they stand there, and its commands name routes that there are."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from graphql import parse, validate

from api.graphql.schema import executable, make_schema
from tests.api.conftest import client, key, project, wired
from tests.api.live.conftest import Server, relay, serve, server

__all__ = ["client", "key", "project", "relay", "serve", "server", "wired"]

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "use-the-api.md").read_text()
CLIENT, LISTENER = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def names(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Run a program of the page; returns the names that it makes."""
    monkeypatch.setenv("ZAMC_API_URL", f"http://{server.address}")

    def run(program: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        exec(compile(program, "use-the-api.md", "exec"), made)  # noqa: S102 - our own page
        return made

    return run


def test_the_client_asks_and_is_answered(
    names: Callable[[str], dict[str, Any]], project: Callable[[str], UUID], key: Callable[..., str]
) -> None:
    mine = project("Blender Studio")
    ask, shown = names(CLIENT)["ask"], key("ana@example.org", {mine: "manager"})
    answer = ask("{ projects { edges { node { id name role } } } }", shown)
    assert [edge["node"] for edge in answer["data"]["projects"]["edges"]] == [
        {"id": str(mine), "name": "Blender Studio", "role": "manager"}
    ]
    approve, begin = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    refused = ask(approve, shown, id=str(mine), hash="0" * 64)
    assert refused["data"]["approveStrategy"]["code"] == "NOT_FOUND"
    assert ask(begin, shown, name="Another")["data"]["createProject"]["code"] == "FORBIDDEN"
    begun = ask(begin, key("olga@example.org", {mine: "owner"}), name="Another")["data"]["createProject"]
    assert begun["project"]["role"] == "owner"


def test_the_listener_hears_that_it_is_connected_and_where_it_stands(
    names: Callable[[str], dict[str, Any]],
    project: Callable[[str], UUID],
    key: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    mine = project("Blender Studio")
    listen = names(LISTENER)["listen"]
    shown, heard = key("ana@example.org", {mine: "viewer"}), ""

    async def until_it_is_told() -> None:
        nonlocal heard
        listening = asyncio.create_task(listen(shown, str(mine)))
        async with asyncio.timeout(30):
            while '"alert":null' not in heard:
                assert not listening.done() or listening.result()
                await asyncio.sleep(0.02)
                heard += capsys.readouterr().out
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening

    asyncio.run(until_it_is_told())
    assert '"connection_ack"' in heard


def test_every_document_of_the_page_fits_the_schema() -> None:
    schema = executable(make_schema())
    documents = re.findall(r'"query": "(.*?)"}', PAGE) + re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)
    assert len(documents) >= 3
    for document in documents:
        assert validate(schema, parse(document)) == []


def test_every_address_of_the_page_is_a_route(server: Server) -> None:
    """With its method: curl sends POST where there is `--json`, and what -X says."""
    paths = server.app.openapi()["paths"].items()
    known = {(method.upper(), re.compile(re.sub(r"{\w+}", "[^/]+", path))) for path, methods in paths for method in methods}
    asked = re.findall(r'^ *curl (.*?)"?\$ZAMC_API_URL(/[^\s"?]*)(.*)$', PAGE, re.MULTILINE)
    assert len(asked) >= 12
    for before, path, after in asked:
        method = "DELETE" if "-X DELETE" in before else "POST" if "--json" in after or "-X POST" in before else "GET"
        if path != "/graphql":  # it is answered before the table of routes
            assert any(method == its and pattern.fullmatch(path) for its, pattern in known), f"{method} {path}"
