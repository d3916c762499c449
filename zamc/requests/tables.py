"""What is remembered of requests: keys that make a repeated change one change, and how new a project's data are."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt


class RememberedRequest(Base):
    """One change that a caller named by a key of their own, written in the transaction of the change.

    request_hash: of the whole request, so that a key cannot stand for two. outcome: what it came to, such as {"id": ...}; NULL while
    something outside is waited for, since claimed_at. Never a secret: a new API key is shown once.
    """

    __tablename__ = "remembered_requests"
    __table_args__ = (Index(None, "created_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]
    request_hash: Mapped[str]
    outcome: Mapped[dict[str, Any] | None]
    claimed_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class DataVersion(Base):
    """Rises with every transaction that changes what a project's screens show; announced on the channel zamc_data.

    settings_changes: how many of them changed its settings alone (zamc.requests.rules.SETTINGS). Whoever does not know of it raises the
    version and leaves it as it is: such a change is one of everything.
    """

    __tablename__ = "data_versions"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    settings_changes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
