"""Every query of strategies and model calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.projects.tables import AdAccount, Project
from zamc.strategies.tables import ModelCall, Strategy


@dataclass(frozen=True)
class StrategySummary:
    """One row of a list of strategies. positioning and daily budgets are None until a plan is written; money in micros of currency."""

    id: UUID
    project_id: UUID
    name: str
    status: str
    version: int
    goal: str
    currency: str
    positioning: str | None
    starts_on: str | None
    ends_on: str | None
    channels: dict[str, int]
    approved_by: str | None
    last_error: str | None
    created_at: datetime


def insert_once(session: Session, values: dict[str, Any]) -> tuple[UUID, bool]:
    """Insert a requested strategy, or find the one with the same request key. Returns its id and whether it is new."""
    fresh = insert(Strategy).values(id=uuid7(), **values)
    added = session.scalar(fresh.on_conflict_do_nothing(index_elements=["project_id", "request_key"]).returning(Strategy.id))
    if added is not None:
        return added, True
    same = (Strategy.project_id == values["project_id"], Strategy.request_key == values["request_key"])
    return session.scalars(select(Strategy.id).where(*same)).one(), False


def get(session: Session, strategy_id: UUID) -> Strategy | None:
    return session.get(Strategy, strategy_id)


def by_name(session: Session, project_id: UUID, name: str) -> Strategy | None:
    """The newest strategy of a project whose brief has that name."""
    named = select(Strategy).where(Strategy.project_id == project_id, Strategy.name == name)
    return session.scalars(named.order_by(Strategy.id.desc()).limit(1)).first()


def locked(session: Session, strategy_id: UUID) -> Strategy | None:
    """The strategy as it is now, locked until the transaction ends."""
    statement = select(Strategy).where(Strategy.id == strategy_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def project(session: Session, project_id: UUID) -> Project | None:
    return session.get(Project, project_id)


def account_currencies(session: Session, project_id: UUID) -> dict[str, set[str]]:
    """Currencies of the project's ad accounts per platform."""
    found: dict[str, set[str]] = {}
    for platform, currency in session.execute(select(AdAccount.platform, AdAccount.currency).where(AdAccount.project_id == project_id)):
        found.setdefault(platform, set()).add(currency)
    return found


def counts_conversions(session: Session, project_id: UUID, *, platform: str, currency: str) -> bool | None:
    """Whether an account of the project counts conversions; None when there is no account yet, so that nobody knows."""
    its = (AdAccount.project_id == project_id, AdAccount.platform == platform, AdAccount.currency == currency)
    return session.scalar(select(func.bool_or(AdAccount.conversion_action.is_not(None))).where(*its))


def to_draft(ids: Sequence[UUID] | None) -> list[ColumnElement[bool]]:
    """What a writer may claim: requested strategies, all of them or these."""
    requested: list[ColumnElement[bool]] = [Strategy.status == "requested"]
    return requested if ids is None else [*requested, Strategy.id.in_(ids)]


def add_model_call(session: Session, values: dict[str, Any]) -> UUID:
    call = ModelCall(id=uuid7(), **values)
    session.add(call)
    return call.id


def summaries(session: Session, *, project_id: UUID, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[StrategySummary]:
    """A project's strategies, newest first; `before` is (created_at, id) of the last row of the page before."""
    plan = Strategy.plan
    brief, flight = Strategy.brief, plan["flight"]
    columns = (
        Strategy.id,
        Strategy.project_id,
        Strategy.name,
        Strategy.status,
        Strategy.version,
        brief["goal"].astext.label("goal"),
        brief["budget"]["currency"].astext.label("currency"),
        plan["pitch"]["positioning"].astext.label("positioning"),
        flight["starts_on"].astext.label("starts_on"),
        flight["ends_on"].astext.label("ends_on"),
        plan["channels"].label("channels"),
        Strategy.approved_by,
        Strategy.last_error,
        Strategy.created_at,
    )
    page = select(*columns).where(Strategy.project_id == project_id).order_by(Strategy.created_at.desc(), Strategy.id.desc()).limit(limit)
    if before:
        page = page.where(tuple_(Strategy.created_at, Strategy.id) < tuple_(*before))
    rows = session.execute(page).mappings()
    return [StrategySummary(**{**row, "channels": _budgets(row["channels"])}) for row in rows]


def _budgets(channels: Sequence[dict[str, Any]] | None) -> dict[str, int]:
    """Per platform, over its kinds of campaign."""
    found: dict[str, int] = {}
    for channel in channels or ():
        found[channel["platform"]] = found.get(channel["platform"], 0) + channel["daily_budget_micros"]
    return found


def count_by_status(session: Session, *, project_id: UUID) -> dict[str, int]:
    counted = select(Strategy.status, func.count()).where(Strategy.project_id == project_id).group_by(Strategy.status)
    return {row.status: int(row[1]) for row in session.execute(counted)}
