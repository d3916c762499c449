"""pauseEverything: stop the spending of every project in which the caller may."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql.changing import announce
from api.graphql.context import Context, Info
from api.graphql.failures import ErrorCode, ForbiddenError
from api.graphql.mutations.deployments.pause_project import WAIT_SECONDS, ProjectPaused
from zamc.requests.rules import Version

PauseEverythingResult = Annotated[ProjectPaused | ForbiddenError, strawberry.union("PauseEverythingResult")]


@strawberry.mutation
async def pause_everything(info: Info) -> PauseEverythingResult:
    """Pause every deployment of every project that the caller may pause, and wait until the platforms confirm it. Safe to repeat."""
    context = info.context
    deployments, mine = context.services.deployments, context.caller.projects("pause_project")
    if not mine:
        return ForbiddenError(code=ErrorCode.FORBIDDEN, message="there is no project that you may pause")
    stopping: list[UUID] = []
    for project_id in mine:
        # One transaction each: a project that cannot be paused now keeps no other from being paused.
        stopping += await context.in_transaction(partial(_pause, context, project_id))
    outcome = await context.outside(lambda: deployments.confirm_stops(stopping, wait_seconds=WAIT_SECONDS))
    for project_id in mine:
        context.changed.update(await context.in_transaction(partial(_announced, project_id)))
    return ProjectPaused(paused=outcome.counts["done"], waiting=outcome.counts["waiting"])


def _pause(context: Context, project_id: UUID, session: Session) -> Sequence[UUID]:
    context.services.deployments.pause_all(session, by=context.caller.email, project_id=project_id)
    return context.services.deployments.stopping(session, project_id=project_id)


def _announced(project_id: UUID, session: Session) -> dict[UUID, Version]:
    return announce(session, project_id)
