"""Every query of users, memberships and API keys."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.identity.tables import ApiKey, Membership, User


def user_of_key(session: Session, key_hash: str) -> User | None:
    """The user of a key that was not revoked."""
    statement = select(User).join(ApiKey, ApiKey.user_id == User.id).where(ApiKey.key_hash == key_hash, ApiKey.revoked_at.is_(None))
    return session.scalars(statement).one_or_none()


def roles(session: Session, user_id: UUID) -> dict[UUID, str]:
    """A user's role by project."""
    rows = session.execute(select(Membership.project_id, Membership.role).where(Membership.user_id == user_id))
    return {row.project_id: row.role for row in rows}


def put_user(session: Session, email: str) -> UUID:
    """The user with that address, made if there is none."""
    session.execute(insert(User).values(id=uuid7(), email=email).on_conflict_do_nothing())
    return session.scalars(select(User.id).where(User.email == email)).one()


def put_membership(session: Session, *, user_id: UUID, project_id: UUID, role: str) -> None:
    values = {"user_id": user_id, "project_id": project_id, "role": role}
    session.execute(insert(Membership).values(values).on_conflict_do_update(index_elements=["user_id", "project_id"], set_={"role": role}))


def add_key(session: Session, *, user_id: UUID, prefix: str, key_hash: str) -> None:
    session.add(ApiKey(id=uuid7(), user_id=user_id, prefix=prefix, key_hash=key_hash))
