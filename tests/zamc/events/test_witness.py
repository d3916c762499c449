"""The stream as a witness: it remembers what a database that came back from a backup does not."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.events.conftest import Stream
from zamc.database.engine import Database
from zamc.deployments.service import DeploymentService
from zamc.errors import Later
from zamc.events.relay import Relay
from zamc.events.witness import heard


def _service(database: Database, clock: ManualClock, url: str) -> DeploymentService:
    return DeploymentService(database, clock, {}, witness=lambda installation: heard(url, installation=installation))


def _relay(database: Database, clock: ManualClock, url: str) -> Relay:
    service = _service(database, clock, url)
    return Relay(
        database, nats_url=url, replicas=1, clock=clock, installation=service.installation, before_publishing=service.notice_restore
    )


def test_events_are_heard_newest_first_and_only_those_of_the_installation(
    database: Database, stream: Stream, clock: ManualClock, emit: Callable[[], UUID]
) -> None:
    service = _service(database, clock, stream.url)
    assert heard(stream.url, installation=service.installation()) == []
    for _ in range(3):
        emit()
    assert asyncio.run(_relay(database, clock, stream.url).run(once=True)) == 3
    stream.publish("zamc.strategy.requested", b"somebody else's")
    found = heard(stream.url, installation=service.installation())
    with database.transaction() as session:
        ids = list(session.scalars(text("SELECT event_id FROM events.outbox ORDER BY sequence DESC")))
    assert [each.event_id for each in found] == ids
    assert [each.sequence for each in found] == [3, 2, 1]
    assert heard(stream.url, installation="ffffffff") == []
    assert not service.notice_restore().on


def test_the_stream_remembers_what_a_restored_database_does_not(
    database: Database, services: Services, urls: DatabaseUrls, stream: Stream, clock: ManualClock, emit: Callable[[], UUID]
) -> None:
    emit()
    asyncio.run(_relay(database, clock, stream.url).run(once=True))
    database.engine.dispose()
    copy = services.new_database(template=urls.name)
    emit()
    asyncio.run(_relay(database, clock, stream.url).run(once=True))
    restored = Database(copy.app_url)
    try:
        # The relay notices before it publishes anything, so that the stream's newest messages are still those that are lost.
        assert asyncio.run(_relay(restored, clock, stream.url).run(once=True)) == 1
        held = _service(restored, clock, stream.url).notice_restore()
        assert held.on
        assert held.reason == "the stream holds 1 of our events that the database never heard of"
        with restored.transaction() as session:
            assert list(session.scalars(text("SELECT subject FROM events.outbox ORDER BY sequence")))[-1] == "zamc.alert.raised"
        # Nothing to adopt; afterwards the same messages are no new sign.
        clock.advance(minutes=10)
        assert _service(restored, clock, stream.url).adopt(by="anna", wait=False).released
        assert not _service(restored, clock, stream.url).notice_restore().on
    finally:
        restored.close()
        services.drop_database(copy)


def test_a_stream_that_was_made_anew_from_the_outbox_is_no_sign(
    database: Database, stream: Stream, clock: ManualClock, emit: Callable[[], UUID]
) -> None:
    emit()
    relay = _relay(database, clock, stream.url)
    asyncio.run(relay.run(once=True))
    stream.delete()
    with database.transaction() as session:
        session.execute(text("UPDATE events.outbox SET published_at = NULL"))
    asyncio.run(relay.run(once=True))
    assert not _service(database, clock, stream.url).notice_restore().on


def test_a_witness_that_does_not_answer_says_so(database: Database, clock: ManualClock) -> None:
    with pytest.raises(Later):
        _service(database, clock, "nats://127.0.0.1:1").notice_restore()
