"""Whether a deployment spends what it may: what was billed beside what its budgets allowed so far."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.analytics.repository import spend_by_day
from zamc.projects.repository import budgets
from zamc.projects.tables import BudgetSpan


@dataclass(frozen=True)
class PacingView:
    """Up to `through`, the last day that was read: billed and allowed in micros of the deployment's currency.

    allowed is the daily budget of every day on which it was in force; where two may have been in force on a day, the larger.
    """

    through: date
    billed_micros: int
    allowed_micros: int

    @property
    def share(self) -> float | None:
        """Of what it might have spent, what it has; None before it might."""
        return self.billed_micros / self.allowed_micros if self.allowed_micros else None


def pacing(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, PacingView]:
    """By deployment; one without facts is not in the answer. Two statements."""
    spent, spans = spend_by_day(session, deployment_ids), budgets(session, deployment_ids)
    found: dict[UUID, PacingView] = {}
    for deployment_id, by_day in spent.items():
        through = max(by_day)
        allowed = sum(_of_days(spans.get(deployment_id, []), through=through).values())
        found[deployment_id] = PacingView(through, sum(by_day.values()), allowed)
    return found


def _of_days(spans: list[BudgetSpan], *, through: date) -> dict[int, int]:
    """The daily budget by day (as its ordinal)."""
    allowed: dict[int, int] = {}
    for span in spans:
        last = min(span.last_day or through, through)
        for day in range(span.first_day.toordinal(), last.toordinal() + 1):
            allowed[day] = max(allowed.get(day, 0), span.daily_budget_micros)
    return allowed
