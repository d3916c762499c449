"""Exports and files take on no more than they can do, give back what they held, and leave alone what is down."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.exports import _Export
from api.guards import Guards
from api.room import Room
from tests.api.running import until
from tests.api.test_exports import Key, Project, _get
from zamc.analytics import exports
from zamc.bootstrap import Services
from zamc.errors import Conflict, Later

Stream = Callable[..., Iterator[bytes]]


@pytest.fixture
def opened(wired: Services) -> Iterator[TestClient]:
    """One export at a time, and nobody waits for a place."""
    app = create_app(wired)
    with TestClient(app, raise_server_exceptions=False) as client:
        object.__setattr__(app.state.guards, "exports", Room("exports", places=1, queue=0, patience=60))
        yield client


@pytest.fixture
def ask(opened: TestClient, project: Project, key: Key, monkeypatch: pytest.MonkeyPatch) -> Callable[[Stream], Any]:
    """An export of what is streamed."""
    mine: UUID = project("Mine")
    viewer = key("ana@example.org", {mine: "viewer"})

    def run(stream: Stream) -> Any:
        monkeypatch.setattr(exports, "stream", stream)
        return _get(opened, viewer, project=str(mine))

    return run


def test_whoever_finds_no_place_for_an_export_is_told_to_come_back_and_finds_it_later(ask: Callable[[Stream], Any]) -> None:
    begun, go_on, found = threading.Event(), threading.Event(), list[Any]()

    def slow(*_: object) -> Iterator[bytes]:
        yield b"date\n"
        begun.set()
        assert go_on.wait(60)
        yield b"2026-11-01\n"

    first = threading.Thread(target=lambda: found.append(ask(slow)))
    first.start()
    assert begun.wait(60)
    refused = ask(lambda *_: iter([b"never"]))
    go_on.set()
    first.join(60)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert (found[0].status_code, found[0].content) == (200, b"date\n2026-11-01\n")
    assert ask(lambda *_: iter([b"date\n"])).content == b"date\n"


def test_what_goes_wrong_gives_the_place_back(ask: Callable[[Stream], Any]) -> None:
    def refuse() -> Iterator[bytes]:
        raise Conflict("no report was built")

    def broken(*_: object) -> Iterator[bytes]:
        yield from refuse()

    assert [ask(broken).status_code for _ in range(3)] == [409] * 3
    assert ask(lambda *_: iter([b"date\n"])).status_code == 200


def test_whoever_goes_away_gives_everything_back() -> None:
    given_back: list[str] = []

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1_000

    async def back() -> None:
        given_back.append("the place")

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def sent(_: Any) -> None:
        await asyncio.sleep(0)

    async def scenario() -> None:
        held = AsyncExitStack()
        held.push_async_callback(back)
        answer = _Export(held, endless(), headers={}, media_type="text/csv")
        await answer({"type": "http", "asgi": {"spec_version": "2.3"}}, gone, sent)

    asyncio.run(scenario())
    assert given_back == ["the place"]


def test_storage_that_is_down_is_left_alone(wired: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Services(wired.settings.model_copy(update={"objects_url": tmp_path.as_uri()}))
    stored = made.objects.put(b"picture", media_type="image/png")
    path = made.file_links.path(stored.sha256, "image/png", name="a.png")
    asked: list[str] = []

    def down(*_: object) -> int:
        asked.append("storage")
        raise Later("object storage did not answer")

    with TestClient(create_app(made), raise_server_exceptions=False) as client:
        with monkeypatch.context() as outage:
            outage.setattr(made.objects, "size", down)
            answers = [client.get(path) for _ in range(20)]
        assert {answer.status_code for answer in answers} == {503}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
        assert len(asked) < len(answers), "it is not asked each time"
        until(lambda: client.get(path).content == b"picture")


def test_each_process_has_rooms_and_breakers_of_its_own() -> None:
    assert Guards().exports is not Guards().exports
    assert Guards().postgres is not Guards().postgres
