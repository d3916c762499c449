"""What people were told, so that they are told once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class Alert(Base):
    """A condition that a person must know of. One row per condition (`key`) while it lasts; cleared_at ends it.

    code names the runbook: docs/runbooks/<code>.md.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
        Index("uq_alerts_open_key", "key", unique=True, postgresql_where=text("cleared_at IS NULL")),
        Index(None, "project_id", "created_at"),
        Index("ix_alerts_open", "project_id", "created_at", postgresql_where=text("cleared_at IS NULL")),
        Index(None, "deployment_id"),
    )

    id: Mapped[Key]
    code: Mapped[str]
    key: Mapped[str]
    severity: Mapped[str]
    title: Mapped[str]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployments.id"))
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]
    cleared_at: Mapped[datetime | None]
