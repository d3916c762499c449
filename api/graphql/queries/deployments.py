"""Queries of deployments."""

from enum import Enum
from uuid import UUID

import strawberry

from api.graphql import subjects
from api.graphql.context import Info
from api.graphql.pages import Connection
from api.graphql.queries.reading import page_of, thing
from api.graphql.types.deployments import DeploymentStatus, DeploymentType
from api.graphql.types.projects import Platform
from zamc.deployments import views


@strawberry.enum
class DeploymentSort(Enum):
    """By age, by name, or the largest daily budget first (in micros: compare within one currency)."""

    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    BUDGET = "budget"


_ORDERS = {
    DeploymentSort.NEWEST: views.DEPLOYMENTS_NEWEST,
    DeploymentSort.OLDEST: views.DEPLOYMENTS_OLDEST,
    DeploymentSort.NAME: views.DEPLOYMENTS_BY_NAME,
    DeploymentSort.BUDGET: views.DEPLOYMENTS_BY_BUDGET,
}


@strawberry.type
class DeploymentQueries:
    """Queries of deployments."""

    @strawberry.field
    async def deployments(
        self,
        info: Info,
        *,
        project_id: UUID,
        status: list[DeploymentStatus] | None = None,
        platform: Platform | None = None,
        sort: DeploymentSort = DeploymentSort.NEWEST,
        first: int = 25,
        after: str | None = None,
    ) -> Connection[DeploymentType]:
        """A project's deployments."""
        order, statuses = _ORDERS[sort], None if status is None else [each.value for each in status]
        return await page_of(
            info,
            project_id,
            lambda session, key, size: views.deployment_page(
                session,
                project_id,
                order=order,
                statuses=statuses,
                platform=platform.value if platform else None,
                after=key,
                limit=size,
            ),
            order=order,
            first=first,
            after=after,
            node=DeploymentType.of,
        )

    @strawberry.field
    async def deployment(self, info: Info, id: UUID) -> DeploymentType | None:  # noqa: A002 - what clients call it
        """One deployment."""
        found = await thing(info, subjects.deployment(id), lambda session: views.deployments_by_ids(session, [id]).get(id))
        return DeploymentType.of(found) if found else None
