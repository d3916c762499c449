"""That something of a project has changed: for screens that then ask again what they show."""

from collections.abc import AsyncIterator
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql.context import Info
from api.graphql.types.performance import Count
from api.live.context import live
from zamc.requests import repository


@strawberry.type
class ProjectChange:
    """version rises with every change of what a project's screens show."""

    project_id: UUID
    version: Count


@strawberry.type
class LiveChanges:
    """Subscriptions of changes."""

    @strawberry.subscription
    async def changes(self, info: Info, project_id: UUID) -> AsyncIterator[ProjectChange]:
        """How new a project's data are: at first, and whenever they have changed; of several changes in a row the last one."""

        def read(session: Session) -> int:
            return repository.versions(session, [project_id])[project_id].whole

        async for _ in live(info).listen(project_id, "zamc.", versions=True):
            yield ProjectChange(project_id=project_id, version=Count(await live(info).as_application(read)))
