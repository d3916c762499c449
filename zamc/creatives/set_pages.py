"""Sets of creatives as a list shows them."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.database.paging import Order, Page, read_page
from zamc.strategies.tables import Strategy

NEWEST = Order("newest", (Asset.created_at, Asset.id), (datetime, UUID))


@dataclass(frozen=True)
class SetLine:
    """A set. set_hash: what an approval must name, None until it is ready; members: how many of it are in which state."""

    id: UUID
    project_id: UUID
    strategy_id: UUID
    strategy: str
    version: int
    status: str
    set_hash: str | None
    approved_by: str | None
    error: str | None
    members: Counter[str]
    created_at: datetime


def page(
    session: Session,
    project_id: UUID,
    *,
    statuses: Collection[str] | None = None,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Page[SetLine]:
    """A project's sets, newest first. Two statements."""
    statement = _sets().where(Asset.project_id == project_id)
    if statuses is not None:
        statement = statement.where(Asset.status.in_(statuses))
    found = read_page(session, statement, NEWEST, after=after, limit=limit)
    return Page(_lines(session, [(row[0], row[1]) for row in found.rows]), found.keys, found.more)


def lines(session: Session, ids: Collection[UUID]) -> dict[UUID, SetLine]:
    """Those sets, by id. Two statements."""
    rows = session.execute(_sets().where(Asset.id.in_(ids))).all()
    return {line.id: line for line in _lines(session, [(row[0], row[1]) for row in rows])}


def project_of_set(session: Session, set_id: UUID) -> UUID | None:
    """Whose it is; None for a member of a set."""
    return session.scalar(select(Asset.project_id).where(Asset.id == set_id, Asset.kind == "set"))


def _sets() -> Select[*tuple[Any, ...]]:
    return select(Asset, Strategy.name).join(Strategy, Strategy.id == Asset.strategy_id).where(Asset.kind == "set")


def _lines(session: Session, rows: Sequence[tuple[Asset, str]]) -> list[SetLine]:
    counted = select(Asset.set_id, Asset.status, func.count()).where(Asset.set_id.in_([row.id for row, _ in rows]))
    members: dict[UUID | None, Counter[str]] = {}
    for set_id, status, number in session.execute(counted.group_by(Asset.set_id, Asset.status)):
        members.setdefault(set_id, Counter())[status] = number
    return [
        SetLine(
            id=row.id, project_id=row.project_id, strategy_id=row.strategy_id, strategy=name, version=row.version, status=row.status,
            set_hash=row.provenance.get("set_hash"), approved_by=row.approved_by, error=row.last_error,
            members=members.get(row.id, Counter()), created_at=row.created_at,
        )
        for row, name in rows
    ]  # fmt: skip
