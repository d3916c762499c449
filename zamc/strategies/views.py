"""A strategy as one screen shows it: the brief, the plan and where the plan came from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zamc.strategies.tables import Strategy


@dataclass(frozen=True)
class PlanView:
    """brief and plan as they are stored (zamc.strategies.schema); plan is None before it is written. provenance: who wrote it, for what."""

    strategy_id: UUID
    brief: Mapping[str, Any]
    plan: Mapping[str, Any] | None
    provenance: Mapping[str, Any]
    approved_at: datetime | None


def plans(session: Session, ids: Collection[UUID]) -> dict[UUID, PlanView]:
    """By strategy. One statement."""
    columns = select(Strategy.id, Strategy.brief, Strategy.plan, Strategy.provenance, Strategy.approved_at)
    return {row[0]: PlanView(*row) for row in session.execute(columns.where(Strategy.id.in_(ids))).tuples()}


def project_of(session: Session, strategy_id: UUID) -> UUID | None:
    """Whose it is."""
    return session.scalar(select(Strategy.project_id).where(Strategy.id == strategy_id))
