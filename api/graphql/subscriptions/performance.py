"""Performance, whenever new facts of it were read."""

from collections.abc import AsyncIterator
from uuid import UUID

import strawberry

from api.graphql import subjects
from api.graphql.context import Info
from api.graphql.queries.performance import reader
from api.graphql.queries.reading import thing
from api.graphql.types.performance import DateRange, Performance
from api.graphql.types.projects import Platform
from api.live.context import live


@strawberry.type
class LivePerformance:
    """Subscriptions of performance."""

    @strawberry.subscription
    async def performance(
        self,
        info: Info,
        *,
        project_id: UUID,
        range: DateRange,  # noqa: A002 - as in Query
        currency: str | None = None,
        deployment_id: UUID | None = None,
        platform: Platform | None = None,
    ) -> AsyncIterator[Performance | None]:
        """The same as in Query: at first, and whenever it looks different."""
        read = reader(project_id, range, currency=currency, deployment_id=deployment_id, platform=platform)
        async for _ in live(info).listen(project_id, "zamc.performance."):
            yield await thing(info, subjects.project(project_id), read)
