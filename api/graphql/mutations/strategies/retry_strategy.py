"""retryStrategy: have a plan that could not be written be written again."""

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
from zamc.strategies import retries


@strawberry.type
class StrategyRetried:
    """The strategy is asked for again."""

    strategy: StrategyType


RetryStrategyResult = Annotated[StrategyRetried | Refused, strawberry.union("RetryStrategyResult")]


@strawberry.mutation
async def retry_strategy(info: Info, strategy_id: UUID) -> RetryStrategyResult:
    """Ask again for a strategy that failed."""
    context = info.context

    def work(session: Session) -> Outcome:
        retries.retry(session, context.services.clock, strategy_id, by=context.caller.email)
        return {"id": str(strategy_id)}

    return await change(
        info, subject=subjects.strategy(strategy_id), work=work, shown=lambda *done: StrategyRetried(strategy=the_strategy(*done))
    )
