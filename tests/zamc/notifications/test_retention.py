"""Old news is forgotten, and nothing that somebody still needs; what is forgotten is not told a second time."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError

from tests.conftest import ManualClock
from tests.services import Services
from tests.zamc.events.conftest import Stream, relay, stream
from tests.zamc.notifications.conftest import Brand
from zamc.clock import SystemClock
from zamc.database.engine import Database
from zamc.events import dead_letters, inbox_repository
from zamc.events.alert_codes import AlertCode
from zamc.events.relay import Relay
from zamc.events.tables import InboxRow
from zamc.notifications.alerts import raise_once
from zamc.notifications.consuming import CONSUMER, NEWS_FOR, Consumer
from zamc.notifications.delivery_tables import Delivery, Notification
from zamc.notifications.retention import Retention
from zamc.notifications.tables import Alert
from zamc.notifications.telling import Telling

__all__ = ["relay", "stream"]
KEPT_DAYS = 30


@pytest.fixture
def clock() -> ManualClock:
    """Rows say by themselves when they were made."""
    return ManualClock(SystemClock().now())


@pytest.fixture
def retention(database: Database, clock: ManualClock) -> Retention:
    return Retention(database, clock, kept_days=KEPT_DAYS, at_once=2)


def told(brand: Brand, name: str, *, state: str, days: float) -> None:
    """News of so many days ago for everybody, with its deliveries in this state."""
    brand.tell(brand.news(name))
    at = brand.clock.now() - timedelta(days=days)
    with brand.database.transaction() as session:
        news_id = session.scalars(select(Notification.id).where(Notification.key == name)).one()
        session.execute(update(Notification).where(Notification.id == news_id).values(created_at=at))
        session.execute(update(Delivery).where(Delivery.notification_id == news_id).values(state=state, created_at=at))


def kept(brand: Brand) -> list[str]:
    with brand.database.transaction() as session:
        return list(session.scalars(select(Notification.key).order_by(Notification.key)))


def deliveries(brand: Brand) -> int:
    with brand.database.transaction() as session:
        return len(session.scalars(select(Delivery)).all())


def test_news_leaves_with_its_deliveries_when_it_is_old(brand: Brand, retention: Retention) -> None:
    for name in ("olga", "otto"):
        brand.member(name, "owner")
    for number in range(5):
        told(brand, f"old {number}", state=("sent", "skipped", "failed")[number % 3], days=KEPT_DAYS + 0.01)
    told(brand, "young", state="sent", days=KEPT_DAYS - 0.01)
    assert deliveries(brand) == 12
    assert retention.forget() == (5, 0)
    assert kept(brand) == ["young"]
    assert deliveries(brand) == 2
    assert retention.forget() == (0, 0)


@pytest.mark.parametrize("state", ["pending", "sending"])
def test_what_is_still_to_be_sent_stays_however_old(brand: Brand, retention: Retention, state: str) -> None:
    brand.member("olga", "owner")
    told(brand, "waits", state=state, days=10 * KEPT_DAYS)
    assert retention.forget() == (0, 0)
    assert deliveries(brand) == 1


def test_what_lies_before_a_person_stays_until_it_is_closed(brand: Brand, retention: Retention) -> None:
    brand.member("olga", "owner")
    told(brand, "doubt", state="in_doubt", days=10 * KEPT_DAYS)
    with brand.database.transaction() as session:
        delivery = session.scalars(select(Delivery.id)).one()
        dead_letters.give_up(session, "notification", str(delivery), subject="s", reason="r", project_id=brand.project, subject_id=delivery)
    assert retention.forget() == (0, 0)
    with brand.database.transaction() as session:
        dead_letters.resolve(session, "notification", [str(delivery)], at=brand.clock.now(), how="dropped")
    assert retention.forget() == (1, 0)


def test_somebody_elses_lock_is_left_alone_and_waited_for_by_nobody(brand: Brand, retention: Retention) -> None:
    told(brand, "busy", state="sent", days=2 * KEPT_DAYS)
    told(brand, "free", state="sent", days=2 * KEPT_DAYS)
    with brand.database.transaction() as other:
        other.execute(select(Notification).where(Notification.key == "busy").with_for_update())
        assert retention.forget() == (1, 0)
    assert kept(brand) == ["busy"]


def _known(database: Database) -> set[UUID]:
    with database.transaction() as session:
        return set(session.scalars(select(InboxRow.event_id)))


def _aged(database: Database, at: datetime) -> None:
    with database.transaction() as session:
        session.execute(update(InboxRow).values(created_at=at))


def test_an_event_that_was_forgotten_is_not_told_again(
    database: Database, brand: Brand, stream: Stream, relay: Relay, retention: Retention, services: Services
) -> None:
    """A stream that is read from its beginning brings it once more; by then it is too old to be news."""
    brand.member("olga", "owner")
    consumer = Consumer(database, brand.clock, Telling(brand.clock, mail=True), nats_url=services.nats_url)
    with database.transaction() as session:
        raise_once(session, AlertCode.OVERSPEND, "x", severity="critical", title="Too much", project_id=brand.project)
    asyncio.run(relay.run(once=True))
    assert asyncio.run(consumer.run(asyncio.Event(), once=True)) == 1
    for days, left in ((5, 1), (8, 0)):
        assert timedelta(days=days) > NEWS_FOR
        brand.clock.advance(days=days)
        retention.forget()
        assert len(_known(database)) == left
        brand.clock.advance(days=-days)
    with database.transaction() as session:
        session.execute(update(Delivery).values(state="sent"))
    brand.clock.advance(days=KEPT_DAYS + 8)
    assert retention.forget() == (1, 0)
    stream.do(lambda jetstream: jetstream.delete_consumer("ZAMC", CONSUMER))
    assert asyncio.run(consumer.run(asyncio.Event(), once=True)) == 0
    assert kept(brand) == []
    with database.transaction() as session:
        assert session.scalars(select(Alert.title)).all() == ["Too much"], "the alert itself stays"


def test_other_consumers_keep_what_is_theirs(database: Database, brand: Brand, retention: Retention) -> None:
    theirs = UUID(int=7)
    with database.transaction() as session:
        inbox_repository.take(session, "somebody else", theirs)
        inbox_repository.take(session, CONSUMER, UUID(int=8))
    _aged(database, brand.clock.now() - timedelta(days=400))
    assert retention.forget() == (0, 1)
    assert _known(database) == {theirs}


def test_no_request_can_forget_news(brand: Brand, database: Database) -> None:
    told(brand, "mine", state="sent", days=1)
    with database.transaction() as session:
        session.execute(text("SET LOCAL ROLE zamc_api"))
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(text("DELETE FROM notifications"))
