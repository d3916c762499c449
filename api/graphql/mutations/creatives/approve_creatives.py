"""approveCreatives: a person's yes to exactly the creatives that were shown."""

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


@strawberry.type
class CreativesApproved:
    """The set is approved; its launch follows."""

    creative_set: CreativeSetType


ApproveCreativesResult = Annotated[CreativesApproved | Refused, strawberry.union("ApproveCreativesResult")]


@strawberry.mutation
async def approve_creatives(info: Info, set_id: UUID, set_hash: str) -> ApproveCreativesResult:
    """
    Approve a set of creatives by the hash of what was seen. Again, it launches what could not be launched for want of any account.
    """
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.creatives.approve(session, set_id, by=context.caller.email, set_hash=set_hash)
        return {"id": str(set_id)}

    return await change(
        info, subject=subjects.creative_set(set_id), work=work, shown=lambda *done: CreativesApproved(creative_set=the_set(*done))
    )
