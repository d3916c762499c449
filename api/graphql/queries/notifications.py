"""Queries of news, endpoints and preferences."""

from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.pages import Connection
from api.graphql.queries.reading import list_of, page_of
from api.graphql.types.notifications import EndpointType, NotificationKind, NotificationPreference, NotificationType
from zamc.notifications import delivery_repository, delivery_views
from zamc.notifications.endpoints import view_of


@strawberry.type
class NotificationQueries:
    """Queries of news, endpoints and preferences."""

    @strawberry.field
    async def notifications(
        self, info: Info, project_id: UUID, kind: NotificationKind | None = None, first: int = 25, after: str | None = None
    ) -> Connection[NotificationType]:
        """What a project's people were told, newest first, and how far each piece of news has come."""
        return await page_of(
            info,
            project_id,
            lambda session, key, size: delivery_views.page(session, project_id, kind=kind.value if kind else None, after=key, limit=size),
            order=delivery_views.NEWEST,
            first=first,
            after=after,
            node=NotificationType.of,
        )

    @strawberry.field
    async def notification_endpoints(self, info: Info, project_id: UUID) -> list[EndpointType]:
        """A project's Slack and webhook endpoints, oldest first; for owners and managers."""
        return await list_of(
            info, project_id, lambda session: [view_of(row) for row in delivery_repository.endpoints(session, project_id)], EndpointType.of
        )

    @strawberry.field
    async def my_notification_preferences(self, info: Info) -> list[NotificationPreference]:
        """What the caller is told by mail, for each project in which they have a role."""
        caller = info.context.caller
        roles = {project_id: str(role) for project_id, role in caller.roles.items()}
        found = await info.context.in_transaction(lambda session: delivery_views.preferences(session, caller.user_id, roles))
        return [NotificationPreference.of(view) for view in found]
