"""revertDrift: let the platform follow our record again."""

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
class DriftReverted:
    """It is asked for; the next run carries it out and reads it back."""

    drift: DriftType


RevertDriftResult = Annotated[DriftReverted | Refused, strawberry.union("RevertDriftResult")]


@strawberry.mutation
async def revert_drift(info: Info, drift_id: UUID) -> RevertDriftResult:
    """Put back what was changed outside."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.deployments.revert_drift(session, drift_id, by=context.caller.email)
        return {"id": str(drift_id)}

    return await change(info, subject=subjects.drift(drift_id), work=work, shown=lambda *done: DriftReverted(drift=the_drift(*done)))
