"""createProject: begin a brand's workspace of one's own."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.projects.set_gates import GatesInput
from api.graphql.types.projects import ProjectType
from zamc.errors import NotFound
from zamc.identity import repository as people
from zamc.identity.founding import found
from zamc.projects import views


@strawberry.type
class ProjectCreated:
    """It is yours. Nothing is launched in it before an operator's terminal has set its spend policy."""

    project: ProjectType


CreateProjectResult = Annotated[ProjectCreated | Refused, strawberry.union("CreateProjectResult")]


@strawberry.mutation
async def create_project(info: Info, name: str, gates: GatesInput | None = None) -> CreateProjectResult:
    """Begin a project and own it; one of yours with that name stays as it is. Gates that are left out are kept by a person.

    For whoever owns some project, or anybody while there is none at all; not with a key that has scopes.
    """
    context = info.context
    caller = context.caller

    def work(session: Session) -> Outcome:
        named = {gate: keeper.value for gate, keeper in vars(gates).items() if keeper is not None} if gates else {}
        made = found(session, context.services.projects, context.services.identity.service, caller, name, gates=named)
        context.may_more.add(caller.user_id)
        return {"id": str(made)}

    def shown(session: Session, outcome: Outcome) -> ProjectCreated:
        project_id = UUID(outcome["id"])
        role = people.roles(session, caller.user_id).get(project_id)
        if role is None:
            raise NotFound(f"there is no project {project_id}")
        return ProjectCreated(project=ProjectType.of(views.projects(session, [project_id])[project_id], role))

    return await change(info, subject=None, work=work, shown=shown, run=context.as_application)
