"""Whoever lets somebody in for longer than a request hears at once when that ends: announced when the transaction commits."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

CHANNEL = "zamc_rights"
_NOTIFY = text("SELECT pg_notify(:channel, :user_id)")


def rights_changed(session: Session, user_id: UUID) -> None:
    """A user's sign-ins, keys, roles or standing are others from this transaction on."""
    session.execute(_NOTIFY, {"channel": CHANNEL, "user_id": str(user_id)})
