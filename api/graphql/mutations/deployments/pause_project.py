"""pauseProject: the one button that stops a project's spending."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, carry_out
from api.graphql.context import Info
from api.graphql.failures import Refused

# A person waits at the screen, and a thread of the API with them; what takes longer is gone on with by the schedules.
WAIT_SECONDS = 20.0


@strawberry.type
class ProjectPaused:
    """`paused` deployments of the project are off, confirmed by two read-backs; `waiting` others are sent again until they are."""

    paused: int
    waiting: int


PauseProjectResult = Annotated[ProjectPaused | Refused, strawberry.union("PauseProjectResult")]


@strawberry.mutation
async def pause_project(info: Info, project_id: UUID) -> PauseProjectResult:
    """Pause every deployment of a project, and wait until the platforms confirm it."""
    context = info.context
    deployments = context.services.deployments

    def before(session: Session) -> Sequence[UUID]:
        deployments.pause_all(session, by=context.caller.email, project_id=project_id)
        return deployments.stopping(session, project_id=project_id)

    def work(stopping: Sequence[UUID]) -> Outcome:
        outcome = deployments.confirm_stops(stopping, wait_seconds=WAIT_SECONDS)
        return {"paused": outcome.counts["done"], "waiting": outcome.counts["waiting"]}

    def shown(_: Session, outcome: Outcome) -> ProjectPaused:
        return ProjectPaused(paused=outcome["paused"], waiting=outcome["waiting"])

    return await carry_out(info, subject=subjects.project(project_id), before=before, work=work, shown=shown)
