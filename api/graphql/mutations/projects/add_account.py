"""addAccount: name an ad account that campaigns of the project may run on."""

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, change
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_account
from api.graphql.types.projects import AccountType, Platform


@strawberry.input
class AccountInput:
    """externalId: digits for Google Ads, act_ and digits for Meta. Currency and time zone are the account's own and never change."""

    platform: Platform
    external_id: str
    currency: str
    time_zone: str
    page_id: str | None = None
    pixel_id: str | None = None
    conversion_action: str | None = None


@strawberry.type
class AccountAdded:
    """The account is there; adding it again changes nothing."""

    account: AccountType


AddAccountResult = Annotated[AccountAdded | Refused, strawberry.union("AddAccountResult")]


@strawberry.mutation
async def add_account(info: Info, project_id: UUID, account: AccountInput) -> AddAccountResult:
    """Add an ad account to a project. Only owners may."""
    context = info.context

    def work(session: Session) -> Outcome:
        values = {**vars(account), "platform": account.platform.value}
        row = context.services.projects.add_account(session, project_id, by=context.caller.email, **values)
        return {"id": str(row.id)}

    return await change(info, subject=subjects.project(project_id), work=work, shown=lambda *done: AccountAdded(account=the_account(*done)))
