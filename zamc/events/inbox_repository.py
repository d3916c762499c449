"""Every query of the inbox: which events a consumer has dealt with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.events.tables import InboxRow


def take(session: Session, consumer: str, event_id: UUID) -> bool:
    """Make an event this consumer's own, in the transaction of its effect. False when it has dealt with it before.

    Of two transactions with the same event the second waits for the first.
    """
    fresh = insert(InboxRow).values(consumer=consumer, event_id=event_id).on_conflict_do_nothing()
    return session.execute(fresh.returning(InboxRow.event_id)).first() is not None


def forget(session: Session, consumer: str, *, before: datetime, limit: int) -> int:
    """What it dealt with longer ago. Returns how many; for a consumer that does nothing for an event of that age."""
    old = select(InboxRow.event_id).where(InboxRow.consumer == consumer, InboxRow.created_at < before)
    ids = session.scalars(old.limit(limit).with_for_update(skip_locked=True)).all()
    session.execute(delete(InboxRow).where(InboxRow.consumer == consumer, InboxRow.event_id.in_(ids)))
    return len(ids)
