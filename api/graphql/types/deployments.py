"""A deployment, what was changed outside, what the platform thinks of it, and changes that people plan."""

from datetime import date, datetime
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.types.money import MoneyType
from api.graphql.types.performance import Pacing
from zamc.deployments.proposals import Proposal
from zamc.deployments.views import DeploymentView
from zamc.deployments.watch_views import ChangeView, DriftView, VerdictView


@strawberry.enum
class DeploymentStatus(Enum):
    """How far a deployment is."""

    REQUESTED = "requested"
    CREATING = "creating"
    CREATED = "created"
    ENABLING = "enabling"
    LIVE = "live"
    PAUSING = "pausing"
    PAUSED = "paused"
    FAILED = "failed"
    ENDED = "ended"


@strawberry.type(name="PlatformVerdict")
class PlatformVerdictType:
    """What the platform makes of a deployment in one aspect, and since when we know it."""

    aspect: str
    verdict: str
    details: JSON
    since: datetime

    @classmethod
    def of(cls, view: VerdictView) -> Self:
        return cls(aspect=view.aspect, verdict=view.verdict, details=JSON(view.details), since=view.since)


@strawberry.type(name="Change")
class ChangeType:
    """A change of what is live, as it was planned. state: proposed, applying, done, refused or superseded."""

    id: UUID
    kind: str
    state: str
    change_hash: str
    daily_budget_before: MoneyType
    daily_budget_after: MoneyType
    ends_before: date | None
    ends_after: date | None
    asked_by: str
    applied_by: str | None
    reason: str | None
    created_at: datetime
    resolved_at: datetime | None

    @classmethod
    def of(cls, view: ChangeView, currency: str) -> Self:
        shared = {name: value for name, value in vars(view).items() if name in cls.__annotations__}
        return cls(
            **shared,
            daily_budget_before=MoneyType.of(view.daily_before_micros, currency),
            daily_budget_after=MoneyType.of(view.daily_after_micros, currency),
        )


@strawberry.type(name="Deployment")
class DeploymentType:
    """One creative set as one kind of campaign on one ad account: search, performance_max, display or meta.

    planHash is what an approval must name; externalId is the campaign's on the platform, once there is one.
    """

    id: UUID
    project_id: UUID
    strategy_id: UUID
    ad_account_id: UUID
    name: str
    platform: str
    kind: str
    status: str
    desired_status: str
    external_id: str | None
    plan_hash: str
    approved_by: str | None
    daily_budget: MoneyType
    starts_on: date
    ends_on: date | None
    launched_at: datetime | None
    created_at: datetime
    failure: str | None

    @classmethod
    def of(cls, view: DeploymentView) -> Self:
        # Its values as they are, by the same names: rows of a list are made often, and naming each costs more than all the rest.
        made = object.__new__(cls)
        vars(made).update(vars(view), daily_budget=MoneyType.of(view.daily_budget_micros, view.currency))
        return made

    @strawberry.field
    async def verdicts(self, info: Info) -> list[PlatformVerdictType]:
        """By aspect."""
        return [PlatformVerdictType.of(view) for view in await info.context.loaders.verdicts.load(self.id) or []]

    @strawberry.field
    async def pacing(self, info: Info) -> Pacing | None:
        """What was billed beside what the budgets allowed; null before anything was read."""
        view = await info.context.loaders.pacing.load(self.id)
        return Pacing.of(view, self.daily_budget.currency) if view else None

    @strawberry.field
    async def changes(self, info: Info) -> list[ChangeType]:
        """The newest twenty."""
        found = await info.context.loaders.changes.load(self.id) or []
        return [ChangeType.of(view, self.daily_budget.currency) for view in found]


@strawberry.type(name="Drift")
class DriftType:
    """Something that somebody changed on the platform. state: open, accepting, reverting, accepted, reverted, paused or gone."""

    id: UUID
    deployment_id: UUID
    deployment: str
    platform: str
    object_kind: str
    field: str
    wanted: JSON | None
    seen: JSON | None
    who: str | None
    through: str | None
    changed_at: datetime | None
    state: str
    decided_by: str | None
    note: str | None
    created_at: datetime

    @classmethod
    def of(cls, view: DriftView) -> Self:
        return cls(**{name: value for name, value in vars(view).items() if name in cls.__annotations__})


@strawberry.type
class FieldDifference:
    """One field of one object: what the platform shows, what our record says, what is wanted; in the platform's own units."""

    object_kind: str
    object_ref: str
    field: str
    seen: JSON | None
    recorded: JSON | None
    wanted: JSON | None


@strawberry.type
class PlannedChange:
    """A change as it would be carried out now. Nothing is reserved or sent until applyChange names changeHash.

    worstBefore, worstAfter: what the platforms may bill at worst, by period. refusal: why the spend policy would not let it, or null.
    """

    deployment_id: UUID
    change_hash: str
    daily_budget_before: MoneyType
    daily_budget_after: MoneyType
    ends_before: date | None
    ends_after: date | None
    differences: list[FieldDifference]
    worst_before: JSON
    worst_after: JSON
    refusal: str | None

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        return cls(
            deployment_id=proposal.deployment_id,
            change_hash=proposal.change_hash,
            daily_budget_before=MoneyType.of(proposal.daily_before_micros, proposal.currency),
            daily_budget_after=MoneyType.of(proposal.daily_after_micros, proposal.currency),
            ends_before=proposal.ends_before,
            ends_after=proposal.ends_after,
            differences=[
                FieldDifference(
                    object_kind=each.kind, object_ref=each.local_ref, field=each.field, seen=each.seen, recorded=each.recorded,
                    wanted=each.wanted,
                )
                for each in proposal.differences
            ],
            worst_before=JSON(dict(proposal.held_before)),
            worst_after=JSON(dict(proposal.held_after)),
            refusal=proposal.refusal or None,
        )  # fmt: skip
