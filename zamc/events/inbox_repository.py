"""Every query of the inbox: which events a consumer has dealt with."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.events.tables import InboxRow


def take(session: Session, consumer: str, event_id: UUID) -> bool:
    """Make an event this consumer's own, in the transaction of its effect. False when it has dealt with it before.

    Of two transactions with the same event the second waits for the first.
    """
    fresh = insert(InboxRow).values(consumer=consumer, event_id=event_id).on_conflict_do_nothing()
    return session.execute(fresh.returning(InboxRow.event_id)).first() is not None
