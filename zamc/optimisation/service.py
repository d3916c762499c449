"""Forecasts of live deployments. Nothing here changes a budget or calls a platform."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.optimisation import repository
from zamc.optimisation.repository import Live
from zamc.optimisation.rules import Day, Deployed, Outlook, counted, outlook
from zamc.steps import Outcome
from zamc.strategies.schema import Plan

_PER_TRANSACTION = 200


class OptimisationService:
    """What a deployment will probably do, from its plan and its facts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def forecast(self, strategy_ids: Sequence[UUID] | None = None) -> Outcome:
        """Forecast every live deployment of those strategies, or of all; one transaction per batch of deployments.

        counts: done (forecast now), unchanged (already forecast on its account's today: no new row), over (its flight has ended), failed
        (no usable plan; one sentence in errors), and rows. Safe to repeat and to run twice at once.
        """
        outcome = Outcome()
        at = self._clock.business_now()
        after: UUID | None = None
        while True:
            with self._database.transaction() as session:
                page = repository.live(session, strategy_ids=strategy_ids, at=at, after=after, limit=_PER_TRANSACTION)
                if not page:
                    return outcome
                due = [deployment for deployment in page if not deployment.known]
                days = repository.closed_days(session, [deployment.id for deployment in due])
                rows = [row for deployment in due for row in self._rows(deployment, days.get(deployment.id, []), at, outcome)]
                outcome.counts["rows"] += repository.add(session, rows)
            outcome.counts["unchanged"] += len(page) - len(due)
            after = page[-1].id

    def _rows(self, deployment: Live, days: Sequence[Day], at: datetime, outcome: Outcome) -> list[dict[str, Any]]:
        deployed = _deployed(deployment)
        if deployed is None:
            outcome.counts["failed"] += 1
            outcome.errors[deployment.id] = f"its strategy has no readable plan with a part for {deployment.platform}; draft it again"
            return []
        zone = ZoneInfo(deployment.time_zone)
        launched = deployment.launched_at.astimezone(zone) if deployment.launched_at else None
        seen = outlook(deployed, counted(days, launched=launched), today=deployment.today)
        outcome.counts["over" if seen is None else "done"] += 1
        return [] if seen is None else self._records(deployment, seen, at)

    def _records(self, deployment: Live, seen: Outlook, at: datetime) -> list[dict[str, Any]]:
        about = {
            "deployment_id": deployment.id,
            "day": deployment.today,
            "as_of": at,
            "days_observed": seen.days_observed,
            "horizon_end": seen.horizon_end,
            "recorded_at": self._clock.now(),
        }
        return [{**about, "metric": metric, "low": band.low, "mid": band.mid, "high": band.high} for metric, band in seen.bands.items()]


def _deployed(deployment: Live) -> Deployed | None:
    """None when the plan is missing, does not parse or has no channel of its kind."""
    try:
        plan = Plan.model_validate(deployment.plan)
    except ValidationError:
        return None
    channel = plan.channel(deployment.platform, deployment.kind)
    if channel is None:
        return None
    return Deployed(
        channel=channel,
        flight=plan.flight,
        daily_budget_micros=deployment.daily_budget_micros,
        starts_on=deployment.starts_on,
        ends_on=deployment.ends_on,
    )
