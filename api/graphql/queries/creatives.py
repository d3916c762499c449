"""Queries of creatives."""

from uuid import UUID

import strawberry

from api.graphql import subjects
from api.graphql.context import Info
from api.graphql.pages import Connection
from api.graphql.queries.reading import page_of, thing
from api.graphql.types.creatives import CreativeSetStatus, CreativeSetType
from zamc.creatives import set_pages


@strawberry.type
class CreativeQueries:
    """Queries of creatives."""

    @strawberry.field
    async def creative_sets(
        self, info: Info, project_id: UUID, status: list[CreativeSetStatus] | None = None, first: int = 25, after: str | None = None
    ) -> Connection[CreativeSetType]:
        """A project's sets of creatives, newest first."""
        statuses = None if status is None else [each.value for each in status]
        return await page_of(
            info,
            project_id,
            lambda session, key, size: set_pages.page(session, project_id, statuses=statuses, after=key, limit=size),
            order=set_pages.NEWEST,
            first=first,
            after=after,
            node=CreativeSetType.of,
        )

    @strawberry.field
    async def creative_set(self, info: Info, id: UUID) -> CreativeSetType | None:  # noqa: A002 - what clients call it
        """One set with its members."""
        found = await thing(info, subjects.creative_set(id), lambda session: set_pages.lines(session, [id]).get(id))
        return CreativeSetType.of(found) if found else None
