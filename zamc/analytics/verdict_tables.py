"""What statistics made of the performance: one row per condition while it lasts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class PerformanceVerdict(Base):
    """Something about an object's performance that is not chance, found once, and resolved when it is over.

    kind: a zamc.analytics.verdict_kinds_rules.Kind. object_id and campaign_id are the platform's own ids. action: the conversion action
    that it is about, "" for none. reason: one or two sentences for people. evidence: the numbers behind them. began_on: first reporting
    day of it; found_at, seen_at (last judged so) and resolved_at are business time. resolution says why it ended.
    """

    __tablename__ = "performance_verdicts"
    __table_args__ = (
        CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
        Index(
            "uq_performance_verdicts_open", "ad_account_id", "grain", "object_id", "kind", "action",
            unique=True, postgresql_where=text("resolved_at IS NULL"),
        ),
        Index(None, "project_id", "found_at"),
        Index(None, "deployment_id"),
    )  # fmt: skip

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"))
    deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployments.id"))
    grain: Mapped[str]
    object_id: Mapped[str]
    campaign_id: Mapped[str | None]
    label: Mapped[str | None]
    kind: Mapped[str]
    action: Mapped[str] = mapped_column(default="", server_default="")
    severity: Mapped[str]
    reason: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    began_on: Mapped[date]
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None]
    created_at: Mapped[CreatedAt]
