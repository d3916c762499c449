"""checkNotificationEndpoint: see whether an endpoint works."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_delivery
from api.graphql.types.notifications import DeliveryType


@strawberry.type
class NotificationEndpointChecked:
    """A piece of news of kind TEST is on its way; the notifier sends it within seconds, and `notifications` shows what became of it."""

    delivery: DeliveryType


CheckNotificationEndpointResult = Annotated[NotificationEndpointChecked | Refused, strawberry.union("CheckNotificationEndpointResult")]


@strawberry.mutation
async def check_notification_endpoint(info: Info, endpoint_id: UUID) -> CheckNotificationEndpointResult:
    """Send a test to an endpoint. The same Idempotency-Key again shows how far that one test has come."""
    context = info.context

    def work(session: Session) -> Outcome:
        return {"id": str(context.services.endpoints.test(session, endpoint_id, by=context.caller.email))}

    return await change(
        info,
        subject=subjects.endpoint(endpoint_id),
        work=work,
        shown=lambda *done: NotificationEndpointChecked(delivery=the_delivery(*done)),
    )
