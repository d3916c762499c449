"""What a project's own campaigns have brought: what forecasts of its next ones are shrunk to."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zamc.analytics.repository import summary
from zamc.analytics.rules import Grain
from zamc.analytics.tables import Fact
from zamc.creatives.tables import Asset
from zamc.deployments.tables import Deployment
from zamc.money import MICROS
from zamc.strategies.forecast_rules import Own
from zamc.strategies.schema import CampaignKind, Goal
from zamc.strategies.tables import Strategy

# Older campaigns say little of the next one, and many of them say it no better.
_MOST = 60


def of_project(session: Session, project_id: UUID, *, goal: Goal, currency: str) -> list[Own]:
    """The project's newest campaigns with that goal and currency that have spent anything, newest first; conversions as counted so far."""
    launched = (
        select(Deployment.id, Deployment.kind)
        .join(Asset, Asset.id == Deployment.asset_id)
        .join(Strategy, Strategy.id == Asset.strategy_id)
        .where(
            Deployment.project_id == project_id,
            Deployment.currency == currency,
            Deployment.launched_at.is_not(None),
            Strategy.brief["goal"].astext == goal,
        )
        .order_by(Deployment.launched_at.desc(), Deployment.id.desc())
        .limit(_MOST)
    )
    rows: list[Any] = list(session.execute(launched))
    kinds: dict[UUID, CampaignKind] = {row[0]: row[1] for row in rows}
    if not kinds:
        return []
    counted = (
        select(Fact.deployment_id, func.count(Fact.date.distinct()))
        .where(Fact.deployment_id.in_(kinds), Fact.grain == Grain.CAMPAIGN, Fact.spend_micros > 0)
        .group_by(Fact.deployment_id)
    )
    days = {row[0]: int(row[1]) for row in session.execute(counted)}
    found = summary(session, deployment_ids=list(kinds))
    return [
        Own(kinds[each], brought.impressions, brought.clicks, float(brought.conversions), brought.spend_micros / MICROS, days.get(each, 1))
        for each in kinds
        if (brought := found.get(each)) is not None and brought.spend_micros > 0
    ]
