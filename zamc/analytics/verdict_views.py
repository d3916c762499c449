"""Read models of verdicts on performance for screens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zamc.analytics.verdict_tables import PerformanceVerdict
from zamc.database.paging import Order, Page, read_page

NEWEST = Order("found_at", (PerformanceVerdict.found_at, PerformanceVerdict.id), (datetime, UUID))


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A condition as people see it; resolved_at is None while it lasts. evidence holds the numbers behind the reason."""

    id: UUID
    project_id: UUID
    ad_account_id: UUID
    deployment_id: UUID | None
    grain: str
    object_id: str
    label: str | None
    kind: str
    action: str
    severity: str
    reason: str
    evidence: dict[str, Any]
    began_on: date
    found_at: datetime
    seen_at: datetime
    resolved_at: datetime | None
    resolution: str | None


def verdicts(
    session: Session,
    *,
    project_id: UUID,
    deployment_ids: Sequence[UUID] | None = None,
    ad_account_id: UUID | None = None,
    kinds: Sequence[str] | None = None,
    severities: Sequence[str] | None = None,
    lasting: bool | None = None,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Page[VerdictView]:
    """A page of a project's verdicts, the newest first. lasting: only those that last (True) or are over (False).

    after: the key of the last row that was seen (Page.keys). One statement.
    """
    names = VerdictView.__dataclass_fields__
    query = select(*(getattr(PerformanceVerdict, name) for name in names)).where(PerformanceVerdict.project_id == project_id)
    if deployment_ids is not None:
        query = query.where(PerformanceVerdict.deployment_id.in_(deployment_ids))
    if ad_account_id is not None:
        query = query.where(PerformanceVerdict.ad_account_id == ad_account_id)
    if kinds is not None:
        query = query.where(PerformanceVerdict.kind.in_(kinds))
    if severities is not None:
        query = query.where(PerformanceVerdict.severity.in_(severities))
    if lasting is not None:
        open_now = PerformanceVerdict.resolved_at.is_(None)
        query = query.where(open_now if lasting else ~open_now)
    page = read_page(session, query, NEWEST, after=after, limit=limit)
    return Page([VerdictView(*row[: len(names)]) for row in page.rows], page.keys, page.more)


def lasting_counts(session: Session, *, project_id: UUID) -> dict[str, int]:
    """How many conditions of a project last, by kind."""
    where = (PerformanceVerdict.project_id == project_id, PerformanceVerdict.resolved_at.is_(None))
    counted = select(PerformanceVerdict.kind, func.count()).where(*where).group_by(PerformanceVerdict.kind)
    return dict(session.execute(counted).tuples().all())
