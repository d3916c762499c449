"""From the outbox through the stream to deliveries: real PostgreSQL, a real relay, real NATS."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from tests.conftest import ManualClock
from tests.services import Services
from tests.zamc.events.conftest import Stream, relay, stream
from tests.zamc.notifications.conftest import Brand
from zamc.creatives.tables import Asset
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.events import repository as events
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AlertRaised, CreativesReady, EventData, StrategyDrafted
from zamc.events.relay import Relay
from zamc.events.tables import DeadLetter, InboxRow
from zamc.notifications import consuming
from zamc.notifications.alerts import raise_once
from zamc.notifications.consuming import Consumer
from zamc.notifications.delivery_tables import Delivery, Notification
from zamc.notifications.telling import Telling
from zamc.strategies.tables import PlanVersion, Strategy

__all__ = ["relay", "stream"]


@pytest.fixture
def clock() -> ManualClock:
    """An event says by itself when it was; news is what is not old by the same clock."""
    from zamc.clock import SystemClock

    return ManualClock(SystemClock().now())


@pytest.fixture
def consumer(database: Database, clock: ManualClock, services: Services) -> Consumer:
    return Consumer(database, clock, Telling(clock, mail=True), nats_url=services.nats_url)


def read(consumer: Consumer) -> int:
    async def once() -> int:
        return await consumer.run(asyncio.Event(), once=True)

    return asyncio.run(once())


def emit(database: Database, data: EventData) -> UUID:
    with database.transaction() as session:
        return events.emit(session, data)


def news(database: Database) -> list[Notification]:
    with database.transaction() as session:
        return list(session.scalars(select(Notification).order_by(Notification.id)))


def count(database: Database, table: Any) -> int:
    with database.transaction() as session:
        return len(session.scalars(select(table)).all())


def test_an_alert_becomes_one_delivery_per_recipient(
    database: Database, brand: Brand, stream: Stream, relay: Relay, consumer: Consumer
) -> None:
    brand.member("olga", "owner")
    brand.member("vera", "viewer")
    with database.transaction() as session:
        raise_once(session, AlertCode.OVERSPEND, "x", severity="critical", title="Too much", project_id=brand.project, reason="240 EUR")
    asyncio.run(relay.run(once=True))
    assert read(consumer) == 1
    (told,) = news(database)
    assert (told.kind, told.severity, told.title, told.project_id) == ("alert", "critical", "Too much", brand.project)
    assert "240 EUR" in told.body
    assert "docs/runbooks/overspend.md" in told.body
    assert told.about == {"code": "overspend"}


def test_the_same_event_never_makes_a_second_delivery(
    database: Database, brand: Brand, stream: Stream, relay: Relay, consumer: Consumer
) -> None:
    """Published twice, read by a consumer that the server has forgotten, and the whole stream made anew."""
    brand.member("olga", "owner")
    emit(database, AlertRaised(severity="critical", title="t", details={"project_id": str(brand.project)}))
    asyncio.run(relay.run(once=True))
    assert read(consumer) == 1
    stream.do(lambda jetstream: jetstream.delete_consumer("ZAMC", consuming.CONSUMER))
    assert read(consumer) == 0
    stream.delete()
    with database.transaction() as session:
        assert events.mark_all_unsent(session) == 1
    asyncio.run(relay.run(once=True))
    assert stream.count() == 1
    assert read(consumer) == 0
    assert (count(database, Delivery), count(database, InboxRow)) == (1, 1)


def test_a_crash_before_the_acknowledgement_brings_the_event_again_and_tells_it_once(
    database: Database, brand: Brand, stream: Stream, relay: Relay, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "_ACK_SECONDS", 1.0)
    brand.member("olga", "owner")
    emit(database, AlertRaised(severity="critical", title="t", details={"project_id": str(brand.project)}))
    asyncio.run(relay.run(once=True))
    reached = []

    async def dies(self: Consumer, message: Any, *, created: str) -> int:
        reached.append(await asyncio.to_thread(self._take, message.subject, message.data))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Consumer, "_one", dies)
        with pytest.raises(KeyboardInterrupt):
            read(consumer)
    assert reached == [1], "the deliveries were committed"
    for _ in range(50):
        pending = stream.do(lambda jetstream: jetstream.consumer_info("ZAMC", consuming.CONSUMER))
        if read(consumer) == 0 and not pending.num_ack_pending:
            break
    assert (count(database, Delivery), pending.num_ack_pending) == (1, 0)


def test_what_is_old_is_no_news(
    database: Database, brand: Brand, clock: ManualClock, stream: Stream, relay: Relay, consumer: Consumer
) -> None:
    brand.member("olga", "owner")
    emit(database, AlertRaised(severity="critical", title="t", details={"project_id": str(brand.project)}))
    asyncio.run(relay.run(once=True))
    clock.wall += timedelta(days=2)
    assert read(consumer) == 0
    assert (count(database, Notification), count(database, InboxRow)) == (0, 1)


def test_what_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on(
    database: Database, brand: Brand, stream: Stream, relay: Relay, consumer: Consumer
) -> None:
    brand.member("olga", "owner")
    asyncio.run(relay.run(once=True))
    stream.publish("zamc.alert.raised", b"{not json")
    emit(database, AlertRaised(severity="critical", title="t", details={"project_id": str(brand.project)}))
    emit(database, AlertRaised(severity="critical", title="of a project that is not here", details={"project_id": str(uuid7())}))
    asyncio.run(relay.run(once=True))
    assert read(consumer) == 1
    with database.transaction() as session:
        assert session.scalars(select(DeadLetter.kind)).all() == ["message"]
    assert len(news(database)) == 1


def test_a_plan_is_told_while_it_waits_and_not_when_it_was_decided(
    database: Database, brand: Brand, stream: Stream, relay: Relay, consumer: Consumer
) -> None:
    brand.member("olga", "owner")
    brand.member("anna", "analyst")
    waits, decided = _plan(database, brand, "Spring", "waiting"), _plan(database, brand, "Autumn", "approved")
    for strategy_id in (waits, decided, waits):
        emit(database, StrategyDrafted(project_id=brand.project, strategy_id=strategy_id))
    asyncio.run(relay.run(once=True))
    assert read(consumer) == 1
    (told,) = news(database)
    assert (told.key, told.kind) == (f"approval:plan:{waits}:1", "approval")
    assert told.title == "The plan Spring waits for approval"
    with database.transaction() as session:
        assert session.scalars(select(Delivery.user_id)).all() == [brand.people["olga"]], "whoever may approve it, and nobody else"


def test_creatives_are_told_while_they_wait(database: Database, brand: Brand, stream: Stream, relay: Relay, consumer: Consumer) -> None:
    brand.member("mia", "manager")
    strategy_id, set_id = _plan(database, brand, "Spring", "approved"), uuid7()
    with database.transaction() as session:
        session.add(
            Asset(
                id=set_id, project_id=brand.project, strategy_id=strategy_id, kind="set", local_ref="set", status="ready",
                provenance={"set_hash": "ab"},
            )
        )  # fmt: skip
    event = CreativesReady(project_id=brand.project, strategy_id=strategy_id, set_id=set_id)
    emit(database, event)
    asyncio.run(relay.run(once=True))
    assert read(consumer) == 1
    with database.transaction() as session:
        session.execute(text("UPDATE assets SET status = 'approved'"))
    emit(database, event)
    asyncio.run(relay.run(once=True))
    assert read(consumer) == 0
    assert [told.about for told in news(database)] == [{"what": "creatives", "id": str(set_id), "mark": "ab"}]


def _plan(database: Database, brand: Brand, name: str, status: str) -> UUID:
    strategy_id = uuid7()
    with database.transaction() as session:
        session.add(Strategy(id=strategy_id, project_id=brand.project, name=name, request_key=name, brief={}, status="drafted"))
        session.flush()
        session.add(
            PlanVersion(
                strategy_id=strategy_id, version=1, project_id=brand.project, origin="writer", author="offline", plan={}, plan_hash="h",
                status=status, written_at=brand.clock.now(),
            )
        )  # fmt: skip
    return strategy_id


def test_a_consumer_of_an_older_version_hears_what_is_new(
    database: Database, brand: Brand, stream: Stream, relay: Relay, consumer: Consumer
) -> None:
    """An upgrade that tells of more finds the place at which the version before stopped."""
    from nats.js.api import AckPolicy, ConsumerConfig

    brand.member("olga", "owner")
    asyncio.run(relay.run(once=True))
    older = ConsumerConfig(
        durable_name=consuming.CONSUMER, ack_policy=AckPolicy.EXPLICIT, ack_wait=5, filter_subjects=["zamc.strategy.drafted"]
    )
    stream.do(lambda jetstream: jetstream.add_consumer("ZAMC", older))
    emit(database, AlertRaised(severity="critical", title="t", details={"project_id": str(brand.project)}))
    asyncio.run(relay.run(once=True))
    assert read(consumer) == 1
