"""Queries of strategies."""

from enum import Enum
from uuid import UUID

import strawberry

from api.graphql import subjects
from api.graphql.context import Info
from api.graphql.pages import Connection
from api.graphql.queries.reading import page_of, thing
from api.graphql.types.strategies import StrategyStatus, StrategyType
from zamc.deployments import views


@strawberry.enum
class StrategySort(Enum):
    """By when it was asked for."""

    NEWEST = "newest"
    OLDEST = "oldest"


_ORDERS = {StrategySort.NEWEST: views.NEWEST, StrategySort.OLDEST: views.OLDEST}


@strawberry.type
class StrategyQueries:
    """Queries of strategies."""

    @strawberry.field
    async def strategies(
        self,
        info: Info,
        *,
        project_id: UUID,
        status: list[StrategyStatus] | None = None,
        sort: StrategySort = StrategySort.NEWEST,
        first: int = 25,
        after: str | None = None,
    ) -> Connection[StrategyType]:
        """A project's briefs, with how far each is."""
        order, statuses = _ORDERS[sort], None if status is None else [each.value for each in status]
        return await page_of(
            info,
            project_id,
            lambda session, key, size: views.page(session, project_id, order=order, statuses=statuses, after=key, limit=size),
            order=order,
            first=first,
            after=after,
            node=StrategyType.of,
        )

    @strawberry.field
    async def strategy(self, info: Info, id: UUID) -> StrategyType | None:  # noqa: A002 - what clients call it
        """One brief and everything that became of it."""
        found = await thing(info, subjects.strategy(id), lambda session: views.by_ids(session, [id]))
        return StrategyType.of(found[0]) if found else None
