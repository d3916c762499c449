"""A NATS server of this test session with an empty stream, and a relay on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar
from uuid import UUID

import pytest

from tests.conftest import ManualClock
from tests.services import Services
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.events import repository
from zamc.events.catalogue import StrategyRequested
from zamc.events.relay import Relay
from zamc.events.stream import STREAM, connected

T = TypeVar("T")


class Stream:
    """What a test does to the stream from outside."""

    def __init__(self, url: str) -> None:
        self.url = url

    def do(self, action: Callable[[Any], Awaitable[T]]) -> T:
        """Run one action with a JetStream context."""

        async def run() -> T:
            async with connected(self.url, name="test") as client:
                return await action(client.jetstream())

        return asyncio.run(run())

    def delete(self) -> None:
        async def action(jetstream: Any) -> None:
            from nats.js.errors import NotFoundError

            try:
                await jetstream.delete_stream(STREAM)
            except NotFoundError:
                return

        self.do(action)

    def purge(self) -> None:
        self.do(lambda jetstream: jetstream.purge_stream(STREAM))

    def count(self) -> int:
        async def action(jetstream: Any) -> int:
            return int((await jetstream.stream_info(STREAM)).state.messages)

        return self.do(action)

    def publish(self, subject: str, payload: bytes) -> None:
        self.do(lambda jetstream: jetstream.publish(subject, payload))


@pytest.fixture
def stream(services: Services) -> Iterator[Stream]:
    handle = Stream(services.nats_url)
    handle.delete()
    yield handle
    handle.delete()


@pytest.fixture
def relay(database: Database, services: Services, clock: ManualClock) -> Relay:
    return Relay(database, nats_url=services.nats_url, replicas=1, clock=clock)


@pytest.fixture
def emit(database: Database) -> Callable[[], UUID]:
    """Write one event into the outbox; returns its strategy's id."""

    def one() -> UUID:
        strategy = uuid7()
        with database.transaction() as session:
            repository.emit(session, StrategyRequested(project_id=uuid7(), strategy_id=strategy))
        return strategy

    return one
