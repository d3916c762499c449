"""setMemberRole: give somebody a role in a project, or another one."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.types.people import MemberType, RoleName
from zamc.errors import NotFound
from zamc.identity.views import member


@strawberry.type
class MemberRoleSet:
    """It holds everywhere within a second."""

    member: MemberType


SetMemberRoleResult = Annotated[MemberRoleSet | Refused, strawberry.union("SetMemberRoleResult")]


@strawberry.mutation
async def set_member_role(info: Info, project_id: UUID, email: str, role: RoleName) -> SetMemberRoleResult:
    """Set a member's role. A project keeps one owner. Only owners may."""
    context = info.context

    def work(session: Session) -> Outcome:
        user_id = context.services.identity.service.set_role(
            session, email=email, project_id=project_id, role=role.value, by=context.caller.email
        )
        return {"id": str(user_id)}

    def shown(session: Session, outcome: Outcome) -> MemberRoleSet:
        view = member(session, project_id, UUID(outcome["id"]))
        if view is None:
            raise NotFound(f"{email} has no role in project {project_id}")
        return MemberRoleSet(member=MemberType.of(view))

    return await change(info, subject=subjects.project(project_id), work=work, shown=shown, run=context.as_application)
