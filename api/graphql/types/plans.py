"""Versions of a plan, and what differs between two of them."""

from datetime import datetime
from typing import Self

import strawberry
from strawberry.scalars import JSON

from zamc.strategies.diff_rules import Change
from zamc.strategies.version_views import VersionView


@strawberry.type
class PlanVersion:
    """A version of a plan. inForce: it is the strategy's plan. origin: "writer" or "person".

    status: waiting, approved, rejected or superseded.
    """

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

    @classmethod
    def of(cls, view: VersionView) -> Self:
        return cls(**{name: value for name, value in vars(view).items() if name in cls.__annotations__})


@strawberry.type
class WholePlanVersion:
    """One version whole. words: the part that a person may edit, as editStrategy takes it."""

    about: PlanVersion
    plan: JSON
    words: JSON


@strawberry.type
class PlanDifference:
    """One field or entry. path is such as `pitch.keywords[en / sourdough bread / EXACT]`; kind: added, removed, changed or moved."""

    path: str
    kind: str
    before: JSON | None
    after: JSON | None

    @classmethod
    def of(cls, change: Change) -> Self:
        return cls(path=change.path, kind=change.kind.value, before=change.before, after=change.after)
