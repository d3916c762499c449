"""pauseProject: the one button that stops a project's spending."""

import asyncio
from typing import Annotated
from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.types import NotFoundError
from zamc.errors import NotFound


@strawberry.type
class ProjectPaused:
    """The platforms acknowledged `paused` pauses; `waiting` others are sent again until they do."""

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
    await context.in_transaction(lambda session: deployments.pause_all(session, by=context.caller.email, project_id=project_id))
    outcome = await asyncio.to_thread(deployments.run_stops)
    return ProjectPaused(paused=outcome.counts["done"], waiting=outcome.counts["waiting"])
