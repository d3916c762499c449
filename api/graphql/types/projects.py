"""A project, its accounts, what it may be billed, and who did what in it."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from api.graphql.types.money import MoneyType
from zamc.identity.permission_rules import permissions_of
from zamc.projects.views import AccountView, AuditView, PolicyView, ProjectView


@strawberry.enum
class Platform(Enum):
    """Where ads run."""

    GOOGLE_ADS = "google_ads"
    META_ADS = "meta_ads"


@strawberry.enum
class Keeper(Enum):
    """Who passes a gate: the autopilot, or a person."""

    AUTO = "auto"
    PERSON = "person"


@strawberry.type
class Gates:
    """What a person of the project decides, and what goes on by itself."""

    strategy: Keeper
    creatives: Keeper
    launch: Keeper
    budget: Keeper


@strawberry.type(name="Project")
class ProjectType:
    """A brand's workspace, the caller's role in it, and what that role may do, such as "pause_project"."""

    id: UUID
    name: str
    role: str
    permissions: list[str]
    gates: Gates
    created_at: datetime

    @classmethod
    def of(cls, view: ProjectView, role: str) -> Self:
        kept = {gate: Keeper(view.gates.get(gate, Keeper.PERSON.value)) for gate in ("strategy", "creatives", "launch", "budget")}
        return cls(id=view.id, name=view.name, role=role, permissions=permissions_of(role), gates=Gates(**kept), created_at=view.created_at)


@strawberry.type(name="Account")
class AccountType:
    """An ad account on a platform. connection: "connected", "refused" (connect it again) or "blocked" (settle it with the platform)."""

    id: UUID
    platform: Platform
    external_id: str
    currency: str
    time_zone: str
    connection: str
    connection_reason: str | None
    own_credentials: bool
    credentials_expire_at: datetime | None
    removed: bool

    @classmethod
    def of(cls, view: AccountView) -> Self:
        return cls(**{**vars(view), "platform": Platform(view.platform)})


@strawberry.type
class Reserved:
    """What is reserved of a cap: period is "day", a month such as "2026-12", or "total"."""

    period: str
    amount: MoneyType


@strawberry.type(name="SpendPolicy")
class SpendPolicyType:
    """What a project may be billed at worst in one currency. Only an operator's terminal can change it (`zamc policy set`)."""

    currency: str
    daily_cap: MoneyType
    monthly_cap: MoneyType
    total_cap: MoneyType | None
    platform_caps: JSON
    largest_raise: MoneyType | None
    largest_raise_share: Decimal | None
    raises_per_day: MoneyType | None
    cooldown_seconds: int | None
    approval_above: MoneyType | None
    approvers: int
    overspend: str
    decided_by: str
    reserved: list[Reserved]

    @classmethod
    def of(cls, view: PolicyView) -> Self:
        def money(micros: int | None) -> MoneyType | None:
            return MoneyType.maybe(micros, view.currency)

        return cls(
            currency=view.currency,
            daily_cap=MoneyType.of(view.daily_cap_micros, view.currency),
            monthly_cap=MoneyType.of(view.monthly_cap_micros, view.currency),
            total_cap=money(view.total_cap_micros),
            platform_caps=JSON(dict(view.platform_caps)),
            largest_raise=money(view.largest_raise_micros),
            largest_raise_share=view.largest_raise_share,
            raises_per_day=money(view.daily_raise_micros),
            cooldown_seconds=view.cooldown_seconds,
            approval_above=money(view.approval_above_micros),
            approvers=view.approvers,
            overspend=view.overspend,
            decided_by=view.decided_by,
            reserved=[Reserved(period=period, amount=MoneyType.of(micros, view.currency)) for period, micros in view.reserved.items()],
        )


@strawberry.type(name="AuditEntry")
class AuditEntryType:
    """Who did what to what; entries are never changed. action is such as "strategy.approved"."""

    id: UUID
    actor: str
    action: str
    subject_id: UUID | None
    details: JSON
    created_at: datetime

    @classmethod
    def of(cls, view: AuditView) -> Self:
        return cls(**{**vars(view), "details": JSON(dict(view.details))})
