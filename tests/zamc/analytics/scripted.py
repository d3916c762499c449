"""A platform at the port: it reports what a test wrote down, and may break half-way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from zamc.analytics.rules import DEFAULT_WINDOW, ConversionRow, FactRow, Grain, Subject
from zamc.creatives.tables import Asset
from zamc.database.base import Base
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.database.ids import uuid7
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.projects.tables import AdAccount, Project
from zamc.strategies.tables import Strategy

DAY = date(2026, 11, 19)


@dataclass
class ScriptedSource:
    """`rows` is the whole report; days and grains outside of what is asked for are left out."""

    rows: list[FactRow | ConversionRow] = field(default_factory=list)
    grains: Sequence[Grain] = tuple(Grain)
    before: Callable[[Grain], None] | None = None
    asked: list[tuple[Grain, date, date]] = field(default_factory=list)
    also_outside: bool = False

    def fetch(self, _account: AdAccount, grain: Grain, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow]:
        refuse_inside_transaction("the scripted platform")
        self.asked.append((grain, first_day, last_day))
        if self.before:
            self.before(grain)
        for row in self.rows:
            if row.subject.grain == grain and (self.also_outside or first_day <= row.subject.day <= last_day):
                yield row


def subject(
    grain: Grain = Grain.CAMPAIGN, object_id: str = "1", *, day: date = DAY, currency: str = "EUR", campaign_id: str | None = "1"
) -> Subject:
    return Subject(grain, object_id, day, currency, campaign_id=None if grain is Grain.ACCOUNT else campaign_id, label="a name")


def fact(about: Subject | None = None, *, impressions: int = 1000, clicks: int = 50, spend: int = 20_000_000) -> FactRow:
    return FactRow(about or subject(), impressions, clicks, spend)


def conversion(
    about: Subject | None = None, *, count: str = "2", value: int = 34_000_000, action: str = "purchase", counted: bool = True
) -> ConversionRow:
    return ConversionRow(about or subject(), action, DEFAULT_WINDOW if counted else "1d_click", counted, Decimal(count), value)


@dataclass(frozen=True)
class Launched:
    """What a launch leaves in the record."""

    account: AdAccount
    deployment_id: UUID
    project_id: UUID
    strategy_id: UUID


def launched(
    database: Database,
    *,
    platform: str = "google_ads",
    currency: str = "EUR",
    campaign_id: str = "customers/9/campaigns/1",
    starts_on: date = date(2026, 11, 1),
    external_id: str = "9",
    zone: str = "Europe/Berlin",
    name: str = "A brief",
) -> Launched:
    """A project, an account and one live deployment with its campaign bound."""
    project_id, strategy_id, asset_id, deployment_id = (uuid7() for _ in range(4))
    whose = {"project_id": project_id}
    account = AdAccount(id=uuid7(), **whose, platform=platform, external_id=external_id, currency=currency, time_zone=zone)
    rows: list[Base] = [
        Project(id=project_id, name=f"{name} {project_id}"),
        account,
        Strategy(id=strategy_id, **whose, name=name, request_key=str(strategy_id), brief={"goal": "leads"}, status="approved"),
        Asset(id=asset_id, **whose, strategy_id=strategy_id, kind="set", local_ref="set", status="approved"),
        Deployment(
            id=deployment_id,
            **whose,
            asset_id=asset_id,
            ad_account_id=account.id,
            platform=platform,
            kind="meta" if platform == "meta_ads" else "search",
            name=f"{name} / {platform}",
            status="live",
            desired_status="enabled",
            launch_mode="best_effort",
            plan_hash="0",
            currency=currency,
            daily_budget_micros=50_000_000,
            starts_on=starts_on,
        ),
        PlatformObject(
            obj_key=uuid7(),
            **whose,
            deployment_id=deployment_id,
            ad_account_id=account.id,
            platform=platform,
            kind="campaign",
            local_ref="campaign",
            position=0,
            spec={},
            spec_hash="0",
            desired_status="enabled",
            generation=1,
            external_id=campaign_id,
        ),
    ]
    with database.transaction() as session:
        for row in rows:
            session.add(row)
            session.flush()
    return Launched(account=account, deployment_id=deployment_id, project_id=project_id, strategy_id=strategy_id)
