"""Who may do what: schema auth."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class User(Base):
    """A person who may sign in."""

    __tablename__ = "users"
    __table_args__ = ({"schema": "auth"},)

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class Membership(Base):
    """A user's role in one project."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'manager', 'analyst', 'viewer')", name="role"),
        {"schema": "auth"},
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True, index=True)
    role: Mapped[str]


class SessionRow(Base):
    """A signed-in browser; the token itself is never stored."""

    __tablename__ = "sessions"
    __table_args__ = ({"schema": "auth"},)

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """A key of a script; only its SHA-256 is stored, the prefix tells people which one it is."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash"), {"schema": "auth"})

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), index=True)
    prefix: Mapped[str]
    key_hash: Mapped[str]
    created_at: Mapped[CreatedAt]
    revoked_at: Mapped[datetime | None]
