"""Read models of late conversions for screens and reports: what is still moving, and what days will have in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zamc.analytics.nowcast_tables import Completeness, Nowcast
from zamc.analytics.rules import Grain
from zamc.projects.tables import AdAccount

if TYPE_CHECKING:
    from zamc.analytics.views import Span


@dataclass(frozen=True, slots=True)
class MovingDay:
    """A day of an account of which less than 99 % of the conversions have shown, by the least complete of its actions."""

    ad_account_id: UUID
    date: date
    completeness: Decimal
    reported: Decimal
    conversions: Decimal
    low: Decimal
    high: Decimal
    as_of: datetime


@dataclass(frozen=True, slots=True)
class DayNowcast:
    """An object's day and action, by the newest estimate: reported so far, and what it will be with an 80 % interval."""

    ad_account_id: UUID
    grain: str
    object_id: str
    deployment_id: UUID | None
    date: date
    action: str
    reported: Decimal
    conversions: Decimal
    low: Decimal
    high: Decimal
    completeness: Decimal
    settled: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ToCome:
    """What the campaigns of some deployments still have to come on a day: counted conversions beyond those reported, with an 80 % interval
    (whose ends are added up over campaigns and actions). moving: some of them are not settled."""

    day: date
    conversions: Decimal
    low: Decimal
    high: Decimal
    moving: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One age of the curve that holds. share and error: 0 to 1; own: how much of the curve is the account's own."""

    ad_account_id: UUID
    action: str
    attribution_window: str
    day_age: int
    share: Decimal
    error: Decimal
    own: Decimal
    as_of: datetime


def _newest(grain: Grain, *, project_id: UUID) -> Select[Nowcast]:
    key = (Nowcast.ad_account_id, Nowcast.grain, Nowcast.object_id, Nowcast.date, Nowcast.action)
    return (
        select(Nowcast)
        .join(AdAccount, AdAccount.id == Nowcast.ad_account_id)
        .where(AdAccount.project_id == project_id, Nowcast.grain == grain)
        .distinct(*key)
        .order_by(*key, Nowcast.as_of.desc())
    )


def moving_days(session: Session, *, project_id: UUID, ad_account_id: UUID | None = None) -> list[MovingDay]:
    """Days of a project's accounts that are not settled, the newest first, accounts side by side. One statement."""
    query = _newest(Grain.ACCOUNT, project_id=project_id)
    if ad_account_id is not None:
        query = query.where(Nowcast.ad_account_id == ad_account_id)
    newest = query.subquery()
    sums = (func.sum(newest.c[name]) for name in ("reported", "conversions", "low", "high"))
    moving = (
        select(newest.c.ad_account_id, newest.c.date, func.min(newest.c.completeness), *sums, func.max(newest.c.as_of))
        .group_by(newest.c.ad_account_id, newest.c.date)
        .having(~func.bool_and(newest.c.settled))
        .order_by(newest.c.date.desc(), newest.c.ad_account_id)
    )
    rows: list[Any] = list(session.execute(moving))
    return [MovingDay(*row) for row in rows]


def nowcasts(
    session: Session,
    *,
    project_id: UUID,
    first_day: date,
    last_day: date,
    deployment_ids: Sequence[UUID] | None = None,
    grain: Grain = Grain.CAMPAIGN,
) -> list[DayNowcast]:
    """Nowcasts of a project's campaigns (or accounts) on those days, by object, day and action. One statement."""
    query = _newest(grain, project_id=project_id).where(Nowcast.date.between(first_day, last_day))
    if deployment_ids is not None:
        query = query.where(Nowcast.deployment_id.in_(deployment_ids))
    return [
        DayNowcast(
            row.ad_account_id, row.grain, row.object_id, row.deployment_id, row.date, row.action, row.reported, row.conversions, row.low,
            row.high, row.completeness, row.settled, row.as_of,
        )
        for row in session.scalars(query)
    ]  # fmt: skip


def to_come(session: Session, span: "Span") -> list[ToCome]:
    """By day, ascending, of what a span asks about; days that nobody has nowcast are not in it. One statement.

    low is below zero where a platform takes conversions back.
    """
    query = _newest(Grain.CAMPAIGN, project_id=span.project_id).where(
        Nowcast.date.between(span.first, span.last), Nowcast.deployment_id.is_not(None), AdAccount.currency == span.currency
    )
    if span.deployment_id is not None:
        query = query.where(Nowcast.deployment_id == span.deployment_id)
    if span.platform is not None:
        query = query.where(AdAccount.platform == span.platform)
    newest = query.subquery()
    sums = (func.sum(newest.c[name] - newest.c.reported) for name in ("conversions", "low", "high"))
    days = (
        select(newest.c.date, *sums, ~func.bool_and(newest.c.settled), func.max(newest.c.as_of))
        .group_by(newest.c.date)
        .order_by(newest.c.date)
    )
    rows: list[Any] = list(session.execute(days))
    return [ToCome(*row) for row in rows]


def curves(session: Session, *, project_id: UUID, ad_account_id: UUID | None = None) -> list[CurvePoint]:
    """The completeness curves that hold, by account, action, window and age. One statement."""
    key = (Completeness.ad_account_id, Completeness.action, Completeness.attribution_window, Completeness.day_age)
    query = (
        select(*key, Completeness.share, Completeness.error, Completeness.own, Completeness.as_of)
        .join(AdAccount, AdAccount.id == Completeness.ad_account_id)
        .where(AdAccount.project_id == project_id)
        .distinct(*key)
        .order_by(*key, Completeness.as_of.desc())
    )
    if ad_account_id is not None:
        query = query.where(Completeness.ad_account_id == ad_account_id)
    rows: list[Any] = list(session.execute(query))
    return [CurvePoint(*row) for row in rows]
