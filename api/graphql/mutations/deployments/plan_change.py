"""planChange: what a change of a live deployment would do, to the field and to the cent, before anybody agrees to it."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import operation_of
from api.graphql.context import Info
from api.graphql.failures import Refused, failure_of
from api.graphql.types.deployments import PlannedChange
from api.graphql.types.money import MoneyInput
from zamc.deployments.change_rules import Request
from zamc.deployments.views import DeploymentView, deployments_by_ids
from zamc.errors import InvalidInput, ZamcError


@strawberry.input
class ChangeInput:
    """What is wanted. Give at least one; openEnd takes the end away, endsOn sets it (a day in the ad account's time zone)."""

    daily_budget: MoneyInput | None = None
    ends_on: date | None = None
    open_end: bool = False


PlanChangeResult = Annotated[PlannedChange | Refused, strawberry.union("PlanChangeResult")]


@strawberry.mutation
async def plan_change(info: Info, deployment_id: UUID, wanted: ChangeInput) -> PlanChangeResult:
    """Look at the platform and compute the difference. Nothing is reserved or sent; applyChange carries out exactly this, by its hash."""
    context, operation = info.context, operation_of(info)

    def before(session: Session) -> DeploymentView:
        subjects.allowed(context, session, subjects.deployment(deployment_id), operation)
        return deployments_by_ids(session, [deployment_id])[deployment_id]

    try:
        row = await context.in_transaction(before)
        request = _request(wanted, row.currency)
        planned = await context.outside(lambda: context.services.deployments.plan_change(deployment_id, request, by=context.caller.email))
        return PlannedChange.of(planned)
    except ZamcError as error:
        if (failure := failure_of(error)) is None:
            raise
        return failure


def _request(wanted: ChangeInput, currency: str) -> Request:
    """Raises InvalidInput."""
    if wanted.open_end and wanted.ends_on is not None:
        raise InvalidInput("wanted.endsOn", "and openEnd exclude each other")
    daily = wanted.daily_budget.read("wanted.dailyBudget") if wanted.daily_budget is not None else None
    if daily is not None and daily.currency != currency:
        raise InvalidInput("wanted.dailyBudget.currency", f"must be {currency}, as the ad account's")
    return Request(daily_budget_micros=daily.micros if daily else None, ends_on=wanted.ends_on, open_end=wanted.open_end)
