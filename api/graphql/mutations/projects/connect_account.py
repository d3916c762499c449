"""connectAccount: give an ad account credentials of its own."""

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
class AccountConnected:
    """The credentials are kept encrypted, and no answer ever holds them. checkAccount says whether they are enough."""

    account: AccountType


ConnectAccountResult = Annotated[AccountConnected | Refused, strawberry.union("ConnectAccountResult")]


@strawberry.mutation
async def connect_account(info: Info, account_id: UUID, credentials: str) -> ConnectAccountResult:
    """Connect an account. credentials: the text that `zamc accounts connect` reads, as YAML or JSON. Only owners may."""
    context = info.context

    def work(session: Session) -> Outcome:
        context.services.accounts.connect(session, account_id, credentials, by=context.caller.email)
        return {"id": str(account_id)}

    return await change(
        info, subject=subjects.account(account_id), work=work, shown=lambda *done: AccountConnected(account=the_account(*done))
    )
