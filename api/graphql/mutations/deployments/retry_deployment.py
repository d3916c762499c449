"""retryDeployment: take a launch that failed up again."""

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
from zamc.deployments import retries


@strawberry.type
class DeploymentRetried:
    """The launch is taken up again; what was in doubt is looked up before anything is sent."""

    deployment: DeploymentType


RetryDeploymentResult = Annotated[DeploymentRetried | Refused, strawberry.union("RetryDeploymentResult")]


@strawberry.mutation
async def retry_deployment(info: Info, deployment_id: UUID) -> RetryDeploymentResult:
    """Want a failed deployment on again, and under all-or-nothing its failed siblings with it.

    What was refused before anything of it was planned (no policy, no account, no room) is planned now, and waits for approval as at first.
    """
    context = info.context

    def work(session: Session) -> Outcome:
        retries.retry(session, context.services.clock, deployment_id, by=context.caller.email)
        return {"id": str(deployment_id)}

    return await change(
        info, subject=subjects.deployment(deployment_id), work=work, shown=lambda *done: DeploymentRetried(deployment=the_deployment(*done))
    )
