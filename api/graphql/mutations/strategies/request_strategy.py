"""requestStrategy: hand in a brief. The same brief twice is one strategy."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_strategy
from api.graphql.types.strategies import StrategyType
from zamc.strategies.brief_rules import check_brief
from zamc.strategies.yaml_reader import read_yaml


@strawberry.type
class StrategyRequested:
    """The brief was accepted; the plan follows."""

    strategy: StrategyType


RequestStrategyResult = Annotated[StrategyRequested | Refused, strawberry.union("RequestStrategyResult")]


@strawberry.mutation
async def request_strategy(info: Info, project_id: UUID, brief_yaml: str) -> RequestStrategyResult:
    """Ask for a strategy. brief_yaml is the `brief:` part of a brief file, as YAML or JSON."""
    context = info.context

    def work(session: Session) -> Outcome:
        strategy_id = context.services.strategies.request(
            session, project_id=project_id, brief=check_brief(read_yaml(brief_yaml)), requested_by=context.caller.email
        )
        return {"id": str(strategy_id)}

    return await change(
        info, subject=subjects.project(project_id), work=work, shown=lambda *done: StrategyRequested(strategy=the_strategy(*done))
    )
