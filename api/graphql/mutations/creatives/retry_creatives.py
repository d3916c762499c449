"""retryCreatives: have the missing members of a failed set made."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_set
from api.graphql.types.creatives import CreativeSetType
from zamc.creatives import retries


@strawberry.type
class CreativesRetried:
    """What is missing is being made; what was made stays."""

    creative_set: CreativeSetType


RetryCreativesResult = Annotated[CreativesRetried | Refused, strawberry.union("RetryCreativesResult")]


@strawberry.mutation
async def retry_creatives(info: Info, set_id: UUID) -> RetryCreativesResult:
    """Ask again for a set of creatives that failed."""
    context = info.context

    def work(session: Session) -> Outcome:
        retries.retry(session, context.services.clock, set_id, by=context.caller.email)
        return {"id": str(set_id)}

    return await change(
        info, subject=subjects.creative_set(set_id), work=work, shown=lambda *done: CreativesRetried(creative_set=the_set(*done))
    )
