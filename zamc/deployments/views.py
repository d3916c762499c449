"""Read models for screens: how far each brief is, from strategy to deployments. Two statements, whatever the number of briefs."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
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


@dataclass(frozen=True)
class StrategyView:
    """A brief and everything that became of it. set_status is None before creatives were asked for."""

    id: UUID
    project_id: UUID
    project: str
    name: str
    status: str
    set_status: str | None
    failure: str | None
    deployments: Sequence[DeploymentView]

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


def by_ids(session: Session, ids: Collection[UUID]) -> list[StrategyView]:
    """Those strategies, in the order of the ids."""
    found = {view.id: view for view in _read(session, Strategy.id.in_(ids), limit=len(ids))}
    return [found[key] for key in ids if key in found]


def of_projects(session: Session, project_ids: Collection[UUID], *, after: UUID | None = None, limit: int = 50) -> list[StrategyView]:
    """A page of the projects' strategies, newest first; `after` is the last id of the page before."""
    where = Strategy.project_id.in_(project_ids)
    return _read(session, where if after is None else where & (Strategy.id < after), limit=limit)


def _read(session: Session, where: ColumnElement[bool], *, limit: int) -> list[StrategyView]:
    rows = session.execute(
        select(Strategy, Project.name, Asset.status, Asset.last_error)
        .join(Project, Project.id == Strategy.project_id)
        .outerjoin(Asset, (Asset.strategy_id == Strategy.id) & (Asset.kind == "set") & (Asset.version == Strategy.version))
        .where(where)
        .order_by(Strategy.id.desc())
        .limit(limit)
    ).all()
    deployments = _deployments(session, [strategy.id for strategy, *_ in rows])
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
        )
        for strategy, project, set_status, set_error in rows
    ]


def _deployments(session: Session, strategy_ids: Collection[UUID]) -> defaultdict[UUID, list[DeploymentView]]:
    statement = (
        select(Deployment, Asset.strategy_id, PlatformObject.external_id)
        .join(Asset, Asset.id == Deployment.asset_id)
        .outerjoin(PlatformObject, (PlatformObject.deployment_id == Deployment.id) & (PlatformObject.kind == "campaign"))
        .where(Asset.strategy_id.in_(strategy_ids))
        .order_by(Deployment.platform, Deployment.kind.desc())
    )
    found: defaultdict[UUID, list[DeploymentView]] = defaultdict(list)
    for row, strategy_id, external_id in session.execute(statement):
        found[strategy_id].append(
            DeploymentView(
                id=row.id,
                strategy_id=strategy_id,
                platform=row.platform,
                kind=row.kind,
                status=row.status,
                external_id=external_id,
                currency=row.currency,
                daily_budget_micros=row.daily_budget_micros,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                failure=row.failure,
            )
        )
    return found
