"""Alerts as screens list them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zamc.database.paging import Order, Page, read_page
from zamc.notifications.tables import Alert

NEWEST = Order("newest", (Alert.created_at, Alert.id), (datetime, UUID))


@dataclass(frozen=True)
class AlertView:
    """A condition that a person must know of; cleared_at when it is over. code names its runbook."""

    id: UUID
    code: str
    severity: str
    title: str
    deployment_id: UUID | None
    details: Mapping[str, Any]
    created_at: datetime
    cleared_at: datetime | None


def page(
    session: Session,
    project_id: UUID,
    *,
    only_open: bool = True,
    severity: str | None = None,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Page[AlertView]:
    """A project's alerts, newest first."""
    statement = select(Alert).where(Alert.project_id == project_id)
    if only_open:
        statement = statement.where(Alert.cleared_at.is_(None))
    if severity is not None:
        statement = statement.where(Alert.severity == severity)
    found = read_page(session, statement, NEWEST, after=after, limit=limit)
    rows = [row[0] for row in found.rows]
    views = [
        AlertView(row.id, row.code, row.severity, row.title, row.deployment_id, row.details, row.created_at, row.cleared_at) for row in rows
    ]
    return Page(views, found.keys, found.more)
