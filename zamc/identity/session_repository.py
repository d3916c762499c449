"""Every query of sign-ins: sessions of browsers, and families of refresh tokens."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, case, null, select, update
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.identity.rights_repository import rights_changed
from zamc.identity.tables import SessionRow, User

_AGENT_LENGTH = 200


def add(session: Session, *, user_id: UUID, kind: str, token_hash: str, agent: str, now: datetime, expires_at: datetime) -> UUID:
    session_id = uuid7()
    session.add(
        SessionRow(
            id=session_id, user_id=user_id, kind=kind, token_hash=token_hash, agent=agent[:_AGENT_LENGTH] or None,
            created_at=now, expires_at=expires_at,
        )
    )  # fmt: skip
    session.flush()
    return session_id


def alive(session: Session, session_id: UUID, *, now: datetime) -> tuple[SessionRow, User] | None:
    """A sign-in that is not over, and its user; neither when the user is disabled."""
    good = (SessionRow.ended_at.is_(None), SessionRow.expires_at > now, User.disabled_at.is_(None))
    found = session.execute(
        select(SessionRow, User).join(User, User.id == SessionRow.user_id).where(SessionRow.id == session_id, *good)
    ).first()
    return (found[0], found[1]) if found else None


def rotate(session: Session, session_id: UUID, *, old: str, new: str, now: datetime) -> Row[UUID, datetime | None] | None:
    """Put a family's next token in the place of the one that was shown, or end the family when that one was used before.

    One statement: of two requests with the same token the second waits for the first, finds another token in the row, and ends it.
    Returns (user id, when it ended), None when there is no such family or it was over before.
    """
    good = SessionRow.token_hash == old
    statement = (
        update(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.kind == "tokens", SessionRow.ended_at.is_(None), SessionRow.expires_at > now)
        .values(
            token_hash=case((good, new), else_=SessionRow.token_hash),
            ended_at=case((good, null()), else_=now),
            ended_why=case((good, null()), else_="reuse"),
        )
        .returning(SessionRow.user_id, SessionRow.ended_at)
    )
    found = session.execute(statement).first()
    if found is not None and found.ended_at is not None:
        rights_changed(session, found.user_id)
    return found


def end(session: Session, session_id: UUID, *, why: str, now: datetime) -> None:
    named = (SessionRow.id == session_id, SessionRow.ended_at.is_(None))
    user_id = session.scalar(update(SessionRow).where(*named).values(ended_at=now, ended_why=why).returning(SessionRow.user_id))
    if user_id is not None:
        rights_changed(session, user_id)


def end_all(session: Session, user_id: UUID, *, why: str, now: datetime, but: UUID | None = None) -> Sequence[str]:
    """End a user's sign-ins, all or all but one. Returns their token hashes."""
    named = [SessionRow.user_id == user_id, SessionRow.ended_at.is_(None)]
    if but is not None:
        named.append(SessionRow.id != but)
    rights_changed(session, user_id)
    return session.scalars(update(SessionRow).where(*named).values(ended_at=now, ended_why=why).returning(SessionRow.token_hash)).all()


def open_of(session: Session, user_id: UUID, *, now: datetime) -> Sequence[SessionRow]:
    """A user's sign-ins that are not over, newest first."""
    good = (SessionRow.user_id == user_id, SessionRow.ended_at.is_(None), SessionRow.expires_at > now)
    return session.scalars(select(SessionRow).where(*good).order_by(SessionRow.id.desc())).all()
