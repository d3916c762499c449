"""What was decided automatically, and which experiments run."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class Decision(Base):
    """An automated change: what was known, what was done, why, and how to undo it. Every automatic approval is one."""

    __tablename__ = "decisions"
    __table_args__ = (Index(None, "project_id", "created_at"),)

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployments.id"))
    kind: Mapped[str]
    known: Mapped[dict[str, Any]]
    done: Mapped[dict[str, Any]]
    reason: Mapped[str]
    undo: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    decided_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class Experiment(Base):
    """A test that a plan asks for; the optimiser concludes it."""

    __tablename__ = "experiments"
    __table_args__ = (Index(None, "project_id", "created_at"),)

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    strategy_id: Mapped[UUID] = mapped_column(ForeignKey("strategies.id"))
    hypothesis: Mapped[str]
    metric: Mapped[str]
    sample_size: Mapped[int]
    starts_on: Mapped[date | None]
    verdict: Mapped[dict[str, Any] | None]
    created_at: Mapped[CreatedAt]
