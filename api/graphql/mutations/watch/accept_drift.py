"""acceptDrift: let our record follow what somebody changed outside."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_drift
from api.graphql.types.deployments import DriftType


@strawberry.type
class DriftAccepted:
    """Our record follows the platform; money has passed the spend policy and the ledger."""

    drift: DriftType


AcceptDriftResult = Annotated[DriftAccepted | Refused, strawberry.union("AcceptDriftResult")]


@strawberry.mutation
async def accept_drift(info: Info, drift_id: UUID) -> AcceptDriftResult:
    """Accept what was changed outside."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.deployments.accept_drift(session, drift_id, by=context.caller.email)
        return {"id": str(drift_id)}

    return await change(info, subject=subjects.drift(drift_id), work=work, shown=lambda *done: DriftAccepted(drift=the_drift(*done)))
