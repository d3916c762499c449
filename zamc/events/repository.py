"""Every query of the outbox."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import event, func, select, text, update
from sqlalchemy.orm import Session

from zamc.events.catalogue import EventData, PerformanceSynced, envelope
from zamc.events.tables import OutboxRow
from zamc.requests.announcing import changed
from zamc.telemetry import context

CHANNEL = "zamc_outbox"
_RINGS = "zamc.rings"


def emit(session: Session, data: EventData) -> UUID:
    """Write an event into the outbox of this transaction, and wake the relay when it commits. Returns the event's id.

    Its envelope says for which trace this was done, so that what follows from it belongs to the same.
    """
    changed(session, project_of(data))
    wrapped = envelope(data, traceparent=context.traceparent())
    session.add(OutboxRow(event_id=wrapped.id, subject=wrapped.type, envelope=wrapped.model_dump(mode="json", exclude_none=True)))
    _ring(session)
    return wrapped.id


def _ring(session: Session) -> None:
    """Wake the relay when the transaction commits: once, however many events it writes."""
    if not session.info.get(_RINGS):
        session.info[_RINGS] = True
        event.listen(session, "before_commit", _notify, once=True)


def _notify(session: Session) -> None:
    session.info.pop(_RINGS, None)
    session.execute(text(f"NOTIFY {CHANNEL}"))


def project_of(data: EventData) -> UUID | None:
    """Whose screens show something else from now on; None for what is nobody's alone."""
    named = getattr(data, "project_id", None) or getattr(data, "details", {}).get("project_id")
    return UUID(str(named)) if named else None


def lock_unsent(session: Session, *, limit: int) -> Sequence[OutboxRow]:
    """The oldest unsent events that no other relay holds, locked until the transaction ends."""
    unsent = select(OutboxRow).where(OutboxRow.published_at.is_(None)).order_by(OutboxRow.sequence).limit(limit)
    return session.scalars(unsent.with_for_update(skip_locked=True)).all()


def mark_sent(session: Session, sequences: Sequence[int], *, at: datetime) -> None:
    session.execute(update(OutboxRow).where(OutboxRow.sequence.in_(sequences)).values(published_at=at))


def mark_all_unsent(session: Session) -> int:
    """Ask for everything to be published again: how a lost stream is made anew. Returns the number of events."""
    result = session.execute(update(OutboxRow).values(published_at=None).returning(OutboxRow.sequence))
    session.execute(text(f"NOTIFY {CHANNEL}"))
    return len(result.all())


def known_ids(session: Session, event_ids: Collection[UUID]) -> set[UUID]:
    """Those of the events that the outbox has."""
    return set(session.scalars(select(OutboxRow.event_id).where(OutboxRow.event_id.in_(event_ids))))


def count_unsent(session: Session) -> int:
    return session.scalar(select(func.count()).where(OutboxRow.published_at.is_(None))) or 0


def last_change_of_facts(session: Session) -> datetime | None:
    """When the newest sync that changed a fact was recorded (wall time)."""
    changed = OutboxRow.envelope["data"]["changed_rows"].as_integer() > 0
    return session.scalar(select(func.max(OutboxRow.created_at)).where(OutboxRow.subject == PerformanceSynced.subject, changed))
