"""Every query of remembered requests and data versions."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.written import Written, rows
from zamc.requests.rules import NEVER_CHANGED, Version
from zamc.requests.tables import DataVersion, RememberedRequest

CHANNEL = "zamc_data"
KEPT_FOR = timedelta(hours=24)
_BUMP = text(
    """
    WITH raised AS (
        INSERT INTO public.data_versions AS v (project_id, version, settings_changes)
        SELECT p.id, 1, CAST(p.id = ANY (CAST(:settings AS uuid[])) AS int)
        FROM public.projects p WHERE p.id = ANY (CAST(:ids AS uuid[])) ORDER BY p.id
        ON CONFLICT (project_id) DO UPDATE
            SET version = v.version + 1, settings_changes = v.settings_changes + excluded.settings_changes
        RETURNING v.project_id, v.version, v.version - v.settings_changes AS work
    )
    SELECT project_id, version, work, pg_notify(:channel, project_id || ':' || version || ':' || work) FROM raised
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


def bump(session: Session, changes: Mapping[UUID, bool]) -> dict[UUID, Version]:
    """Raise the versions of these projects and announce them when the transaction commits. In one order, so that nobody deadlocks.

    changes: by project, whether it was changed in its settings alone.
    """
    if not changes:
        return {}
    settings = [project_id for project_id, alone in changes.items() if alone]
    found = session.execute(_BUMP, {"ids": sorted(changes), "settings": settings, "channel": CHANNEL}).tuples().all()
    return {project_id: Version(whole, work) for project_id, whole, work, _ in found}


def heard(payload: str) -> tuple[UUID, Version]:
    """What was announced: of which project, and how new its data are. Raises ValueError, as for what an older release announces."""
    project_id, whole, work = payload.split(":")
    return UUID(project_id), Version(int(whole), int(work))


def _of_projects() -> Select[*tuple[Any, ...]]:
    columns = select(DataVersion.project_id, DataVersion.version, DataVersion.version - DataVersion.settings_changes)
    return columns.where(DataVersion.project_id == any_(bindparam("ids", type_=ARRAY(Uuid))))


_VERSIONS = Written(_of_projects)


NEWEST_VERSIONS = """
    SELECT p.id, coalesce(v.version, 0), coalesce(v.version - v.settings_changes, 0)
    FROM public.projects p LEFT JOIN public.data_versions v ON v.project_id = p.id ORDER BY p.id DESC LIMIT %(most)s
"""


def newest_versions(session: Session, most: int) -> dict[UUID, Version]:
    """Of the projects that were made last, as they are now. One statement."""
    return {project_id: Version(whole, work) for project_id, whole, work in rows(session, NEWEST_VERSIONS, {"most": most})}


def versions(session: Session, project_ids: Collection[UUID]) -> dict[UUID, Version]:
    """As they are now; a project without a row was never changed."""
    found = _VERSIONS.rows(session, ids=list(project_ids))
    return dict.fromkeys(project_ids, NEVER_CHANGED) | {project_id: Version(whole, work) for project_id, whole, work in found}
