"""A plan on its way to platform objects: wanted tree, operation log, attempts (architecture, "Launching without harm")."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key, WorkItem


class Deployment(WorkItem, Base):
    """One creative set as one kind of campaign on one ad account. Deployments of one set are siblings: all or nothing, or best effort.

    generation rises with every new intention; desired_status is what the newest intention wants ("failed": off for good, because the
    launch was refused). approved_hash is the plan_hash that was approved: whatever changes the plan voids the approval.
    """

    __tablename__ = "deployments"
    __table_args__ = (
        UniqueConstraint("asset_id", "ad_account_id", "kind"),
        CheckConstraint(
            "status IN ('requested', 'creating', 'created', 'enabling', 'live', 'pausing', 'paused', 'failed', 'ended')",
            name="status",
        ),
        CheckConstraint("desired_status IN ('enabled', 'paused', 'ended', 'failed')", name="desired_status"),
        CheckConstraint("kind IN ('search', 'performance_max', 'display', 'meta')", name="kind"),
        CheckConstraint("launch_mode IN ('all_or_nothing', 'best_effort')", name="launch_mode"),
        Index(
            "ix_deployments_moving",
            "next_attempt_at",
            postgresql_where=text("status IN ('requested', 'creating', 'created', 'enabling', 'pausing')"),
        ),
        Index(None, "project_id", "created_at"),
        Index("ix_deployments_project_status", "project_id", "status", "created_at"),
        Index("ix_deployments_project_name", "project_id", "name"),
        Index("ix_deployments_project_budget", "project_id", "daily_budget_micros"),
        Index(None, "launched_at"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), index=True)
    platform: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    status: Mapped[str]
    desired_status: Mapped[str]
    generation: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")
    launch_mode: Mapped[str]
    plan_hash: Mapped[str]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    approved_hash: Mapped[str | None]
    currency: Mapped[str]
    daily_budget_micros: Mapped[int] = mapped_column(BigInteger)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    launched_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    observed: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]


class PlatformObject(Base):
    """A wanted object and what the platform has for it. obj_key is a uuid5 of what it is, so that planning twice is planning once.

    refs: obj_keys that it refers to, by role ({"campaign": ...}).
    resolved_enables counts the enables of it that came to an end, well or badly: a pause is done only when none ended after it was sent.
    pause_lands_until: a pause of ours that was in doubt may still land until then, so that no enable goes out before.
    rests: somebody paused it outside and a person accepted that: it stays off when its deployment is enabled again.
    compared_at: when what it aims at and says was last compared with its spec (zamc.deployments.settings_drift).
    """

    __tablename__ = "platform_objects"
    __table_args__ = (
        CheckConstraint("desired_status IN ('enabled', 'paused', 'removed')", name="desired_status"),
        # Bind once. The same picture uploaded twice is one image on Meta, shared by campaigns; nothing else is.
        Index(
            "uq_platform_objects_external_id",
            "ad_account_id",
            "kind",
            "external_id",
            unique=True,
            postgresql_where=text("kind <> 'image'"),
        ),
        Index(None, "deployment_id"),
    )

    obj_key: Mapped[UUID] = mapped_column(primary_key=True)
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id"))
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"))
    platform: Mapped[str]
    kind: Mapped[str]
    local_ref: Mapped[str]
    parent_key: Mapped[UUID | None] = mapped_column(ForeignKey("platform_objects.obj_key"))
    position: Mapped[int]
    spec: Mapped[dict[str, Any]]
    spec_hash: Mapped[str]
    refs: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    desired_status: Mapped[str]
    generation: Mapped[int] = mapped_column(BigInteger)
    external_id: Mapped[str | None]
    resolved_enables: Mapped[int] = mapped_column(default=0, server_default="0")
    pause_lands_until: Mapped[datetime | None]
    rests: Mapped[bool] = mapped_column(default=False, server_default="false")
    compared_at: Mapped[datetime | None]
    observed_status: Mapped[str | None]
    observed: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    observed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class Operation(WorkItem, Base):
    """One verb on one object for one generation. In doubt is still in flight: it keeps the lane until a look resolves it.

    step orders the calls of a deployment: one is due when no earlier one is open. after_enables is the object's resolved_enables
    when a pause was claimed. ever_in_doubt: the reservation of such an enable is kept to the end of its period.
    """

    __tablename__ = "operations"
    __table_args__ = (
        UniqueConstraint("obj_key", "generation", "verb"),
        CheckConstraint("verb IN ('create', 'update', 'enable', 'pause', 'remove')", name="verb"),
        CheckConstraint(
            "lane IN ('change', 'stop', 'sweep') AND (lane <> 'stop' OR verb = 'pause') AND (verb <> 'pause' OR lane <> 'change')"
            " AND (lane = 'sweep') = (generation < 0)",
            name="lane",
        ),
        CheckConstraint("state IN ('planned', 'sending', 'sent', 'done', 'refused', 'in_doubt', 'superseded')", name="state"),
        Index(
            "uq_operations_in_flight",
            "obj_key",
            "lane",
            unique=True,
            postgresql_where=text("state IN ('sending', 'in_doubt')"),
        ),
        Index(
            "ix_operations_open",
            "deployment_id",
            "next_attempt_at",
            postgresql_where=text("state IN ('planned', 'sending', 'sent', 'in_doubt')"),
        ),
        Index("ix_operations_refused", "deployment_id", postgresql_where=text("state = 'refused'")),
        Index(None, "call_id"),
    )

    id: Mapped[Key]
    obj_key: Mapped[UUID] = mapped_column(ForeignKey("platform_objects.obj_key"))
    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id"))
    generation: Mapped[int] = mapped_column(BigInteger)
    verb: Mapped[str]
    lane: Mapped[str]
    state: Mapped[str]
    step: Mapped[int] = mapped_column(default=0, server_default="0")
    call_id: Mapped[UUID]
    sent_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0, server_default="0")
    after_enables: Mapped[int | None]
    ever_in_doubt: Mapped[bool] = mapped_column(default=False, server_default="false")
    error_code: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class OperationAttempt(Base):
    """What was sent and what came back; rows are only ever added. The audit of every call that touched a platform."""

    __tablename__ = "operation_attempts"
    __table_args__ = (Index(None, "operation_id"),)

    id: Mapped[Key]
    operation_id: Mapped[UUID] = mapped_column(ForeignKey("operations.id"))
    call_id: Mapped[UUID]
    outcome: Mapped[str]
    request_hash: Mapped[str]
    platform_request_id: Mapped[str | None]
    error_code: Mapped[str | None]
    message: Mapped[str | None]
    created_at: Mapped[CreatedAt]
