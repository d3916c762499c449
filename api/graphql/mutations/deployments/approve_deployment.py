"""approveDeployment: pass the launch gate for exactly the plan that was shown."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_deployment
from api.graphql.types.deployments import DeploymentType


@strawberry.type
class DeploymentApproved:
    """The approval counts for this very plan. It is launched when as many people as needed have approved it."""

    deployment: DeploymentType
    people: list[str]
    needed: int


ApproveDeploymentResult = Annotated[DeploymentApproved | Refused, strawberry.union("ApproveDeploymentResult")]


@strawberry.mutation
async def approve_deployment(info: Info, deployment_id: UUID, plan_hash: str) -> ApproveDeploymentResult:
    """Approve the launch of one deployment by the hash of the plan that was seen."""
    context = info.context

    def work(session: Session) -> Outcome:
        given = context.services.deployments.approve(session, deployment_id, by=context.caller.email, plan_hash=plan_hash)
        return {"id": str(deployment_id), "people": list(given.people), "needed": given.needed}

    def shown(session: Session, outcome: Outcome) -> DeploymentApproved:
        return DeploymentApproved(deployment=the_deployment(session, outcome), people=outcome["people"], needed=outcome["needed"])

    return await change(info, subject=subjects.deployment(deployment_id), work=work, shown=shown)
