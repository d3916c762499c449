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


def forget_old(session: Session, *, before: datetime) -> int:
    """How many keys were too old to be asked for again."""
    old = delete(RememberedRequest).where(RememberedRequest.created_at < before).returning(RememberedRequest.key)
    return len(session.execute(old).all())


def bump(session: Session, project_ids: Collection[UUID]) -> dict[UUID, int]:
    """Raise the versions of these projects and announce them when the transaction commits. In one order, so that nobody deadlocks."""
    if not project_ids:
        return {}
    rows = [{"project_id": project_id, "version": 1} for project_id in sorted(project_ids)]
    fresh = insert(DataVersion).values(rows)
    raised = fresh.on_conflict_do_update(index_elements=["project_id"], set_={"version": DataVersion.version + 1})
    found = session.execute(raised.returning(DataVersion.project_id, DataVersion.version)).tuples().all()
    for project_id, version in found:
        session.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": f"{project_id}:{version}"})
    return dict(found)


def versions(session: Session, project_ids: Collection[UUID]) -> dict[UUID, int]:
    """As they are now; a project without a row is at 0."""
    rows = session.execute(select(DataVersion.project_id, DataVersion.version).where(DataVersion.project_id.in_(project_ids)))
    return dict.fromkeys(project_ids, 0) | dict(rows.tuples().all())


KEPT_FOR = timedelta(hours=24)
