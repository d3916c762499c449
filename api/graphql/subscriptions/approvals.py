"""What waits for a person, as it comes and goes."""

from collections.abc import AsyncIterator
from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.queries.approvals import read_approvals
from api.graphql.types.approvals import ApprovalType
from api.live.context import live


@strawberry.type
class LiveApprovals:
    """Subscriptions of approvals."""

    @strawberry.subscription
    async def approvals(self, info: Info, project_id: UUID) -> AsyncIterator[list[ApprovalType]]:
        """The same as in Query: at first, and whenever it is another."""
        async for _ in live(info).listen(project_id, "zamc.strategy.", "zamc.creatives.", "zamc.deployment.", versions=True):
            yield await read_approvals(info, project_id)
