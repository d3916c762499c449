"""setGates: what a person of the project decides, and what goes on by itself."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.types.projects import Keeper, ProjectType
from zamc.errors import InvalidInput
from zamc.projects import views


@strawberry.input
class GatesInput:
    """Gates that are left out stay as they are."""

    strategy: Keeper | None = None
    creatives: Keeper | None = None
    launch: Keeper | None = None
    budget: Keeper | None = None


@strawberry.type
class GatesSet:
    """From now on; what already waits for a person goes on waiting."""

    project: ProjectType


SetGatesResult = Annotated[GatesSet | Refused, strawberry.union("SetGatesResult")]


@strawberry.mutation
async def set_gates(info: Info, project_id: UUID, gates: GatesInput) -> SetGatesResult:
    """Open gates or close them. Only owners may."""
    context = info.context

    def work(session: Session) -> Outcome:
        named = {name: keeper.value for name, keeper in vars(gates).items() if keeper is not None}
        if not named:
            raise InvalidInput("gates", "must name at least one gate")
        context.services.projects.set_gates(session, project_id, named, by=context.caller.email)
        return {"id": str(project_id)}

    def shown(session: Session, _: Outcome) -> GatesSet:
        view = views.projects(session, [project_id])[project_id]
        return GatesSet(project=ProjectType.of(view, context.caller.roles[project_id]))

    return await change(info, subject=subjects.project(project_id), work=work, shown=shown)
