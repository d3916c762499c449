"""Read models for screens: how far each brief is, from strategy to deployments. Two statements, whatever the number of briefs."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, Uuid, any_, bindparam, select
from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.database.paging import KnownPages, Order, Page, read_page
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
    rows = session.execute(_strategies().where(Strategy.id.in_(ids))).all()
    found = {view.id: view for view in _whole(session, rows)}
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
    statement = _strategies().where(Strategy.project_id == project_id)
    if statuses is not None:
        statement = statement.where(Strategy.status.in_(statuses))
    found = read_page(session, statement, order, after=after, limit=limit)
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
    rows = session.execute(_deployments().where(Deployment.id.in_(ids)))
    return {view.id: view for view in map(_deployment, rows)}


def project_of_deployment(session: Session, deployment_id: UUID) -> UUID | None:
    """Whose it is."""
    return session.scalar(select(Deployment.project_id).where(Deployment.id == deployment_id))


def _strategies() -> Select[*tuple[Any, ...]]:
    return (
        select(Strategy, Project.name, Asset.status, Asset.last_error)
        .join(Project, Project.id == Strategy.project_id)
        .outerjoin(Asset, (Asset.strategy_id == Strategy.id) & (Asset.kind == "set") & (Asset.version == Strategy.version))
    )


def _whole(session: Session, rows: Sequence[Any]) -> list[StrategyView]:
    deployments = _of_strategies(session, [row[0].id for row in rows])
    return [
        StrategyView(
            id=strategy.id,
            project_id=strategy.project_id,
            project=project,
            name=strategy.name,
            status=strategy.status,
            set_status=set_status,
            failure=strategy.last_error or set_error,
            deployments=deployments[strategy.id],
            version=strategy.version,
            plan_hash=strategy.plan_hash,
            approved_by=strategy.approved_by,
            created_at=strategy.created_at,
        )
        for strategy, project, set_status, set_error, *_ in rows
    ]


# What a view shows and no more: rows of a list are read often, and a whole deployment is more than twice as dear.
_SHOWN = [getattr(Deployment, each.name) for each in fields(DeploymentView) if each.name not in {"strategy_id", "external_id"}]

_NAMES = [column.key for column in _SHOWN]


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


_PAGES: KnownPages[DeploymentView] = KnownPages(_listed)


def _of_strategies(session: Session, strategy_ids: Collection[UUID]) -> defaultdict[UUID, list[DeploymentView]]:
    mine = _deployments().where(Asset.strategy_id.in_(strategy_ids))
    found: defaultdict[UUID, list[DeploymentView]] = defaultdict(list)
    for row in session.execute(mine.order_by(Deployment.platform, Deployment.kind.desc())):
        found[row.strategy_id].append(_deployment(row))
    return found


def _deployment(row: Any) -> DeploymentView:
    *shown, strategy_id, external_id = row[: len(_SHOWN) + 2]
    return DeploymentView(**dict(zip(_NAMES, shown, strict=True)), strategy_id=strategy_id, external_id=external_id)
