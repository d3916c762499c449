"""removeNotificationEndpoint: tell it nothing more."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused


@strawberry.type
class NotificationEndpointRemoved:
    """Its address and secret are forgotten; what still waited for it is not sent."""

    id: UUID


RemoveNotificationEndpointResult = Annotated[NotificationEndpointRemoved | Refused, strawberry.union("RemoveNotificationEndpointResult")]


@strawberry.mutation
async def remove_notification_endpoint(info: Info, endpoint_id: UUID) -> RemoveNotificationEndpointResult:
    """Remove an endpoint. Only owners may."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.endpoints.remove(session, endpoint_id, by=context.caller.email)
        return {"id": str(endpoint_id)}

    return await change(
        info,
        subject=subjects.endpoint(endpoint_id),
        work=work,
        shown=lambda _, outcome: NotificationEndpointRemoved(id=UUID(outcome["id"])),
    )
