"""A brand's workspace: its gates, ad accounts, spend policy and the ledger of what platforms may bill."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class Project(Base):
    """A brand. `gates` maps each gate (strategy, creatives, launch, budget) to "auto" or "person"."""

    __tablename__ = "projects"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    brand: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    gates: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]


class AdAccount(Base):
    """A customer's account on one platform, with what ads in it need to exist beforehand."""

    __tablename__ = "ad_accounts"
    __table_args__ = (
        UniqueConstraint("project_id", "platform", "external_id"),
        CheckConstraint("platform IN ('google_ads', 'meta_ads')", name="platform"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    platform: Mapped[str]
    external_id: Mapped[str]
    currency: Mapped[str]
    time_zone: Mapped[str]
    page_id: Mapped[str | None]
    pixel_id: Mapped[str | None]
    conversion_action: Mapped[str | None]
    credentials: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class SpendPolicy(Base):
    """What a project may be billed at worst. One per currency; without one nothing is launched."""

    __tablename__ = "spend_policies"
    __table_args__ = (
        UniqueConstraint("project_id", "currency"),
        CheckConstraint("daily_cap_micros > 0 AND monthly_cap_micros > 0 AND total_cap_micros > 0", name="positive"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    currency: Mapped[str]
    daily_cap_micros: Mapped[int] = mapped_column(BigInteger)
    monthly_cap_micros: Mapped[int] = mapped_column(BigInteger)
    total_cap_micros: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str]
    created_at: Mapped[CreatedAt]


class SpendLedgerEntry(Base):
    """One movement: reserve, settle or release of what a platform may bill for a deployment in a period.

    period is "day", "2026-12" (a month), "total", or "total:2027-01" (what an open end added to the total later);
    amounts of reserve and settle are positive, of release negative.
    """

    __tablename__ = "spend_ledger"
    __table_args__ = (
        UniqueConstraint("deployment_id", "generation", "kind", "period"),
        CheckConstraint("kind IN ('reserve', 'settle', 'release')", name="kind"),
        Index(None, "project_id", "currency", "period"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id"))
    generation: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    period: Mapped[str]
    currency: Mapped[str]
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]


class FeatureFlag(Base):
    """A switch of this installation: "kill_switch" (nothing is enabled) and "hold" (after a restore) are two."""

    __tablename__ = "feature_flags"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class AuditEntry(Base):
    """Who did what; rows are only ever added."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "project_id", "created_at"),)

    id: Mapped[Key]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    actor: Mapped[str]
    action: Mapped[str]
    subject_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]
