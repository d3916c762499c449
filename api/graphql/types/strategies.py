"""A brief, the plan that was written for it, and everything that became of it."""

from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.types.deployments import DeploymentType
from api.graphql.types.money import MoneyType
from zamc.deployments.views import StrategyView
from zamc.strategies.views import PlanView


@strawberry.enum
class StrategyStatus(Enum):
    """How far a strategy is."""

    REQUESTED = "requested"
    DRAFTED = "drafted"
    APPROVED = "approved"
    REJECTED = "rejected"
    FAILED = "failed"


@strawberry.type
class Writing:
    """Who wrote a plan: provider and model, which prompt, for how much. notes: what a reader should know of it."""

    provider: str
    model: str
    prompt_version: str
    cost: MoneyType
    from_cache: bool
    notes: list[str]

    @classmethod
    def of(cls, view: PlanView) -> "Writing | None":
        said = view.provenance
        if "provider" not in said:
            return None
        return cls(
            provider=said["provider"],
            model=said.get("model", ""),
            prompt_version=said.get("prompt_version", ""),
            cost=MoneyType.of(int(said.get("cost_micros", 0)), "USD"),
            from_cache=bool(said.get("cache_hit", False)),
            notes=list(said.get("notes", ())),
        )


@strawberry.type(name="Strategy")
class StrategyType:
    """A brief on its way to live ads. planHash is what an approval must name; it is null before there is a plan."""

    id: UUID
    project_id: UUID
    project: str
    name: str
    status: str
    summary: str
    failure: str | None
    version: int
    plan_hash: str | None
    approved_by: str | None
    created_at: datetime
    deployments: list[DeploymentType]

    @classmethod
    def of(cls, view: StrategyView) -> Self:
        shared = {name: value for name, value in vars(view).items() if name in cls.__annotations__ and name != "deployments"}
        return cls(**shared, summary=view.summary, deployments=[DeploymentType.of(deployment) for deployment in view.deployments])

    @strawberry.field
    async def brief(self, info: Info) -> JSON | None:
        """What the marketer asked for, field by field as in a brief file."""
        found = await info.context.loaders.plans.load(self.id)
        return JSON(dict(found.brief)) if found else None

    @strawberry.field
    async def plan(self, info: Info) -> JSON | None:
        """The plan as it is stored: pitch, flight, channels with budgets and forecasts. Null before it is written."""
        found = await info.context.loaders.plans.load(self.id)
        return JSON(dict(found.plan)) if found and found.plan is not None else None

    @strawberry.field
    async def writing(self, info: Info) -> Writing | None:
        """Who wrote the plan; null before it is written."""
        found = await info.context.loaders.plans.load(self.id)
        return Writing.of(found) if found else None
