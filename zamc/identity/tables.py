"""Who may do what, and how they prove who they are: schema auth. No secret stands in it in the clear."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class User(Base):
    """A person who may sign in. email is in lower case; password_hash is argon2id, NULL for whoever signs in another way.

    permission_version rises whenever what the user may do changes; a token carries the one that it was made under.
    """

    __tablename__ = "users"
    __table_args__ = ({"schema": "auth"},)

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    email_verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    permission_version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
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
    """A sign-in and what became of it: a browser's session (its live part is in Redis), or a family of refresh tokens.

    token_hash: of the browser's token, or of the one refresh token of the family that is good now. ended_why: sign-out, everywhere,
    password, disabled, replaced, reuse. agent: what the client called itself, for its owner to know it by.
    """

    __tablename__ = "sessions"
    __table_args__ = (CheckConstraint("kind IN ('browser', 'tokens')", name="kind"), {"schema": "auth"})

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), index=True)
    kind: Mapped[str] = mapped_column(server_default="browser")
    token_hash: Mapped[str] = mapped_column(unique=True)
    agent: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]


class ApiKey(Base):
    """A key of a script. key_hash: HMAC-SHA256 under a key of the server (zamc.identity.key_rules); of a key made before there was one,
    its plain SHA-256 until it is used next. scopes: {project id: the most that the key may be there}; NULL: all that its user may.
    """

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash"), {"schema": "auth"})

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), index=True)
    name: Mapped[str | None]
    prefix: Mapped[str]
    key_hash: Mapped[str]
    scopes: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class OneTimeToken(Base):
    """A link in a mail, or printed by an operator: good once, for one purpose, for a short time. Only its SHA-256 is kept."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        CheckConstraint("purpose IN ('verify', 'reset', 'invite', 'sign_in')", name="purpose"),
        UniqueConstraint("token_hash"),
        Index(None, "user_id", "purpose"),
        {"schema": "auth"},
    )

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"))
    purpose: Mapped[str]
    token_hash: Mapped[str]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Totp(Base):
    """A second factor (RFC 6238). secret is encrypted; last_step is the newest time step whose code was taken: none is taken twice."""

    __tablename__ = "totp"
    __table_args__ = ({"schema": "auth"},)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), primary_key=True)
    secret: Mapped[str]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class RecoveryCode(Base):
    """Opens an account once when the second factor is lost. code_hash: HMAC-SHA256 under a key of the server."""

    __tablename__ = "recovery_codes"
    __table_args__ = ({"schema": "auth"},)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class SigningKey(Base):
    """An Ed25519 key that signs access tokens until signs_until and is published until expires_at. private_key is encrypted."""

    __tablename__ = "signing_keys"
    __table_args__ = ({"schema": "auth"},)

    kid: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    private_key: Mapped[str]
    created_at: Mapped[datetime]
    signs_until: Mapped[datetime]
    expires_at: Mapped[datetime]


class OidcIdentity(Base):
    """Who a user is at an OpenID provider."""

    __tablename__ = "oidc_identities"
    __table_args__ = ({"schema": "auth"},)

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), index=True)
    created_at: Mapped[CreatedAt]
