"""What a deployment may still be billed, from its budgets over time and its settled days."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.analytics import repository as facts
from zamc.clock import Clock, business_date
from zamc.deployments import repository
from zamc.deployments.spend import SETTLE_AFTER_DAYS, Exposure, Span, end_of_next_month, exposure
from zamc.deployments.tables import Deployment
from zamc.projects import repository as projects
from zamc.projects.tables import BudgetSpan
from zamc.strategies.schema import Platform


def exposed(
    session: Session, deployment: Deployment, *, today: date, billed: Mapping[date, int], held: Mapping[str, int] | None = None
) -> Exposure:
    """What it may be billed at most, by its budgets over time. held: for an open end, count no further than the months that are held."""
    spans = within_flight(deployment, projects.budgets(session, [deployment.id]).get(deployment.id, []))
    return exposed_by(deployment, spans, today=today, billed=billed, held=held)


def exposed_by(
    deployment: Deployment, spans: Sequence[Span], *, today: date, billed: Mapping[date, int], held: Mapping[str, int] | None
) -> Exposure:
    """The same for budgets that were read before."""
    until = deployment.ends_on
    if until is None:
        months = sorted(period for period in held or {} if period[:1].isdigit())
        until = _last_day(months[-1]) if months else end_of_next_month(max(today, deployment.starts_on))
    return exposure(platform_of(deployment), spans, until=until, today=today, billed=billed)


def within_flight(deployment: Deployment, rows: Sequence[BudgetSpan]) -> list[Span]:
    """Its budgets over time, oldest first, none of them beyond the end of the flight."""
    ends = deployment.ends_on
    lasts = [(row, row.last_day if ends is None else min(row.last_day or ends, ends)) for row in rows]
    spans = [Span(row.daily_budget_micros, row.first_day, last) for row, last in lasts if last is None or last >= row.first_day]
    return sorted(spans, key=lambda span: span.first)


def today_of(session: Session, clock: Clock, deployment: Deployment) -> date:
    """Today in the deployment's ad account."""
    account = repository.accounts(session, [deployment.ad_account_id])[deployment.ad_account_id]
    return business_date(clock, account.time_zone)


def platform_of(deployment: Deployment) -> Platform:
    return "google_ads" if deployment.platform == "google_ads" else "meta_ads"


def settled_days(session: Session, deployments: Sequence[Deployment]) -> dict[UUID, dict[date, int]]:
    """What each was billed (micros) on its account's days whose facts are final; a final day without a row was billed nothing."""
    spent = facts.spend_by_day(session, [each.id for each in deployments])
    accounts = repository.accounts(session, {each.ad_account_id for each in deployments})
    final = {key: facts.final_days(session, account, after_days=SETTLE_AFTER_DAYS) for key, account in accounts.items()}
    return {each.id: {day: spent.get(each.id, {}).get(day, 0) for day in final[each.ad_account_id]} for each in deployments}


def _last_day(month: str) -> date:
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, monthrange(year, number)[1])
