"""requestStrategy: hand in a brief. The same brief twice is one strategy."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql.context import Info
from api.graphql.types import InvalidInputError, NotFoundError, StrategyType
from zamc.deployments import views
from zamc.errors import InvalidInput, NotFound
from zamc.strategies.brief_rules import check_brief
from zamc.strategies.yaml_reader import read_yaml


@strawberry.type
class StrategyRequested:
    """The brief was accepted; the plan follows."""

    strategy: StrategyType


RequestStrategyResult = Annotated[StrategyRequested | InvalidInputError | NotFoundError, strawberry.union("RequestStrategyResult")]


@strawberry.mutation
async def request_strategy(info: Info, project_id: UUID, brief_yaml: str) -> RequestStrategyResult:
    """Ask for a strategy. brief_yaml is the `brief:` part of a brief file, as YAML or JSON."""
    context = info.context

    def work(session: Session) -> views.StrategyView:
        strategy_id = context.services.strategies.request(
            session, project_id=project_id, brief=check_brief(read_yaml(brief_yaml)), requested_by=context.caller.email
        )
        session.flush()
        return views.by_ids(session, [strategy_id])[0]

    try:
        context.caller.require(project_id, "request_strategy")
        return StrategyRequested(strategy=StrategyType.of(await context.in_transaction(work)))
    except InvalidInput as error:
        return InvalidInputError(field=error.field, message=error.sentence)
    except NotFound as error:
        return NotFoundError(message=str(error))
