"""rejectCreatives: a person's no to a set of creatives."""

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
from zamc.requests.text_rules import sentence


@strawberry.type
class CreativesRejected:
    """The set is turned down."""

    creative_set: CreativeSetType


RejectCreativesResult = Annotated[CreativesRejected | Refused, strawberry.union("RejectCreativesResult")]


@strawberry.mutation
async def reject_creatives(info: Info, set_id: UUID, reason: str) -> RejectCreativesResult:
    """Turn a set of creatives down. The reason stands in the audit log."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.creatives.reject(session, set_id, by=context.caller.email, reason=sentence(reason, field="reason"))
        return {"id": str(set_id)}

    return await change(
        info, subject=subjects.creative_set(set_id), work=work, shown=lambda *done: CreativesRejected(creative_set=the_set(*done))
    )
