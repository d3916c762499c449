"""The outbox, the inbox and the dead letters: schema events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class OutboxRow(Base):
    """An event that the world should hear of, written in the transaction of the change. Kept: it can rebuild any stream."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unsent", "sequence", postgresql_where=text("published_at IS NULL")),
        {"schema": "events"},
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    subject: Mapped[str]
    envelope: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]
    published_at: Mapped[datetime | None]


class InboxRow(Base):
    """An event that a consumer has dealt with: written in the transaction of its effect. Forgotten when the event is too old for any."""

    __tablename__ = "inbox"
    __table_args__ = ({"schema": "events"},)

    consumer: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]


class DeadLetter(Base):
    """A message that could not be read, or an item that was given up, with all that a replay needs.

    kind and key name what it is about: a message by stream and sequence, a deployment, strategy or set of creatives by its id, a sync by
    account and day, a delivery by its id. What fails again after a replay is the same letter, open again. subject: of the message, or of
    the event that once asked for the item. payload: the message as it came. details: what people and a replay want to know; never a
    credential.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        CheckConstraint("kind IN ('message', 'strategy', 'creatives', 'deployment', 'sync', 'notification')", name="kind"),
        CheckConstraint("state IN ('open', 'replayed', 'resolved', 'dropped')", name="state"),
        CheckConstraint("kind <> 'message' OR (payload IS NOT NULL AND stream_sequence IS NOT NULL)", name="message"),
        Index("ix_dead_letters_open", "created_at", postgresql_where=text("state = 'open'")),
        {"schema": "events"},
    )

    id: Mapped[Key]
    kind: Mapped[str]
    key: Mapped[str]
    stream_created: Mapped[str | None]
    stream_sequence: Mapped[int | None] = mapped_column(BigInteger)
    subject: Mapped[str]
    payload: Mapped[bytes | None]
    project_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    code: Mapped[str | None]
    reason: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    times: Mapped[int] = mapped_column(default=1, server_default="1")
    state: Mapped[str] = mapped_column(server_default="open")
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closing: Mapped[str | None]
    created_at: Mapped[CreatedAt]
