"""Every query of remembered requests and data versions."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.requests.tables import DataVersion, RememberedRequest

CHANNEL = "zamc_data"
KEPT_FOR = timedelta(hours=24)
_BUMP = text(
    """
    WITH raised AS (
        INSERT INTO public.data_versions AS v (project_id, version)
        SELECT p.id, 1 FROM public.projects p WHERE p.id = ANY (CAST(:ids AS uuid[])) ORDER BY p.id
        ON CONFLICT (project_id) DO UPDATE SET version = v.version + 1
        RETURNING v.project_id, v.version
    )
    SELECT project_id, version, pg_notify(:channel, project_id || ':' || version) FROM raised
    """
)


def claim(session: Session, *, user_id: UUID, key: str, operation: str, request_hash: str, at: datetime) -> RememberedRequest | None:
    """Make the key ours. Returns the row of whoever had it before; waits for a transaction that is just claiming it."""
    values = {"user_id": user_id, "key": key, "operation": operation, "request_hash": request_hash, "claimed_at": at, "outcome": None}
    fresh = insert(RememberedRequest).values(values).on_conflict_do_nothing().returning(RememberedRequest.key)
    if session.execute(fresh).first() is not None:
        return None
    named = select(RememberedRequest).where(RememberedRequest.user_id == user_id, RememberedRequest.key == key)
    return session.scalars(named.with_for_update().execution_options(populate_existing=True)).one_or_none()


def finish(session: Session, *, user_id: UUID, key: str, outcome: Mapping[str, Any]) -> None:
    named = (RememberedRequest.user_id == user_id, RememberedRequest.key == key)
    session.execute(update(RememberedRequest).where(*named).values(outcome=dict(outcome)))


def forget(session: Session, *, user_id: UUID, key: str) -> None:
    session.execute(delete(RememberedRequest).where(RememberedRequest.user_id == user_id, RememberedRequest.key == key))


def forget_old(session: Session, *, user_id: UUID, before: datetime) -> int:
    """Drop a user's keys that are too old to be asked for again, so that each may be used anew. Returns how many."""
    old = delete(RememberedRequest).where(RememberedRequest.user_id == user_id, RememberedRequest.created_at < before)
    return len(session.execute(old.returning(RememberedRequest.key)).all())


def bump(session: Session, project_ids: Collection[UUID]) -> dict[UUID, int]:
    """Raise the versions of these projects and announce them when the transaction commits. In one order, so that nobody deadlocks."""
    if not project_ids:
        return {}
    found = session.execute(_BUMP, {"ids": sorted(project_ids), "channel": CHANNEL}).tuples().all()
    return {project_id: version for project_id, version, _ in found}


def versions(session: Session, project_ids: Collection[UUID]) -> dict[UUID, int]:
    """As they are now; a project without a row is at 0."""
    rows = session.execute(select(DataVersion.project_id, DataVersion.version).where(DataVersion.project_id.in_(project_ids)))
    return dict.fromkeys(project_ids, 0) | dict(rows.tuples().all())
