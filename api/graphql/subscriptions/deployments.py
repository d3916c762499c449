"""How far deployments are, as it changes."""

from collections.abc import AsyncIterator
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.context import Info
from api.graphql.pages import size_of
from api.graphql.queries.reading import list_of, thing
from api.graphql.types.deployments import DeploymentStatus, DeploymentType
from api.live.context import live
from zamc.deployments import views

_EVENTS = ("zamc.deployment.", "zamc.budget.", "zamc.performance.")
# On the way from one state to another a deployment passes others that no event tells.
_UNDER_WAY = {"requested", "creating", "created", "enabling", "pausing"}
_LOOK_AGAIN_SECONDS = 2.0


@strawberry.type
class LiveDeployments:
    """Subscriptions of deployments."""

    @strawberry.subscription
    async def deployment(self, info: Info, project_id: UUID, id: UUID) -> AsyncIterator[DeploymentType | None]:  # noqa: A002 - as in Query
        """One deployment of the project; null when it has none like that."""

        def read(session: Session) -> views.DeploymentView | None:
            found = views.deployments_by_ids(session, [id]).get(id)
            return found if found is not None and found.project_id == project_id else None

        async for bell in live(info).listen(project_id, *_EVENTS, versions=True):
            found = await thing(info, subjects.project(project_id), read)
            if found is not None and found.status in _UNDER_WAY:
                bell.ring_in(_LOOK_AGAIN_SECONDS)
            yield DeploymentType.of(found) if found else None

    @strawberry.subscription
    async def deployments(
        self, info: Info, project_id: UUID, status: list[DeploymentStatus] | None = None, first: int = 25
    ) -> AsyncIterator[list[DeploymentType]]:
        """The newest of a project's deployments."""
        size, statuses = size_of(first), None if status is None else [each.value for each in status]

        def read(session: Session) -> list[views.DeploymentView]:
            return list(views.deployment_page(session, project_id, statuses=statuses, limit=size).rows)

        async for bell in live(info).listen(project_id, *_EVENTS, versions=True):
            found = await list_of(info, project_id, read, lambda view: view)
            if any(view.status in _UNDER_WAY for view in found):
                bell.ring_in(_LOOK_AGAIN_SECONDS)
            yield [DeploymentType.of(view) for view in found]
