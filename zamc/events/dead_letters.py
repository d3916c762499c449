"""Every query of the dead letters: what could not be read or was given up, one letter per item, closed by a replay, a later success or a
person."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.events.catalogue import DeadLettered
from zamc.events.repository import CHANNEL, emit
from zamc.events.tables import DeadLetter, OutboxRow

Kind = Literal["message", "strategy", "creatives", "deployment", "sync", "notification"]
KINDS: tuple[Kind, ...] = ("message", "strategy", "creatives", "deployment", "sync", "notification")
OPEN, REPLAYED, RESOLVED, DROPPED = "open", "replayed", "resolved", "dropped"


def bury(session: Session, *, stream_created: str, stream_sequence: int, subject: str, payload: bytes, reason: str) -> bool:
    """Put a message with the dead letters; the same message twice is one letter. True when it is new."""
    values = {
        "id": uuid7(), "kind": "message", "key": f"{stream_created}:{stream_sequence}", "stream_created": stream_created,
        "stream_sequence": stream_sequence, "subject": subject, "payload": payload, "reason": reason,
    }  # fmt: skip
    made = session.execute(insert(DeadLetter).values(values).on_conflict_do_nothing().returning(DeadLetter.id)).scalar_one_or_none()
    if made is not None:
        emit(session, DeadLettered(dead_letter_id=made, kind="message", about=subject, project_id=None, reason=reason))
    return made is not None


def give_up(
    session: Session,
    kind: Kind,
    key: str,
    *,
    subject: str,
    reason: str,
    project_id: UUID | None,
    subject_id: UUID,
    code: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """An item was given up. What was given up before is the same letter, open again; one that is open stays as it is, but for the reason.

    subject: of the event that once asked for it.
    """
    reason = reason.replace("\0", "\N{REPLACEMENT CHARACTER}")  # what it quotes may hold what PostgreSQL's text cannot
    said = {"code": code or None, "reason": reason, "details": dict(details or {})}
    fresh = insert(DeadLetter).values(id=uuid7(), kind=kind, key=key, subject=subject, project_id=project_id, subject_id=subject_id, **said)
    reopened = {
        **said, "state": OPEN, "times": DeadLetter.times + 1, "closed_by": None, "closed_at": None, "closing": None,
    }  # fmt: skip
    statement = fresh.on_conflict_do_update(index_elements=["kind", "key"], set_=reopened)
    letter = session.execute(statement.returning(DeadLetter.id)).scalar_one()
    emit(session, DeadLettered(dead_letter_id=letter, kind=kind, about=subject, project_id=project_id, reason=reason))


def resolve(session: Session, kind: Kind, keys: Collection[str], *, at: datetime, how: str) -> None:
    """What was given up went well after all: its letters are closed."""
    where = (DeadLetter.kind == kind, DeadLetter.key.in_(keys), DeadLetter.state == OPEN)
    closed = {"state": RESOLVED, "closed_by": "zamc", "closed_at": at, "closing": how}
    session.execute(update(DeadLetter).where(*where).values(closed))


def letters(session: Session, *, state: str | None = OPEN, kind: str | None = None, limit: int = 100) -> Sequence[DeadLetter]:
    """Oldest first; of every state when it is None."""
    statement = select(DeadLetter).order_by(DeadLetter.created_at, DeadLetter.id).limit(limit)
    if state is not None:
        statement = statement.where(DeadLetter.state == state)
    return session.scalars(statement if kind is None else statement.where(DeadLetter.kind == kind)).all()


def count_open(session: Session) -> int:
    return session.scalar(select(func.count()).where(DeadLetter.state == OPEN)) or 0


def letter(session: Session, letter_id: UUID, *, lock: bool = False) -> DeadLetter | None:
    statement = select(DeadLetter).where(DeadLetter.id == letter_id).execution_options(populate_existing=True)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def publish_again(session: Session, *, event_id: UUID, subject: str, envelope: Mapping[str, Any]) -> None:
    """Ask the relay for an event once more, under its own id: whoever has dealt with it knows it."""
    fresh = insert(OutboxRow).values(event_id=event_id, subject=subject, envelope=dict(envelope))
    session.execute(fresh.on_conflict_do_update(index_elements=["event_id"], set_={"published_at": None}))
    session.execute(text(f"NOTIFY {CHANNEL}"))
