"""Every query of verdicts on performance but those of screens (verdict_views.py)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.analytics.verdict_tables import PerformanceVerdict
from zamc.database.ids import uuid7
from zamc.deployments.tables import PlatformObject
from zamc.deployments.watch_tables import DeploymentChange


def open_verdicts(session: Session, account_id: UUID) -> Sequence[PerformanceVerdict]:
    """Conditions of an account that last, the oldest first."""
    where = (PerformanceVerdict.ad_account_id == account_id, PerformanceVerdict.resolved_at.is_(None))
    return session.scalars(select(PerformanceVerdict).where(*where).order_by(PerformanceVerdict.id)).all()


def add(session: Session, row: dict[str, Any]) -> UUID | None:
    """A new condition. Returns its id, or None when the same is open already."""
    fresh = insert(PerformanceVerdict).values({"id": uuid7(), **row}).on_conflict_do_nothing()
    return session.scalar(fresh.returning(PerformanceVerdict.id))


def seen(session: Session, ids: Sequence[UUID], *, at: datetime) -> None:
    """They last."""
    if ids:
        session.execute(update(PerformanceVerdict).where(PerformanceVerdict.id.in_(ids)).values(seen_at=at))


def resolve(session: Session, verdict_id: UUID, *, at: datetime, resolution: str) -> None:
    """It is over."""
    where = (PerformanceVerdict.id == verdict_id, PerformanceVerdict.resolved_at.is_(None))
    session.execute(update(PerformanceVerdict).where(*where).values(resolved_at=at, resolution=resolution))


def budget_changes(session: Session, account_id: UUID, *, since: date) -> dict[str, list[date]]:
    """By campaign id as facts carry it, the days on which ZAMC changed the daily budget of its deployment."""
    query = (
        select(PlatformObject.external_id, DeploymentChange.applied_on)
        .join(DeploymentChange, DeploymentChange.deployment_id == PlatformObject.deployment_id)
        .where(
            PlatformObject.ad_account_id == account_id,
            PlatformObject.kind == "campaign",
            PlatformObject.external_id.is_not(None),
            DeploymentChange.state.in_(["applying", "done"]),
            DeploymentChange.applied_on >= since,
            DeploymentChange.daily_before_micros != DeploymentChange.daily_after_micros,
        )
        .order_by(DeploymentChange.applied_on)
    )
    found: defaultdict[str, list[date]] = defaultdict(list)
    rows: list[Any] = list(session.execute(query))
    for external_id, applied_on in rows:
        found[external_id.rsplit("/", 1)[-1]].append(applied_on)
    return dict(found)
