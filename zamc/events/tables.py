"""The outbox, the inbox and the dead letters: schema events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, UniqueConstraint, text
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
    """An event that a consumer has dealt with: written in the transaction of its effect."""

    __tablename__ = "inbox"
    __table_args__ = ({"schema": "events"},)

    consumer: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]


class DeadLetter(Base):
    """A message that could not be read, or an item that was given up, with all that a replay needs."""

    __tablename__ = "dead_letters"
    __table_args__ = (UniqueConstraint("stream_created", "stream_sequence"), {"schema": "events"})

    id: Mapped[Key]
    stream_created: Mapped[str]
    stream_sequence: Mapped[int] = mapped_column(BigInteger)
    subject: Mapped[str]
    payload: Mapped[bytes]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    created_at: Mapped[CreatedAt]
