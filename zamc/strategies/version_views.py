"""Read models for screens: the versions of a strategy's plan, one of them whole, and what differs between two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.errors import NotFound
from zamc.strategies import repository
from zamc.strategies import versions_repository as kept
from zamc.strategies.diff_rules import Change, compare
from zamc.strategies.edit_rules import words_of
from zamc.strategies.schema import Plan
from zamc.strategies.tables import PlanVersion

_HIGHEST = 2**31 - 1  # of a version, as the database counts them


@dataclass(frozen=True)
class VersionView:
    """A version of a plan, as a list shows it. in_force: it is the strategy's plan, approved or waiting for its first approval.

    origin: "writer" or "person"; author: provider and model, or who edited. status: waiting, approved, rejected or superseded.
    """

    strategy_id: UUID
    project_id: UUID
    version: int
    parent: int | None
    origin: str
    author: str
    note: str
    plan_hash: str
    status: str
    in_force: bool
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    written_at: datetime


@dataclass(frozen=True)
class WholeVersion:
    """One version whole. plan: as JSON has it; words: the part of it that a person may edit, as `edit` takes it."""

    about: VersionView
    plan: dict[str, Any]

    @property
    def words(self) -> dict[str, Any]:
        return words_of(Plan.model_validate(self.plan).pitch)


def versions(session: Session, strategy_id: UUID) -> list[VersionView]:
    """Newest first; empty before a plan was written. Raises NotFound."""
    now = _version_in_force(session, strategy_id)
    return [_view(row, in_force=row.version == now) for row in kept.all_of(session, strategy_id)]


def version(session: Session, strategy_id: UUID, number: int | None = None) -> WholeVersion:
    """One version, by default the newest. Raises NotFound."""
    now = _version_in_force(session, strategy_id)
    known = number is None or 0 < number <= _HIGHEST
    row = None if not known else kept.newest(session, strategy_id) if number is None else kept.get(session, strategy_id, number)
    if row is None:
        raise NotFound(f"the strategy {strategy_id} has no {'plan yet' if number is None else f'version {number}'}")
    return WholeVersion(_view(row, in_force=row.version == now), row.plan)


def differences(session: Session, strategy_id: UUID, *, before: int, after: int) -> Sequence[Change]:
    """What changed from one version to another, field by field. Raises NotFound."""
    old, new = (version(session, strategy_id, number) for number in (before, after))
    return compare(old.plan, new.plan)


def _version_in_force(session: Session, strategy_id: UUID) -> int:
    row = repository.get(session, strategy_id)
    if row is None:
        raise NotFound(f"there is no strategy {strategy_id}")
    return row.version


def _view(row: PlanVersion, *, in_force: bool) -> VersionView:
    return VersionView(
        row.strategy_id, row.project_id, row.version, row.parent, row.origin, row.author, row.note, row.plan_hash, row.status, in_force,
        row.decided_by, row.decided_at, row.reason, row.written_at,
    )  # fmt: skip
