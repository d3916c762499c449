"""removeAccount: forget an ad account's credentials and use it for nothing new."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_account
from api.graphql.types.projects import AccountType


@strawberry.type
class AccountRemoved:
    """Its history stays."""

    account: AccountType


RemoveAccountResult = Annotated[AccountRemoved | Refused, strawberry.union("RemoveAccountResult")]


@strawberry.mutation
async def remove_account(info: Info, account_id: UUID) -> RemoveAccountResult:
    """Remove an account; a conflict while something of it is not over, since nobody could pause it any more. Only owners may."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.accounts.remove(session, account_id, by=context.caller.email)
        return {"id": str(account_id)}

    return await change(
        info, subject=subjects.account(account_id), work=work, shown=lambda *done: AccountRemoved(account=the_account(*done))
    )
