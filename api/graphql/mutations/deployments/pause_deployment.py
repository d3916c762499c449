"""pauseDeployment: stop one deployment's spending."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, carry_out
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_deployment
from api.graphql.mutations.deployments.pause_project import WAIT_SECONDS
from api.graphql.types.deployments import DeploymentType


@strawberry.type
class DeploymentPaused:
    """confirmed: two read-backs say that it is off. Otherwise its pause is sent again until they do."""

    deployment: DeploymentType
    confirmed: bool


PauseDeploymentResult = Annotated[DeploymentPaused | Refused, strawberry.union("PauseDeploymentResult")]


@strawberry.mutation
async def pause_deployment(info: Info, deployment_id: UUID) -> PauseDeploymentResult:
    """Pause one deployment, and wait until the platform confirms it."""
    context = info.context
    deployments = context.services.deployments

    def before(session: Session) -> None:
        deployments.pause(session, deployment_id, by=context.caller.email)

    def work(_: None) -> Outcome:
        outcome = deployments.confirm_stops([deployment_id], wait_seconds=WAIT_SECONDS)
        return {"id": str(deployment_id), "confirmed": outcome.counts["waiting"] == 0}

    def shown(session: Session, outcome: Outcome) -> DeploymentPaused:
        return DeploymentPaused(deployment=the_deployment(session, outcome), confirmed=outcome["confirmed"])

    return await carry_out(info, subject=subjects.deployment(deployment_id), before=before, work=work, shown=shown)
