"""What platforms and other people did to deployments, as screens show it: drifts, verdicts, changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zamc.database.paging import Order, Page, read_page
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.deployments.watch_repository import OPEN_DRIFTS
from zamc.deployments.watch_tables import DeploymentChange, Drift, Verdict

DRIFTS_NEWEST = Order("newest", (Drift.created_at, Drift.id), (datetime, UUID))


@dataclass(frozen=True)
class DriftView:
    """Something that was changed outside. object_kind: "budget", "campaign" ...; wanted and seen are plain data."""

    id: UUID
    project_id: UUID
    deployment_id: UUID
    deployment: str
    platform: str
    object_kind: str
    field: str
    wanted: Any
    seen: Any
    who: str | None
    through: str | None
    changed_at: datetime | None
    state: str
    decided_by: str | None
    note: str | None
    created_at: datetime


@dataclass(frozen=True)
class VerdictView:
    """What a platform makes of a deployment in one aspect, such as delivery or review."""

    aspect: str
    verdict: str
    details: dict[str, Any]
    since: datetime


@dataclass(frozen=True)
class ChangeView:
    """A change of a live deployment that somebody planned, and what became of it. Money in micros of the deployment's currency."""

    id: UUID
    deployment_id: UUID
    kind: str
    state: str
    change_hash: str
    daily_before_micros: int
    daily_after_micros: int
    ends_before: date | None
    ends_after: date | None
    asked_by: str
    applied_by: str | None
    reason: str | None
    created_at: datetime
    resolved_at: datetime | None


def drift_page(
    session: Session, project_id: UUID, *, everything: bool = False, after: Sequence[Any] | None = None, limit: int = 50
) -> Page[DriftView]:
    """A project's drifts, newest first; everything: those that were decided too."""
    statement = _drifts().where(Drift.project_id == project_id)
    if not everything:
        statement = statement.where(Drift.state.in_(OPEN_DRIFTS))
    found = read_page(session, statement, DRIFTS_NEWEST, after=after, limit=limit)
    return Page([_drift(row) for row in found.rows], found.keys, found.more)


def drift_by_id(session: Session, drift_id: UUID) -> DriftView | None:
    row = session.execute(_drifts().where(Drift.id == drift_id)).one_or_none()
    return _drift(row) if row is not None else None


def project_of_drift(session: Session, drift_id: UUID) -> UUID | None:
    """Whose it is."""
    return session.scalar(select(Drift.project_id).where(Drift.id == drift_id))


def verdicts_of(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, list[VerdictView]]:
    """By deployment, by aspect. One statement."""
    found: dict[UUID, list[VerdictView]] = {}
    for row in session.scalars(select(Verdict).where(Verdict.deployment_id.in_(deployment_ids)).order_by(Verdict.aspect)):
        if row.deployment_id is not None:
            found.setdefault(row.deployment_id, []).append(VerdictView(row.aspect, row.verdict, row.details, row.since))
    return found


def changes_of(session: Session, deployment_ids: Collection[UUID], *, limit: int = 20) -> dict[UUID, list[ChangeView]]:
    """By deployment, newest first, at most `limit` of each. One statement."""
    newest = (
        select(DeploymentChange.id)
        .where(DeploymentChange.deployment_id == Deployment.id)
        .order_by(DeploymentChange.id.desc())
        .limit(limit)
        .correlate(Deployment)
        .lateral()
    )
    statement = select(DeploymentChange).select_from(Deployment).join(newest, Deployment.id.in_(deployment_ids))
    statement = statement.join(DeploymentChange, DeploymentChange.id == newest.c.id).order_by(DeploymentChange.id.desc())
    found: dict[UUID, list[ChangeView]] = {}
    for row in session.scalars(statement):
        found.setdefault(row.deployment_id, []).append(change_view(row))
    return found


def change_view(row: DeploymentChange) -> ChangeView:
    """A row as a screen shows it."""
    return ChangeView(
        row.id, row.deployment_id, row.kind, row.state, row.change_hash, row.daily_before_micros, row.daily_after_micros,
        row.ends_before, row.ends_after, row.asked_by, row.applied_by, row.reason, row.created_at, row.resolved_at,
    )  # fmt: skip


def change_by_hash(session: Session, deployment_id: UUID, change_hash: str) -> ChangeView | None:
    """The newest of that hash."""
    named = (DeploymentChange.deployment_id == deployment_id, DeploymentChange.change_hash == change_hash)
    row = session.scalars(select(DeploymentChange).where(*named).order_by(DeploymentChange.id.desc()).limit(1)).one_or_none()
    return change_view(row) if row is not None else None


def _drifts() -> Select[*tuple[Any, ...]]:
    return (
        select(Drift, Deployment.name, Deployment.platform, PlatformObject.kind)
        .join(Deployment, Deployment.id == Drift.deployment_id)
        .join(PlatformObject, PlatformObject.obj_key == Drift.obj_key)
    )


def _drift(found: Any) -> DriftView:
    row, name, platform, kind, *_ = found
    return DriftView(
        id=row.id, project_id=row.project_id, deployment_id=row.deployment_id, deployment=name, platform=platform, object_kind=kind,
        field=row.field, wanted=row.wanted.get("value"), seen=row.seen.get("value"), who=row.who, through=row.through,
        changed_at=row.changed_at, state=row.state, decided_by=row.decided_by, note=row.note, created_at=row.created_at,
    )  # fmt: skip
