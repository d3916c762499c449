"""A brand's workspace: its gates, ad accounts, spend policy and the ledger of what platforms may bill."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class Project(Base):
    """A brand. `gates` maps each gate (strategy, creatives, launch, budget) to "auto" or "person".

    reporting_currency: reports show amounts in it too, beside those of the account; empty: in the account's alone.
    """

    __tablename__ = "projects"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    brand: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    gates: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    reporting_currency: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class AdAccount(Base):
    """A customer's account on one platform, with what ads in it need to exist beforehand.

    look_back: what this account overrides of how long closed days are read again (zamc.analytics.look_back_rules.Overrides).
    credentials: encrypted (zamc.accounts.vault); without any, those of the installation's settings are used. connection: "refused" (a
    person must connect it again) and "blocked" (a person must settle it with the platform) say why nothing but pauses is sent.
    """

    __tablename__ = "ad_accounts"
    __table_args__ = (
        UniqueConstraint("project_id", "platform", "external_id"),
        CheckConstraint("platform IN ('google_ads', 'meta_ads')", name="platform"),
        CheckConstraint("connection IN ('connected', 'refused', 'blocked')", name="connection"),
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
    look_back: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    credentials: Mapped[str | None]
    credentials_expire_at: Mapped[datetime | None]
    connection: Mapped[str] = mapped_column(default="connected", server_default="connected")
    connection_reason: Mapped[str | None]
    connection_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class SpendPolicy(Base):
    """What a project may be billed at worst. One per currency; without one nothing is launched.

    platform_caps: {"google_ads": {"day": micros, "month": micros, "total": micros}}, each of them optional. largest_raise_*: of a daily
    budget in one step, in micros and as a share of what it was; daily_raise_micros: all raises of one day together. cooldown_seconds:
    between two changes of one object's budget. A daily budget above approval_above_micros needs `approvers` people, gates open or not.
    overspend: what happens beside the alert when a platform bills more than was reserved.
    """

    __tablename__ = "spend_policies"
    __table_args__ = (
        UniqueConstraint("project_id", "currency"),
        CheckConstraint("daily_cap_micros > 0 AND monthly_cap_micros > 0 AND total_cap_micros > 0", name="positive"),
        CheckConstraint(
            "largest_raise_micros >= 0 AND largest_raise_share >= 0 AND daily_raise_micros >= 0 AND cooldown_seconds >= 0 "
            "AND approval_above_micros >= 0",
            name="not_negative",
        ),
        CheckConstraint("approvers IN (1, 2)", name="approvers"),
        CheckConstraint("overspend IN ('alert', 'pause')", name="overspend"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    currency: Mapped[str]
    daily_cap_micros: Mapped[int] = mapped_column(BigInteger)
    monthly_cap_micros: Mapped[int] = mapped_column(BigInteger)
    total_cap_micros: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    platform_caps: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    largest_raise_micros: Mapped[int | None] = mapped_column(BigInteger)
    largest_raise_share: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    daily_raise_micros: Mapped[int | None] = mapped_column(BigInteger)
    cooldown_seconds: Mapped[int | None]
    approval_above_micros: Mapped[int | None] = mapped_column(BigInteger)
    approvers: Mapped[int] = mapped_column(default=1, server_default="1")
    overspend: Mapped[str] = mapped_column(default="pause", server_default="pause")


class SpendLedgerEntry(Base):
    """One movement of what a platform may bill for a deployment in a period; what the ledger holds is the sum.

    period is "day", "2026-12" (a month), "total", or "total:2027-01" (what an open end added to the total later). Amounts of reserve are
    positive, of release negative; settle replaces the worst case of past days by what was billed, so it is nearly always negative.
    number tells movements of one kind apart that one intention caused one after the other.
    """

    __tablename__ = "spend_ledger"
    __table_args__ = (
        UniqueConstraint("deployment_id", "generation", "kind", "period", "number"),
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
    number: Mapped[int] = mapped_column(default=0, server_default="0")


class SpendBalance(Base):
    """What the ledger holds per project, currency, platform and base period, kept by a trigger on every movement.

    A cap is asked at each reservation: adding up a ledger of 100,000 deployments each time would make the last launch the dearest.
    Nobody writes here but the trigger; the ledger stays the record.
    """

    __tablename__ = "spend_balances"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    held_micros: Mapped[int] = mapped_column(BigInteger)


class BudgetSpan(Base):
    """Days on which a daily budget of a deployment was, is or may be in force, both included, in the account's time zone.

    first_day: from when it might have been sent; last_day: when another one was read back (before first_day: never in force).
    change_micros: by how much it changes the budget before it, 0 for a launch; changed_at is business time.
    """

    __tablename__ = "budget_spans"
    __table_args__ = (UniqueConstraint("deployment_id", "generation"), Index(None, "project_id", "changed_at"))

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id"))
    generation: Mapped[int] = mapped_column(BigInteger)
    daily_budget_micros: Mapped[int] = mapped_column(BigInteger)
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    change_micros: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    changed_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class Approval(Base):
    """One person's yes to one plan of a deployment; another plan has another hash. Rows are only ever added."""

    __tablename__ = "approvals"
    __table_args__ = (UniqueConstraint("deployment_id", "plan_hash", "approved_by"),)

    id: Mapped[Key]
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id"))
    plan_hash: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]


class SpendSettlement(Base):
    """How far an account's ledger was settled: by which reading of its facts, and on which of its days."""

    __tablename__ = "spend_settlements"

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    ticket: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date]
    settled_at: Mapped[datetime]


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
    __table_args__ = (
        Index(None, "project_id", "created_at"),
        Index("ix_audit_log_action", "project_id", "action", "created_at"),
        Index("ix_audit_log_subject", "subject_id", "created_at"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    actor: Mapped[str]
    action: Mapped[str]
    subject_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]
