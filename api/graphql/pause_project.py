"""pauseProject: the one button that stops a project's spending."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql.context import Info
from api.graphql.types import NotFoundError
from zamc.errors import NotFound

# A person waits at the screen, and a thread of the API with them; what takes longer is gone on with by the schedules.
WAIT_SECONDS = 20.0


@strawberry.type
class ProjectPaused:
    """`paused` deployments of the project are off, confirmed by two read-backs; `waiting` others are sent again until they are."""

    paused: int
    waiting: int


PauseProjectResult = Annotated[ProjectPaused | NotFoundError, strawberry.union("PauseProjectResult")]


@strawberry.mutation
async def pause_project(info: Info, project_id: UUID) -> PauseProjectResult:
    """Pause every deployment of a project, and wait until the platforms confirm it."""
    context = info.context
    try:
        context.caller.require(project_id, "pause")
    except NotFound as error:
        return NotFoundError(message=str(error))
    deployments = context.services.deployments

    def pause(session: Session) -> Sequence[UUID]:
        deployments.pause_all(session, by=context.caller.email, project_id=project_id)
        return deployments.stopping(session, project_id=project_id)

    stopping = await context.in_transaction(pause)
    outcome = await asyncio.to_thread(deployments.confirm_stops, stopping, wait_seconds=WAIT_SECONDS)
    return ProjectPaused(paused=outcome.counts["done"], waiting=outcome.counts["waiting"])
