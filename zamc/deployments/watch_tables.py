"""What becomes of a live deployment: changes that people ask for, changes made outside, and what the platforms think of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key


class DeploymentChange(Base):
    """A reviewed difference. `proposed` is what `zamc plan` showed: it reserves and sends nothing until it is applied by its hash.

    request: what was asked for. objects: by obj_key {"before": {...}, "after": {...}}, the parts of the spec that change; a spec is
    rewritten only when the platform shows the new values. daily budgets and end dates are those of the whole deployment.
    released: what a decrease leaves free was given back (a platform may bill today by yesterday's budget, so not before tomorrow).
    """

    __tablename__ = "deployment_changes"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'applying', 'done', 'refused', 'superseded')", name="state"),
        CheckConstraint("kind IN ('change', 'revert', 'accept')", name="kind"),
        Index("uq_deployment_changes_generation", "deployment_id", "generation", unique=True, postgresql_where=text("state <> 'proposed'")),
        Index(
            "ix_deployment_changes_open", "deployment_id", postgresql_where=text("state = 'applying' OR (state = 'done' AND NOT released)")
        ),
        Index("ix_deployment_changes_hash", "deployment_id", "change_hash"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id"))
    generation: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    state: Mapped[str]
    change_hash: Mapped[str]
    plan_hash: Mapped[str]
    request: Mapped[dict[str, Any]]
    objects: Mapped[dict[str, Any]]
    daily_before_micros: Mapped[int] = mapped_column(BigInteger)
    daily_after_micros: Mapped[int] = mapped_column(BigInteger)
    ends_before: Mapped[date | None]
    ends_after: Mapped[date | None]
    asked_by: Mapped[str]
    applied_by: Mapped[str | None]
    applied_on: Mapped[date | None]
    reason: Mapped[str | None]
    released: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_at: Mapped[CreatedAt]
    applied_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]


class Drift(Base):
    """Something that was changed outside, recorded once. One open row per object and field; wanted and seen are {"value": ...}."""

    __tablename__ = "drifts"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepting', 'reverting', 'accepted', 'reverted', 'paused', 'gone')", name="state"),
        Index(
            "uq_drifts_open",
            "obj_key",
            "field",
            unique=True,
            postgresql_where=text("state IN ('open', 'accepting', 'reverting')"),
        ),
        Index(None, "deployment_id"),
        Index(None, "project_id", "created_at"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id"))
    obj_key: Mapped[UUID] = mapped_column(ForeignKey("platform_objects.obj_key"))
    field: Mapped[str]
    wanted: Mapped[dict[str, Any]]
    seen: Mapped[dict[str, Any]]
    who: Mapped[str | None]
    through: Mapped[str | None]
    changed_at: Mapped[datetime | None]
    state: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class DriftPolicy(Base):
    """What a project does about outside changes by itself. rules: by what happened, "ask", "accept" or "revert". Decided by people."""

    __tablename__ = "drift_policies"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    rules: Mapped[dict[str, Any]]
    decided_by: Mapped[str]
    created_at: Mapped[CreatedAt]


class Verdict(Base):
    """What a platform makes of a deployment, or of an account (deployment_id is NULL), and since when we know it. One row per aspect."""

    __tablename__ = "verdicts"
    __table_args__ = (
        Index("uq_verdicts_subject", "ad_account_id", "deployment_id", "aspect", unique=True, postgresql_nulls_not_distinct=True),
        Index(None, "deployment_id"),
        Index(None, "aspect", "verdict"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"))
    deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployments.id"))
    aspect: Mapped[str]
    verdict: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    since: Mapped[datetime]


class AccountLook(Base):
    """How far the platform's side of an account was read: changes since `seen_until` are what the next round asks for."""

    __tablename__ = "account_looks"

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    seen_until: Mapped[datetime | None]
    swept_at: Mapped[datetime | None]
    silent_since: Mapped[datetime | None]
    failure: Mapped[str | None]
