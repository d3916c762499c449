"""removeMember: take somebody's role in a project away."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused


@strawberry.type
class MemberRemoved:
    """They may nothing there any more, within a second."""

    user_id: UUID


RemoveMemberResult = Annotated[MemberRemoved | Refused, strawberry.union("RemoveMemberResult")]


@strawberry.mutation
async def remove_member(info: Info, project_id: UUID, email: str) -> RemoveMemberResult:
    """Take a member's role away. A project keeps one owner. Only owners may."""
    context = info.context

    def work(session: Session) -> Outcome:
        by = context.caller.email
        user_id = context.services.identity.service.set_role(session, email=email, project_id=project_id, role=None, by=by)
        return {"id": str(user_id)}

    def shown(_: Session, outcome: Outcome) -> MemberRemoved:
        return MemberRemoved(user_id=UUID(outcome["id"]))

    return await change(info, subject=subjects.project(project_id), work=work, shown=shown, run=context.as_application)
