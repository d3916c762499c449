"""rejectStrategy: a person's no to a plan."""

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
from zamc.requests.text_rules import sentence


@strawberry.type
class StrategyRejected:
    """The plan is turned down."""

    strategy: StrategyType


RejectStrategyResult = Annotated[StrategyRejected | Refused, strawberry.union("RejectStrategyResult")]


@strawberry.mutation
async def reject_strategy(info: Info, strategy_id: UUID, reason: str) -> RejectStrategyResult:
    """Turn a plan, or a brief that is still being written, down. The reason stands in the audit log."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.strategies.reject(session, strategy_id, by=context.caller.email, reason=sentence(reason, field="reason"))
        return {"id": str(strategy_id)}

    return await change(
        info, subject=subjects.strategy(strategy_id), work=work, shown=lambda *done: StrategyRejected(strategy=the_strategy(*done))
    )
