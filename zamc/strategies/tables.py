"""A brief on its way to a typed plan."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key, WorkItem


class Strategy(WorkItem, Base):
    """One brief of a project and the plan written for it. The same brief asked for twice is the same row (request_key)."""

    __tablename__ = "strategies"
    __table_args__ = (
        UniqueConstraint("project_id", "request_key"),
        CheckConstraint("status IN ('requested', 'drafted', 'approved', 'rejected', 'failed')", name="status"),
        Index("ix_strategies_pending", "next_attempt_at", postgresql_where=text("status = 'requested'")),
        Index(None, "project_id", "created_at"),
        Index("ix_strategies_project_status", "project_id", "status", "created_at"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    request_key: Mapped[str]
    brief: Mapped[dict[str, Any]]
    status: Mapped[str]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    plan: Mapped[dict[str, Any] | None]
    plan_hash: Mapped[str | None]
    provenance: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class PlanVersion(Base):
    """What a strategy's plan said at one time. Words, hash and author are never rewritten; only the decision about it is added.

    version 1 is the writer's; each edit by a person is the next. parent: the version that was edited. author: who made it, a person's
    address, or provider and model. status: "waiting" (for a person, at most one per strategy), "approved" (the newest approved one is in
    force, and is the plan in `strategies`), "rejected", or "superseded" (a newer one was made before anybody decided).
    """

    __tablename__ = "plan_versions"
    __table_args__ = (
        CheckConstraint("origin IN ('writer', 'person')", name="origin"),
        CheckConstraint("status IN ('waiting', 'approved', 'rejected', 'superseded')", name="status"),
        Index("uq_plan_versions_waiting", "strategy_id", unique=True, postgresql_where=text("status = 'waiting'")),
    )

    strategy_id: Mapped[UUID] = mapped_column(ForeignKey("strategies.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    parent: Mapped[int | None]
    origin: Mapped[str]
    author: Mapped[str]
    note: Mapped[str] = mapped_column(default="", server_default=text("''"))
    plan: Mapped[dict[str, Any]]
    plan_hash: Mapped[str]
    status: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    written_at: Mapped[datetime]


class ModelCall(Base):
    """One call of a writer or model: what it was asked, what came back, what it cost. The offline writer is recorded too, at no cost.

    status: "reserved" (before it is sent; reserved_micros is the worst case), "answered" (response is what came back, used or not),
    "failed" (surely not billed), "in_doubt" (it may have been billed: cost_micros is the worst case, and it is never bought again).
    A cache hit is a row of its own that points at nothing and costs nothing. Money in micros of US dollars. request_hash: SHA-256 of
    provider, address, the whole request and the variant.
    """

    __tablename__ = "model_calls"
    __table_args__ = (
        Index(None, "project_id", "created_at"),
        CheckConstraint("status IN ('reserved', 'answered', 'in_doubt', 'failed')", name="status"),
        Index(
            "uq_model_calls_bought",
            "project_id",
            "request_hash",
            unique=True,
            postgresql_where=text("status <> 'failed' AND NOT cache_hit AND provider <> 'offline'"),
        ),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    provider: Mapped[str]
    model: Mapped[str]
    prompt_version: Mapped[str]
    request_hash: Mapped[str]
    status: Mapped[str]
    response: Mapped[dict[str, Any] | None]
    input_tokens: Mapped[int] = mapped_column(server_default="0")
    output_tokens: Mapped[int] = mapped_column(server_default="0")
    cost_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    seconds: Mapped[float] = mapped_column(server_default="0")
    created_at: Mapped[CreatedAt]
    variant: Mapped[int] = mapped_column(server_default="0")
    reserved_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    cache_hit: Mapped[bool] = mapped_column(server_default="false")
    lease_until: Mapped[datetime | None]
    request_id: Mapped[str | None]
    error: Mapped[str | None]
