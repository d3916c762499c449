"""Queries. A project in which the caller has no role does not exist for them."""

from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.types import ProjectType, StrategyType
from zamc.deployments import views
from zamc.identity.permission_rules import permissions_of
from zamc.projects import repository as projects

MOST_PER_PAGE = 100


@strawberry.type
class Query:
    """What can be read."""

    @strawberry.field
    async def projects(self, info: Info) -> list[ProjectType]:
        """The caller's projects."""
        caller = info.context.caller
        found = await info.context.in_transaction(lambda session: projects.by_ids(session, caller.projects("read")))
        roles = caller.roles
        return [
            ProjectType(id=project.id, name=project.name, role=roles[project.id], permissions=permissions_of(roles[project.id]))
            for project in found
        ]

    @strawberry.field
    async def strategies(
        self, info: Info, project_id: UUID | None = None, after: UUID | None = None, first: int = 25
    ) -> list[StrategyType]:
        """A page of strategies, newest first, with how far each is. `after` is the last id of the page before; `first` at most 100."""
        readable = info.context.caller.projects("read")
        wanted = [key for key in readable if project_id in (None, key)]
        size = max(1, min(first, MOST_PER_PAGE))
        found = await info.context.in_transaction(lambda session: views.of_projects(session, wanted, after=after, limit=size))
        return [StrategyType.of(view) for view in found]
