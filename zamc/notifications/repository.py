"""Every query of alerts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.events.alert_codes import AlertCode
from zamc.notifications.tables import Alert


def open_once(session: Session, values: Mapping[str, Any]) -> bool:
    """Insert an alert unless one with its key is open already. Returns whether it was inserted."""
    fresh = insert(Alert).values(values).on_conflict_do_nothing(index_elements=["key"], index_where=Alert.cleared_at.is_(None))
    return session.execute(fresh.returning(Alert.id)).first() is not None


def close(session: Session, keys: Collection[str], *, at: datetime) -> int:
    """End the open alerts with these keys (`code:key`). Returns how many were open."""
    where = (Alert.key.in_(keys), Alert.cleared_at.is_(None))
    return len(session.execute(update(Alert).where(*where).values(cleared_at=at).returning(Alert.id)).all())


def open_keys(session: Session, code: AlertCode) -> set[str]:
    """The conditions of a code that last, without the code's own part."""
    keys = session.scalars(select(Alert.key).where(Alert.code == code, Alert.cleared_at.is_(None)))
    return {key.removeprefix(f"{code}:") for key in keys}


def latest_open(session: Session, *, limit: int) -> Sequence[Alert]:
    """The newest conditions that last."""
    return session.scalars(select(Alert).where(Alert.cleared_at.is_(None)).order_by(Alert.id.desc()).limit(limit)).all()


def open_counts(session: Session) -> dict[str, int]:
    """How many conditions last, by code."""
    counted = select(Alert.code, func.count()).where(Alert.cleared_at.is_(None)).group_by(Alert.code)
    return dict(session.execute(counted).tuples().all())


def open_by_severity(session: Session, project_id: UUID) -> dict[str, int]:
    """How many conditions of a project last, by severity."""
    lasting = (Alert.project_id == project_id, Alert.cleared_at.is_(None))
    return dict(session.execute(select(Alert.severity, func.count()).where(*lasting).group_by(Alert.severity)).tuples().all())
