"""Queries of members and keys."""

from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.pages import Connection
from api.graphql.queries.reading import page_of
from api.graphql.types.people import ApiKeyType, MemberType
from zamc.identity import views


@strawberry.type
class PeopleQueries:
    """Queries of members and keys."""

    @strawberry.field
    async def members(self, info: Info, project_id: UUID, first: int = 25, after: str | None = None) -> Connection[MemberType]:
        """Who has a role in a project, by address."""
        return await page_of(
            info,
            project_id,
            lambda session, key, size: views.member_page(session, project_id, after=key, limit=size),
            order=views.BY_EMAIL,
            first=first,
            after=after,
            node=MemberType.of,
        )

    @strawberry.field
    async def api_keys(self, info: Info) -> list[ApiKeyType]:
        """The caller's own keys, newest first."""
        context = info.context
        rows = await context.as_application(lambda session: context.services.identity.service.keys(session, context.caller))
        return [ApiKeyType.of(row) for row in rows]
