"""What was forecast and decided automatically, and which experiments run."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
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


class Forecast(Base):
    """One metric of a deployment with its 80 % interval, as it was foreseen at `as_of` (business time). Rows are only ever added.

    day is the account's date at as_of: one forecast a day. metric is one of zamc.optimisation.rules.Metric: impressions, clicks and
    conversions per day until horizon_end, spend_micros (a whole number of micros of the deployment's currency) in total, and pacing.
    """

    __tablename__ = "forecasts"
    __table_args__ = (
        UniqueConstraint("deployment_id", "day", "metric"),
        CheckConstraint("metric IN ('impressions', 'clicks', 'conversions', 'spend_micros', 'pacing')", name="metric"),
        CheckConstraint("0 <= low AND low <= mid AND mid <= high", name="interval"),
        CheckConstraint("metric <> 'spend_micros' OR (low = trunc(low) AND mid = trunc(mid) AND high = trunc(high))", name="whole_micros"),
    )

    id: Mapped[Key]
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id"))
    day: Mapped[date]
    as_of: Mapped[datetime]
    days_observed: Mapped[int]
    horizon_end: Mapped[date]
    metric: Mapped[str]
    low: Mapped[Decimal] = mapped_column(Numeric(24, 4))
    mid: Mapped[Decimal] = mapped_column(Numeric(24, 4))
    high: Mapped[Decimal] = mapped_column(Numeric(24, 4))
    recorded_at: Mapped[datetime]
