"""checkAccount: ask the platform about everything that a launch needs."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import Outcome, carry_out
from api.graphql.context import Info
from api.graphql.failures import Refused
from api.graphql.mutations.answers import the_account
from api.graphql.types.projects import AccountType


@strawberry.type
class AccountFinding:
    """One thing that a launch needs, whether it is there, what the platform said, and what a person does about it ("" when it is good)."""

    name: str
    good: bool
    said: str
    todo: str


@strawberry.type
class AccountChecked:
    """What is well connects a refused account again."""

    account: AccountType
    findings: list[AccountFinding]


CheckAccountResult = Annotated[AccountChecked | Refused, strawberry.union("CheckAccountResult")]


@strawberry.mutation
async def check_account(info: Info, account_id: UUID) -> CheckAccountResult:
    """Check an account with its platform."""
    context = info.context

    def work(_: None) -> Outcome:
        found = context.services.accounts.check(account_id, by=context.caller.email)
        return {"id": str(account_id), "findings": [asdict(each) for each in found]}

    def shown(session: Session, outcome: Outcome) -> AccountChecked:
        findings = [AccountFinding(**each) for each in outcome["findings"]]
        return AccountChecked(account=the_account(session, outcome), findings=findings)

    return await carry_out(info, subject=subjects.account(account_id), work=work, shown=shown)
