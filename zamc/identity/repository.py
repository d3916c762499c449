"""Every query of users, memberships and API keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.database.written import rows as rows_of
from zamc.identity.rights_repository import rights_changed
from zamc.identity.tables import ApiKey, Membership, SessionRow, User
from zamc.projects.tables import Project


@dataclass(frozen=True)
class KnownKey:
    """A key that is good now, whose it is, and that user's role by project. scopes: as in ApiKey."""

    user_id: UUID
    email: str
    permission_version: int
    scopes: Mapping[str, Any] | None
    expires_at: datetime | None
    roles: Mapping[UUID, str]


# Of everybody who comes after a minute: in one statement. When a key was used is nothing that anybody waits for a disk for. The hashes are
# written out, since of an array PostgreSQL does not know how long it will be: it would plan the statement anew each time.
_KEY = """
    WITH known AS (
        SELECT k.id, u.id AS user_id, u.email, u.permission_version, k.key_hash, k.scopes, k.expires_at, k.last_used_at
        FROM auth.api_keys k JOIN auth.users u ON u.id = k.user_id
        WHERE k.key_hash IN (HASHES) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(now)s)
            AND u.disabled_at IS NULL
    ), used AS (
        UPDATE auth.api_keys k SET key_hash = %(hash0)s, last_used_at = %(now)s FROM known
        WHERE k.id = known.id AND (k.key_hash <> %(hash0)s OR k.last_used_at IS NULL OR k.last_used_at < %(told_since)s)
            AND set_config('synchronous_commit', 'off', true) = 'off'
    )
    SELECT user_id, email, permission_version, scopes, expires_at, m.projects, m.roles
    FROM known CROSS JOIN LATERAL (
        SELECT array_agg(project_id) AS projects, array_agg(role) AS roles FROM auth.memberships WHERE user_id = known.user_id
    ) m
"""


def use_key(session: Session, hashes: Sequence[str], *, now: datetime, told_since: datetime) -> KnownKey | None:
    """The key that one of the hashes is of. It is kept by the first of them from now on, and as used now unless it was since told_since.

    One statement; a commit of nothing else does not wait for the disk.
    """
    named = {f"hash{place}": each for place, each in enumerate(hashes)}
    asked = _KEY.replace("HASHES", ", ".join(f"%({name})s" for name in named))
    for *about, projects, roles in rows_of(session, asked, {**named, "now": now, "told_since": told_since}):
        return KnownKey(*(*about, dict(zip(projects or (), roles or (), strict=True))))
    return None


def roles(session: Session, user_id: UUID) -> dict[UUID, str]:
    """A user's role by project."""
    rows = session.execute(select(Membership.project_id, Membership.role).where(Membership.user_id == user_id))
    return {row.project_id: row.role for row in rows}


def user(session: Session, user_id: UUID) -> User | None:
    return session.get(User, user_id, populate_existing=True)


def user_by_email(session: Session, email: str) -> User | None:
    return session.scalars(select(User).where(User.email == email)).one_or_none()


def put_user(session: Session, email: str) -> UUID:
    """The user with that address, made if there is none."""
    session.execute(insert(User).values(id=uuid7(), email=email).on_conflict_do_nothing())
    return session.scalars(select(User.id).where(User.email == email)).one()


def change_user(session: Session, user_id: UUID, **values: Any) -> None:
    session.execute(update(User).where(User.id == user_id).values(**values))
    if "disabled_at" in values:
        rights_changed(session, user_id)


def raise_version(session: Session, user_id: UUID) -> None:
    """What the user may do has changed: tokens that were made before are asked for again."""
    session.execute(update(User).where(User.id == user_id).values(permission_version=User.permission_version + 1))
    rights_changed(session, user_id)


def put_membership(session: Session, *, user_id: UUID, project_id: UUID, role: str) -> None:
    values = {"user_id": user_id, "project_id": project_id, "role": role}
    session.execute(insert(Membership).values(values).on_conflict_do_update(index_elements=["user_id", "project_id"], set_={"role": role}))
    raise_version(session, user_id)


def remove_membership(session: Session, *, user_id: UUID, project_id: UUID) -> bool:
    found = session.get(Membership, (user_id, project_id))
    if found is None:
        return False
    session.delete(found)
    raise_version(session, user_id)
    return True


def owners(session: Session, project_id: UUID) -> Sequence[UUID]:
    """Those who own a project, locked, so that two of them cannot leave it to nobody at the same time."""
    named = select(Membership.user_id).where(Membership.project_id == project_id, Membership.role == "owner")
    return session.scalars(named.order_by(Membership.user_id).with_for_update()).all()


def projects_without_owner(session: Session) -> Sequence[UUID]:
    owned = select(Membership.project_id).where(Membership.role == "owner")
    return session.scalars(select(Project.id).where(Project.id.not_in(owned))).all()


def any_project(session: Session) -> bool:
    return session.scalar(select(Project.id).limit(1)) is not None


def users(session: Session) -> Sequence[Row[User, str, str]]:
    """Everybody by address, once per project (name and role), or once without any."""
    joined = select(User, Project.name, Membership.role).join(Membership, Membership.user_id == User.id, isouter=True)
    return session.execute(joined.join(Project, Project.id == Membership.project_id, isouter=True).order_by(User.email, Project.name)).all()


def anybody_signed_in(session: Session) -> bool:
    return session.scalar(select(func.count()).select_from(SessionRow)) != 0


def add_key(
    session: Session,
    *,
    user_id: UUID,
    prefix: str,
    key_hash: str,
    name: str | None = None,
    scopes: dict[str, str] | None = None,
    expires_at: datetime | None = None,
) -> UUID:
    key_id = uuid7()
    session.add(ApiKey(id=key_id, user_id=user_id, prefix=prefix, key_hash=key_hash, name=name, scopes=scopes, expires_at=expires_at))
    session.flush()
    return key_id


def keys(session: Session, user_id: UUID) -> Sequence[ApiKey]:
    """A user's keys that were not revoked, newest first."""
    return session.scalars(select(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)).order_by(ApiKey.id.desc())).all()


def revoke_key(session: Session, key_id: UUID, *, user_id: UUID, now: datetime) -> bool:
    named = (ApiKey.id == key_id, ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    revoked = session.scalar(update(ApiKey).where(*named).values(revoked_at=now).returning(ApiKey.id)) is not None
    if revoked:
        rights_changed(session, user_id)
    return revoked
