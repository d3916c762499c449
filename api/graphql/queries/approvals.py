"""Queries of what waits for a person."""

from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.queries.reading import list_of
from api.graphql.types.approvals import ApprovalType
from zamc.notifications import waiting_views


async def read_approvals(info: Info, project_id: UUID) -> list[ApprovalType]:
    """What has waited longest first, at most twenty of each sort."""
    return await list_of(info, project_id, lambda session: waiting_views.everything(session, project_id), ApprovalType.of)


@strawberry.type
class ApprovalQueries:
    """Queries of what waits for a person."""

    @strawberry.field
    async def approvals(self, info: Info, project_id: UUID) -> list[ApprovalType]:
        """Everything in a project that waits for somebody's yes or no: what has waited longest first, at most twenty of each sort."""
        return await read_approvals(info, project_id)
