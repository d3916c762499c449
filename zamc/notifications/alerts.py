"""Alerts are told once per change of a condition, across restarts too: the open row of a condition is the memory."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AlertRaised
from zamc.events.repository import emit
from zamc.notifications.tables import Alert

Severity = Literal["info", "warning", "critical"]


def raise_once(
    session: Session,
    code: AlertCode,
    key: str,
    *,
    severity: Severity,
    title: str,
    project_id: UUID | None = None,
    deployment_id: UUID | None = None,
    **details: Any,
) -> bool:
    """Tell it unless the same condition (code and key) is open already. Returns whether it was told now."""
    values = {
        "id": uuid7(), "code": code, "key": f"{code}:{key}", "severity": severity, "title": title, "project_id": project_id,
        "deployment_id": deployment_id, "details": details,
    }  # fmt: skip
    fresh = insert(Alert).values(values).on_conflict_do_nothing(index_elements=["key"], index_where=Alert.cleared_at.is_(None))
    if session.execute(fresh.returning(Alert.id)).first() is None:
        return False
    about = {"project_id": project_id, "deployment_id": deployment_id}
    named = {name: str(value) for name, value in about.items() if value is not None}
    emit(session, AlertRaised(code=code, severity=severity, title=title, details={**named, **details}))
    return True


def clear(session: Session, code: AlertCode, key: str, *, at: datetime) -> bool:
    """The condition is over: if it comes back, it is told again. Returns whether it was open."""
    return clear_many(session, code, [key], at=at) > 0


def clear_many(session: Session, code: AlertCode, keys: Collection[str], *, at: datetime) -> int:
    """The same for several conditions. Returns how many were open."""
    if not keys:
        return 0
    where = (Alert.key.in_([f"{code}:{key}" for key in keys]), Alert.cleared_at.is_(None))
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
