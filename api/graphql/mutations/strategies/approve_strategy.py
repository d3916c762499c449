"""approveStrategy: a person's yes to exactly the plan that was shown."""

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


@strawberry.type
class StrategyApproved:
    """The plan is approved; creatives follow."""

    strategy: StrategyType


ApproveStrategyResult = Annotated[StrategyApproved | Refused, strawberry.union("ApproveStrategyResult")]


@strawberry.mutation
async def approve_strategy(info: Info, strategy_id: UUID, plan_hash: str) -> ApproveStrategyResult:
    """Approve a plan by the hash of what was seen. Another plan by then is refused as a conflict."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.strategies.approve(session, strategy_id, by=context.caller.email, plan_hash=plan_hash)
        return {"id": str(strategy_id)}

    return await change(
        info, subject=subjects.strategy(strategy_id), work=work, shown=lambda *done: StrategyApproved(strategy=the_strategy(*done))
    )
