"""What waits for a person of a project, as it is now: plans, creatives, launches and changes of what runs. Every query of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.deployments.tables import Deployment
from zamc.deployments.watch_tables import DeploymentChange
from zamc.projects.tables import Approval
from zamc.strategies.tables import PlanVersion, Strategy

_Query = Select[UUID, str, Any, datetime]


@dataclass(frozen=True)
class Waiting:
    """what: "plan", "creatives", "launch" or "change". id: of the strategy, the set, or the deployment (of a change too).

    mark: the version or hash that a decision would be about.
    """

    what: str
    id: UUID
    name: str
    mark: str
    since: datetime


def plan(session: Session, strategy_id: UUID) -> Waiting | None:
    """The version of a plan that nobody has decided about yet."""
    return _one(session, "plan", _plans().where(Strategy.id == strategy_id))


def creatives(session: Session, set_id: UUID) -> Waiting | None:
    return _one(session, "creatives", _sets().where(Asset.id == set_id))


def launch(session: Session, deployment_id: UUID) -> Waiting | None:
    return _one(session, "launch", _launches().where(Deployment.id == deployment_id))


def change(session: Session, deployment_id: UUID, change_hash: str) -> Waiting | None:
    """A proposed change, whoever is asked to apply it."""
    named = (DeploymentChange.deployment_id == deployment_id, DeploymentChange.change_hash == change_hash)
    return _one(session, "change", _changes().where(*named))


def everything(session: Session, project_id: UUID, *, limit: int = 20) -> Sequence[Waiting]:
    """Of a project, what has waited longest first, at most `limit` of each sort. Four statements.

    Of changes, those that somebody wants already and that need another person; a look at a difference waits for nobody.
    """
    wanted = select(Approval.deployment_id).where(
        Approval.deployment_id == DeploymentChange.deployment_id, Approval.plan_hash == DeploymentChange.change_hash
    )
    queries = {
        "plan": _plans().where(Strategy.project_id == project_id),
        "creatives": _sets().where(Asset.project_id == project_id),
        "launch": _launches().where(Deployment.project_id == project_id),
        "change": _changes().where(DeploymentChange.project_id == project_id, wanted.exists()),
    }
    found = [each for what, query in queries.items() for each in _all(session, what, _oldest(query).limit(limit))]
    return sorted(found, key=lambda each: each.since)


def _oldest(query: _Query) -> _Query:
    return query.order_by(query.selected_columns[3])


def _one(session: Session, what: str, query: _Query) -> Waiting | None:
    return next(iter(_all(session, what, query.limit(1))), None)


def _all(session: Session, what: str, query: _Query) -> list[Waiting]:
    return [Waiting(what, key, name, str(mark), since) for key, name, mark, since in session.execute(query).tuples()]


def _plans() -> _Query:
    joined = select(Strategy.id, Strategy.name, PlanVersion.version, PlanVersion.written_at)
    return joined.join(PlanVersion, PlanVersion.strategy_id == Strategy.id).where(PlanVersion.status == "waiting")


def _sets() -> _Query:
    joined = select(Asset.id, Strategy.name, Asset.provenance["set_hash"].as_string(), Asset.created_at)
    return joined.join(Strategy, Strategy.id == Asset.strategy_id).where(Asset.kind == "set", Asset.status == "ready")


def _launches() -> _Query:
    return select(Deployment.id, Deployment.name, Deployment.plan_hash, Deployment.created_at).where(Deployment.status == "requested")


def _changes() -> _Query:
    joined = select(Deployment.id, Deployment.name, DeploymentChange.change_hash, DeploymentChange.created_at)
    return joined.join(Deployment, Deployment.id == DeploymentChange.deployment_id).where(DeploymentChange.state == "proposed")
