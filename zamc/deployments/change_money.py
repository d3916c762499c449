"""The money of a change of what is live: reserved before it is sent, and tried in a savepoint while it is only shown."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.deployments import budgets
from zamc.deployments.change_rules import BUDGET_FIELDS
from zamc.deployments.context import Context
from zamc.deployments.tables import Deployment
from zamc.errors import SpendRefused
from zamc.projects import ledger


def simulate(
    ctx: Context, session: Session, row: Deployment, daily: int, ends: date | None, *, objects: Mapping[UUID, Mapping[str, Any]]
) -> tuple[dict[str, int], str]:
    """What the ledger would hold when the change is in force, and why it would not be allowed: done and undone in a savepoint."""
    before = ledger.held_by_base(session, row.id)
    savepoint = session.begin_nested()
    try:
        generation = row.generation + 1
        move(ctx, session, row, daily, ends, generation=generation, objects=objects)
        row.daily_budget_micros, row.ends_on = daily, ends
        session.flush()
        budgets.release_change(session, ctx.clock, row, generation=generation)
        return ledger.held_by_base(session, row.id), ""
    except SpendRefused as error:
        return before, str(error)
    finally:
        savepoint.rollback()
        session.refresh(row)


def move(
    ctx: Context,
    session: Session,
    row: Deployment,
    daily: int,
    ends: date | None,
    *,
    generation: int,
    objects: Mapping[UUID, Mapping[str, Any]],
) -> None:
    """Reserve what a change adds. A later end counts from now on; an earlier one only when it was read back. objects: the new values.

    Raises SpendRefused.
    """
    later = _later(ends, row.ends_on)
    if later:
        row.ends_on = ends
        session.flush()
    if daily != row.daily_budget_micros:
        paid = {key for key, values in objects.items() if BUDGET_FIELDS & values.keys()}
        budgets.reserve_change(session, ctx.clock, row, daily, generation=generation, objects=paid or None)
    if later:
        budgets.ensure(session, ctx.clock, row, generation=generation)


def _later(new: date | None, old: date | None) -> bool:
    return old is not None and (new is None or new > old)
