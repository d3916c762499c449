"""resumeDeployment: want a paused deployment on again."""

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
class DeploymentResumed:
    """It is wanted on: the next run reads it back and enables it, within five minutes."""

    deployment: DeploymentType


ResumeDeploymentResult = Annotated[DeploymentResumed | Refused, strawberry.union("ResumeDeploymentResult")]


@strawberry.mutation
async def resume_deployment(info: Info, deployment_id: UUID) -> ResumeDeploymentResult:
    """Want a paused deployment on again."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.deployments.resume(session, deployment_id, by=context.caller.email)
        return {"id": str(deployment_id)}

    return await change(
        info, subject=subjects.deployment(deployment_id), work=work, shown=lambda *done: DeploymentResumed(deployment=the_deployment(*done))
    )
