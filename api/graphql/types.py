"""What the API shows. Money is a decimal text and its currency, since GraphQL's Int has 32 bits."""

from datetime import date
from decimal import Decimal
from typing import Self
from uuid import UUID

import strawberry

from zamc.deployments import views
from zamc.money import MICROS, Money, decimals_of


@strawberry.type(name="Money")
class MoneyType:
    """An amount in one currency."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, money: Money) -> Self:
        exact = Decimal(money.micros) / MICROS
        return cls(amount=exact.quantize(Decimal(1).scaleb(-decimals_of(money.currency))), currency=money.currency)


@strawberry.type(name="Project")
class ProjectType:
    """A brand's workspace, the caller's role in it, and what that role may do, such as "pause"."""

    id: UUID
    name: str
    role: str
    permissions: list[str]


@strawberry.type(name="Deployment")
class DeploymentType:
    """One creative set as one kind of campaign on one ad account: search, performance_max, display or meta."""

    id: UUID
    platform: str
    kind: str
    status: str
    external_id: str | None
    daily_budget: MoneyType
    starts_on: date
    ends_on: date | None
    failure: str | None

    @classmethod
    def of(cls, view: views.DeploymentView) -> Self:
        return cls(
            id=view.id,
            platform=view.platform,
            kind=view.kind,
            status=view.status,
            external_id=view.external_id,
            daily_budget=MoneyType.of(Money(view.daily_budget_micros, view.currency)),
            starts_on=view.starts_on,
            ends_on=view.ends_on,
            failure=view.failure,
        )


@strawberry.type(name="Strategy")
class StrategyType:
    """A brief on its way to live ads."""

    id: UUID
    project_id: UUID
    project: str
    name: str
    status: str
    summary: str
    failure: str | None
    deployments: list[DeploymentType]

    @classmethod
    def of(cls, view: views.StrategyView) -> Self:
        return cls(
            id=view.id,
            project_id=view.project_id,
            project=view.project,
            name=view.name,
            status=view.status,
            summary=view.summary,
            failure=view.failure,
            deployments=[DeploymentType.of(deployment) for deployment in view.deployments],
        )


@strawberry.type
class InvalidInputError:
    """The input is not allowed; nothing was changed. field names what, message says what is allowed."""

    field: str
    message: str


@strawberry.type
class NotFoundError:
    """There is no such thing, or not for you."""

    message: str
