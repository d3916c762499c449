"""addNotificationEndpoint: tell a project's news to Slack, or to a webhook."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_endpoint
from api.graphql.types.notifications import EndpointChannel, EndpointType, WantsInput


@strawberry.input
class NotificationEndpointInput:
    """url: https, of a public host. What Slack gives for an incoming webhook, or where your own service listens."""

    channel: EndpointChannel
    name: str
    url: str
    wants: WantsInput | None = None


@strawberry.type
class NotificationEndpointAdded:
    """signingSecret: what the receiver of a webhook verifies with, shown this once; null for Slack."""

    endpoint: EndpointType
    signing_secret: str | None


AddNotificationEndpointResult = Annotated[NotificationEndpointAdded | Refused, strawberry.union("AddNotificationEndpointResult")]


@strawberry.mutation
async def add_notification_endpoint(info: Info, project_id: UUID, endpoint: NotificationEndpointInput) -> AddNotificationEndpointResult:
    """Add an endpoint to a project: news of it leaves the installation from then on. Only owners may."""
    context = info.context

    def work(session: Session) -> Outcome:
        wants = endpoint.wants.named() if endpoint.wants else {}
        added = context.services.endpoints.add(
            session, project_id, channel=endpoint.channel.value, name=endpoint.name, url=endpoint.url, wants=wants, by=context.caller.email
        )
        return {"id": str(added.endpoint.id)}

    def shown(session: Session, outcome: Outcome) -> NotificationEndpointAdded:
        # From the vault, not from what the key remembers: that must hold no secret.
        secret = context.services.endpoints.secret(session, UUID(outcome["id"]))
        return NotificationEndpointAdded(endpoint=the_endpoint(session, outcome), signing_secret=secret or None)

    return await change(info, subject=subjects.project(project_id), work=work, shown=shown)
