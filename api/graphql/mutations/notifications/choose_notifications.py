"""chooseNotifications: what the caller is told about a project by mail."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.types.notifications import NotificationPreference, WantsInput
from zamc.notifications import delivery_views
from zamc.notifications.preferences import choose


@strawberry.type
class NotificationsChosen:
    """It holds for news from now on."""

    preferences: list[NotificationPreference]


ChooseNotificationsResult = Annotated[NotificationsChosen | Refused, strawberry.union("ChooseNotificationsResult")]


@strawberry.mutation
async def choose_notifications(info: Info, project_id: UUID, wants: WantsInput) -> ChooseNotificationsResult:
    """Choose what the caller is told about a project by mail; kinds that are left out stay as they are."""
    context = info.context

    def work(session: Session) -> Outcome:
        choose(session, user_id=context.caller.user_id, project_id=project_id, least=wants.named(), by=context.caller.email)
        return {"id": str(project_id)}

    def shown(session: Session, _: Outcome) -> NotificationsChosen:
        role = {project_id: str(context.caller.roles[project_id])}
        found = delivery_views.preferences(session, context.caller.user_id, role)
        return NotificationsChosen(preferences=[NotificationPreference.of(view) for view in found])

    return await change(info, subject=subjects.project(project_id), work=work, shown=shown)
