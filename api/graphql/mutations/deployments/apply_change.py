"""applyChange: carry out exactly the change that was shown."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, carry_out
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_deployment
from api.graphql.types.deployments import ChangeType, DeploymentType
from zamc.deployments.watch_views import change_by_hash
from zamc.errors import NotFound


@strawberry.type
class ChangeApplied:
    """The change is intended; the next run sends it and reads it back. change.state says how far it is."""

    deployment: DeploymentType
    change: ChangeType


ApplyChangeResult = Annotated[ChangeApplied | Refused, strawberry.union("ApplyChangeResult")]


@strawberry.mutation
async def apply_change(info: Info, deployment_id: UUID, change_hash: str) -> ApplyChangeResult:
    """Apply a planned change by its hash. When the platform, the money or the policy has moved since, it is refused as a conflict."""
    context = info.context

    def work(_: None) -> Outcome:
        context.services.deployments.apply_change(deployment_id, change_hash, by=context.caller.email)
        return {"id": str(deployment_id), "hash": change_hash}

    def shown(session: Session, outcome: Outcome) -> ChangeApplied:
        deployment, change = the_deployment(session, outcome), change_by_hash(session, deployment_id, outcome["hash"])
        if change is None:
            raise NotFound("no plan of this deployment has that hash")
        return ChangeApplied(deployment=deployment, change=ChangeType.of(change, deployment.daily_budget.currency))

    return await carry_out(info, subject=subjects.deployment(deployment_id), work=work, shown=shown)
