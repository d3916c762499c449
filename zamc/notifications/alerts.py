"""Alerts are told once per change of a condition, across restarts too: the open row of a condition is the memory."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AlertRaised
from zamc.events.repository import emit
from zamc.notifications import repository

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
    if not repository.open_once(session, values):
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
    return repository.close(session, [f"{code}:{key}" for key in keys], at=at)
