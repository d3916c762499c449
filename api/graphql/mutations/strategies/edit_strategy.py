"""editStrategy: a person's words become the next version of a plan."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_strategy
from api.graphql.types.plans import PlanDifference
from api.graphql.types.strategies import StrategyType


@strawberry.type
class StrategyEdited:
    """The next version is there and waits for approval by its planHash; what was approved before goes on until then."""

    strategy: StrategyType
    version: int
    plan_hash: str
    changes: list[PlanDifference]


EditStrategyResult = Annotated[StrategyEdited | Refused, strawberry.union("EditStrategyResult")]


@strawberry.mutation
async def edit_strategy(info: Info, strategy_id: UUID, words: str, seen_hash: str, note: str = "") -> EditStrategyResult:
    """Edit a plan's words, given as YAML or JSON like planVersion.words. seenHash names the version that they were made from.

    Budgets, targeting and everything else that costs or aims is computed anew from the brief, whatever the words say.
    """
    context = info.context

    def work(session: Session) -> Outcome:
        made = context.services.strategies.edit(session, strategy_id, words, by=context.caller.email, seen_hash=seen_hash, note=note)
        return {"id": str(strategy_id), "version": made.version, "hash": made.plan_hash, "changes": [asdict(each) for each in made.changes]}

    def shown(session: Session, outcome: Outcome) -> StrategyEdited:
        changes = [PlanDifference(**{**each, "kind": str(each["kind"])}) for each in outcome["changes"]]
        return StrategyEdited(
            strategy=the_strategy(session, outcome), version=outcome["version"], plan_hash=outcome["hash"], changes=changes
        )

    return await change(info, subject=subjects.strategy(strategy_id), work=work, shown=shown)
