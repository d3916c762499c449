"""Every query of forecasts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, cast, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.analytics.rules import Grain
from zamc.analytics.tables import ConversionFact, Fact, SyncedDay
from zamc.creatives.tables import Asset
from zamc.database.ids import uuid7
from zamc.deployments.rules import Status
from zamc.deployments.tables import Deployment
from zamc.optimisation.rules import Day
from zamc.optimisation.tables import Forecast
from zamc.projects.tables import AdAccount
from zamc.strategies.tables import Strategy


@dataclass(frozen=True)
class Live:
    """A live deployment and what a forecast of it needs. known: there is one of its account's `today` already."""

    id: UUID
    platform: str
    kind: str
    daily_budget_micros: int
    starts_on: date
    ends_on: date | None
    launched_at: datetime | None
    time_zone: str
    today: date
    plan: dict[str, Any] | None
    known: bool


def live(session: Session, *, strategy_ids: Sequence[UUID] | None, at: datetime, after: UUID | None, limit: int) -> list[Live]:
    """A page of live deployments of those strategies, or of all, in the order of their ids; `after` is the last id of the page before."""
    today = _local_date(at)
    known = select(Forecast.id).where(Forecast.deployment_id == Deployment.id, Forecast.day == today).exists()
    query = (
        select(
            Deployment.id,
            Deployment.platform,
            Deployment.kind,
            Deployment.daily_budget_micros,
            Deployment.starts_on,
            Deployment.ends_on,
            Deployment.launched_at,
            AdAccount.time_zone,
            today,
            Strategy.plan,
            known,
        )
        .join(AdAccount, AdAccount.id == Deployment.ad_account_id)
        .join(Asset, Asset.id == Deployment.asset_id)
        .join(Strategy, Strategy.id == Asset.strategy_id)
        .where(Deployment.status == Status.LIVE)
        .order_by(Deployment.id)
        .limit(limit)
    )
    if strategy_ids is not None:
        query = query.where(Asset.strategy_id.in_(strategy_ids))
    if after is not None:
        query = query.where(Deployment.id > after)
    found: list[Any] = list(session.execute(query))
    return [Live(*row) for row in found]


def closed_days(session: Session, deployment_ids: Sequence[UUID]) -> dict[UUID, list[Day]]:
    """Per deployment the days of its flight that were over in its account's time zone when they were last read, by their newest facts.

    A day that was read and brought no row is a day of zeros. Conversions are those that are counted.
    """
    # A campaign is bound to one deployment for good: no newer row of it can belong to another.
    of_campaigns = select(Fact).where(Fact.deployment_id.in_(deployment_ids), Fact.grain == Grain.CAMPAIGN)
    key = (Fact.deployment_id, Fact.date, Fact.object_id, Fact.segment)
    fact = of_campaigns.distinct(*key).order_by(*key, Fact.as_of.desc()).subquery()
    counted = (
        select(func.coalesce(func.sum(ConversionFact.conversions), 0).label("conversions"))
        .where(
            ConversionFact.ad_account_id == fact.c.ad_account_id,
            ConversionFact.grain == fact.c.grain,
            ConversionFact.object_id == fact.c.object_id,
            ConversionFact.segment == fact.c.segment,
            ConversionFact.date == fact.c.date,
            ConversionFact.as_of == fact.c.as_of,
            ConversionFact.counted,
        )
        .lateral()
    )
    in_flight = SyncedDay.date.between(Deployment.starts_on, func.coalesce(Deployment.ends_on, SyncedDay.date))
    measures = (fact.c.impressions, fact.c.clicks, counted.c.conversions, fact.c.spend_micros)
    query = (
        select(Deployment.id, SyncedDay.date, *(func.coalesce(func.sum(measure), 0) for measure in measures))
        .join(AdAccount, AdAccount.id == Deployment.ad_account_id)
        .join(SyncedDay, and_(SyncedDay.ad_account_id == AdAccount.id, in_flight))
        .outerjoin(fact, and_(fact.c.deployment_id == Deployment.id, fact.c.date == SyncedDay.date))
        .outerjoin(counted, true())
        .where(Deployment.id.in_(deployment_ids), _local_date(SyncedDay.as_of) > SyncedDay.date)
        .group_by(Deployment.id, SyncedDay.date)
        .order_by(Deployment.id, SyncedDay.date)
    )
    days: defaultdict[UUID, list[Day]] = defaultdict(list)
    found: list[Any] = list(session.execute(query))
    for deployment_id, day, impressions, clicks, conversions, spend_micros in found:
        days[deployment_id].append(Day(day, int(impressions), int(clicks), Decimal(conversions), int(spend_micros)))
    return days


def add(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Write forecasts (all columns but the id) and say how many were new: another run of the same day may have been first."""
    if not rows:
        return 0
    fresh = insert(Forecast).values([{"id": uuid7(), **row} for row in rows])
    return len(
        session.scalars(fresh.on_conflict_do_nothing(index_elements=["deployment_id", "day", "metric"]).returning(Forecast.id)).all()
    )


def _local_date(instant: Any) -> ColumnElement[date]:
    return cast(func.timezone(AdAccount.time_zone, instant), Date)
