"""Read models for screens: how far each brief is, from strategy to deployments. Two statements, whatever the number of briefs."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.database.paging import KnownPages, Order, Page
from zamc.database.written import Row, Written
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.projects.tables import Project
from zamc.strategies.tables import Strategy


@dataclass(frozen=True)
class DeploymentView:
    """A deployment as people see it. external_id is the campaign's id on the platform, once there is one."""

    id: UUID
    strategy_id: UUID
    platform: str
    kind: str
    status: str
    external_id: str | None
    currency: str
    daily_budget_micros: int
    starts_on: date
    ends_on: date | None
    failure: str | None
    project_id: UUID
    ad_account_id: UUID
    name: str
    desired_status: str
    plan_hash: str
    approved_by: str | None
    launched_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class StrategyView:
    """A brief and everything that became of it. set_status is None before creatives were asked for; plan_hash before there is a plan."""

    id: UUID
    project_id: UUID
    project: str
    name: str
    status: str
    set_status: str | None
    failure: str | None
    deployments: Sequence[DeploymentView]
    version: int
    plan_hash: str | None
    approved_by: str | None
    created_at: datetime

    @property
    def summary(self) -> str:
        """One word: "live" when every deployment is, else the furthest thing that went wrong or is still to come."""
        if "failed" in (self.status, self.set_status):
            return "failed"
        if not self.deployments:
            return self.set_status or self.status
        states = {deployment.status for deployment in self.deployments}
        if len(states) == 1:
            return states.pop()
        if "failed" in states:
            return "failed"
        return "partly live" if states <= {"live", "paused", "ended"} else "launching"


NEWEST = Order("newest", (Strategy.created_at, Strategy.id), (datetime, UUID))
OLDEST = Order("oldest", (Strategy.created_at, Strategy.id), (datetime, UUID), descending=False)

DEPLOYMENTS_NEWEST = Order("newest", (Deployment.created_at, Deployment.id), (datetime, UUID))
DEPLOYMENTS_OLDEST = Order("oldest", (Deployment.created_at, Deployment.id), (datetime, UUID), descending=False)
DEPLOYMENTS_BY_NAME = Order("name", (Deployment.name, Deployment.id), (str, UUID), descending=False)
DEPLOYMENTS_BY_BUDGET = Order("budget", (Deployment.daily_budget_micros, Deployment.id), (int, UUID))


def by_ids(session: Session, ids: Collection[UUID]) -> list[StrategyView]:
    """Those strategies, in the order of the ids."""
    found = {view.id: view for view in _whole(session, _STRATEGIES.rows(session, ids=list(ids)))}
    return [found[key] for key in ids if key in found]


def page(
    session: Session,
    project_id: UUID,
    *,
    order: Order = NEWEST,
    statuses: Collection[str] | None = None,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Page[StrategyView]:
    """A page of a project's strategies."""
    given: dict[str, Any] = {} if statuses is None else {"statuses": list(statuses)}
    found = _STRATEGY_PAGES.read(session, order, after=after, limit=limit, project=project_id, **given)
    return Page(_whole(session, found.rows), found.keys, found.more)


def deployment_page(
    session: Session,
    project_id: UUID,
    *,
    order: Order = DEPLOYMENTS_NEWEST,
    statuses: Collection[str] | None = None,
    platform: str | None = None,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Page[DeploymentView]:
    """A page of a project's deployments. One statement."""
    filters: dict[str, Any] = {"statuses": None if statuses is None else list(statuses), "platform": platform}
    given = {name: value for name, value in filters.items() if value is not None}
    found = _PAGES.read(session, order, after=after, limit=limit, project=project_id, **given)
    return Page([_deployment(row) for row in found.rows], found.keys, found.more)


def deployments_by_ids(session: Session, ids: Collection[UUID]) -> dict[UUID, DeploymentView]:
    """Those deployments, by id."""
    return {view.id: view for view in map(_deployment, _BY_IDS.rows(session, ids=list(ids)))}


def project_of_deployment(session: Session, deployment_id: UUID) -> UUID | None:
    """Whose it is."""
    return session.scalar(select(Deployment.project_id).where(Deployment.id == deployment_id))


# What a view shows and no more: rows of a list are read often, and a whole deployment is more than twice as dear.
_SHOWN = [getattr(Deployment, each.name) for each in fields(DeploymentView) if each.name not in {"strategy_id", "external_id"}]
_NAMES = (*(column.key for column in _SHOWN), "strategy_id", "external_id")
_STRATEGY_SHOWN = {
    "id": Strategy.id,
    "project_id": Strategy.project_id,
    "project": Project.name,
    "name": Strategy.name,
    "status": Strategy.status,
    "set_status": Asset.status,
    "failure": func.coalesce(func.nullif(Strategy.last_error, ""), Asset.last_error),
    "version": Strategy.version,
    "plan_hash": Strategy.plan_hash,
    "approved_by": Strategy.approved_by,
    "created_at": Strategy.created_at,
}


def _strategies() -> Select[*tuple[Any, ...]]:
    return (
        select(*_STRATEGY_SHOWN.values())
        .join(Project, Project.id == Strategy.project_id)
        .outerjoin(Asset, (Asset.strategy_id == Strategy.id) & (Asset.kind == "set") & (Asset.version == Strategy.version))
    )


def _listed_strategies(names: Collection[str]) -> Select[*tuple[Any, ...]]:
    statement = _strategies().where(Strategy.project_id == bindparam("project", type_=Uuid()))
    return statement if "statuses" not in names else statement.where(Strategy.status == any_(bindparam("statuses", type_=ARRAY(Text))))


def _deployments() -> Select[*tuple[Any, ...]]:
    return (
        select(*_SHOWN, Asset.strategy_id, PlatformObject.external_id)
        .join(Asset, Asset.id == Deployment.asset_id)
        .outerjoin(PlatformObject, (PlatformObject.deployment_id == Deployment.id) & (PlatformObject.kind == "campaign"))
    )


def _listed(names: Collection[str]) -> Select[*tuple[Any, ...]]:
    statement = _deployments().where(Deployment.project_id == bindparam("project", type_=Uuid()))
    if "statuses" in names:
        statement = statement.where(Deployment.status == any_(bindparam("statuses", type_=ARRAY(Text))))
    if "platform" in names:
        statement = statement.where(Deployment.platform == bindparam("platform", type_=Text))
    return statement


_IDS = any_(bindparam("ids", type_=ARRAY(Uuid())))
_STRATEGY_PAGES: KnownPages[StrategyView] = KnownPages(_listed_strategies)
_STRATEGIES = Written(lambda: _strategies().where(Strategy.id == _IDS))
_PAGES: KnownPages[DeploymentView] = KnownPages(_listed)
_BY_IDS = Written(lambda: _deployments().where(Deployment.id == _IDS))
_OF_STRATEGIES = Written(lambda: _deployments().where(Asset.strategy_id == _IDS).order_by(Deployment.platform, Deployment.kind.desc()))


def _whole(session: Session, found: Sequence[Row]) -> list[StrategyView]:
    deployments: defaultdict[UUID, list[DeploymentView]] = defaultdict(list)
    for row in _OF_STRATEGIES.rows(session, ids=[row[0] for row in found]) if found else ():
        view = _deployment(row)
        deployments[view.strategy_id].append(view)
    return [StrategyView(**dict(zip(_STRATEGY_SHOWN, row, strict=False)), deployments=deployments[row[0]]) for row in found]


def _deployment(row: Row) -> DeploymentView:
    # Its values by their names, as a frozen dataclass holds them: setting each by itself costs more than reading the row.
    made = object.__new__(DeploymentView)
    made.__dict__.update(zip(_NAMES, row, strict=False))
    return made
