"""The relay: everything in the outbox reaches the stream, whoever dies."""

import asyncio
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from uuid import UUID

import pytest
from cloudevents.core.v1.event import CloudEvent
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.events.conftest import Stream
from zamc.database.engine import Database
from zamc.events import repository
from zamc.events.relay import Relay
from zamc.events.stream import read_batch
from zamc.events.tables import OutboxRow

SUBJECTS = ("zamc.strategy.requested",)


def _strategies(stream: Stream) -> list[str]:
    batch = read_batch(stream.url, subjects=SUBJECTS, cursor=None, limit=500)
    assert batch is not None
    return [json.loads(message.payload)["data"]["strategy_id"] for message in batch.messages]


def test_what_was_committed_is_published_once_and_marked(
    database: Database, stream: Stream, relay: Relay, emit: Callable[[], UUID]
) -> None:
    ids = [str(emit()) for _ in range(3)]
    assert asyncio.run(relay.run(once=True)) == 3
    assert asyncio.run(relay.run(once=True)) == 0
    assert _strategies(stream) == ids
    with database.transaction() as session:
        assert repository.count_unsent(session) == 0


def test_what_was_rolled_back_is_never_published(database: Database, stream: Stream, relay: Relay, emit: Callable[[], UUID]) -> None:
    emit()
    with pytest.raises(ProgrammingError), database.transaction() as session:
        session.execute(
            text("INSERT INTO events.outbox (event_id, subject, envelope) VALUES (gen_random_uuid(), 'zamc.x', '{}'); SELECT 1 / nil")
        )
    assert asyncio.run(relay.run(once=True)) == 1
    assert stream.count() == 1


def test_every_message_is_a_cloud_event(stream: Stream, relay: Relay, emit: Callable[[], UUID]) -> None:
    emit()
    asyncio.run(relay.run(once=True))
    batch = read_batch(stream.url, subjects=SUBJECTS, cursor=None, limit=1)
    assert batch is not None
    attributes = json.loads(batch.messages[0].payload)
    data = attributes.pop("data")
    from datetime import datetime

    attributes["time"] = datetime.fromisoformat(attributes["time"])
    event = CloudEvent(attributes, data)
    assert event.get_type() == batch.messages[0].subject


def test_a_relay_killed_between_publishing_and_marking_loses_and_doubles_nothing(
    database: Database, urls: DatabaseUrls, services: Services, stream: Stream, relay: Relay, emit: Callable[[], UUID]
) -> None:
    ids = [str(emit()) for _ in range(5)]
    victim = textwrap.dedent("""
        import asyncio, os, signal
        from zamc.bootstrap import services
        asyncio.run(services().relay().run(once=True, on_published=lambda count: os.kill(os.getpid(), signal.SIGKILL)))
    """)
    died = subprocess.run([sys.executable, "-c", victim], env=services.environment_for(urls), check=False)
    assert died.returncode == -9, "the crash point was not reached"
    assert stream.count() == 5
    with database.transaction() as session:
        assert repository.count_unsent(session) == 5
    assert asyncio.run(relay.run(once=True)) == 5
    assert _strategies(stream) == ids


def test_a_deleted_stream_is_rebuilt_from_the_outbox(database: Database, stream: Stream, relay: Relay, emit: Callable[[], UUID]) -> None:
    ids = [str(emit()) for _ in range(4)]
    asyncio.run(relay.run(once=True))
    stream.delete()
    with database.transaction() as session:
        assert repository.mark_all_unsent(session) == 4
    assert asyncio.run(relay.run(once=True)) == 4
    assert _strategies(stream) == ids


def test_two_relays_share_the_work(services: Services, database: Database, stream: Stream, relay: Relay, emit: Callable[[], UUID]) -> None:
    for _ in range(250):
        emit()
    other = Relay(database, nats_url=services.nats_url, replicas=1, clock=relay._clock)

    async def both() -> list[int]:
        return list(await asyncio.gather(relay.run(once=True), other.run(once=True)))

    assert sum(asyncio.run(both())) == 250
    assert stream.count() == 250


def test_a_running_relay_is_woken_by_a_commit(database: Database, stream: Stream, relay: Relay, emit: Callable[[], UUID]) -> None:
    async def scenario() -> None:
        published = asyncio.Event()
        running = asyncio.create_task(relay.run(on_published=lambda _count: published.set()))
        await asyncio.to_thread(emit)
        await asyncio.wait_for(published.wait(), 20)
        relay.stopping.set()
        await asyncio.wait_for(running, 20)

    asyncio.run(scenario())
    with database.transaction() as session:
        assert session.scalars(select(OutboxRow.published_at)).one() is not None
