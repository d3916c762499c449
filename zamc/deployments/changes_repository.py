"""Every query of changes of what is live: what was shown, what is being applied, and their updates."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from zamc.deployments.repository import OPEN, of_strategies
from zamc.deployments.rules import State, Verb
from zamc.deployments.tables import Deployment, Operation
from zamc.deployments.watch_tables import DeploymentChange


def due_updates(session: Session, *, states: Collection[str], only: Collection[UUID] | None, now: datetime, limit: int) -> Sequence[UUID]:
    """Deployments with an update to send (planned) or to read back (sent). A hint: the claim looks again."""
    free = or_(Operation.lease_until.is_(None), Operation.lease_until < now)
    statement = (
        select(Deployment.id)
        .join(Operation, Operation.deployment_id == Deployment.id)
        .where(Operation.verb == Verb.UPDATE, Operation.state.in_(states), Operation.next_attempt_at <= now, free)
        .group_by(Deployment.id)
        .order_by(func.min(Operation.next_attempt_at))
        .limit(limit)
    )
    return session.scalars(of_strategies(statement, only)).all()


def proposal(session: Session, deployment_id: UUID, change_hash: str) -> DeploymentChange | None:
    """The newest change of that hash, whatever became of it."""
    named = (DeploymentChange.deployment_id == deployment_id, DeploymentChange.change_hash == change_hash)
    return session.scalars(select(DeploymentChange).where(*named).order_by(DeploymentChange.id.desc()).limit(1)).one_or_none()


def change_of(session: Session, deployment_id: UUID, generation: int) -> DeploymentChange | None:
    """The change that an intention asked for."""
    named = (
        DeploymentChange.deployment_id == deployment_id,
        DeploymentChange.generation == generation,
        DeploymentChange.state != "proposed",
    )
    return session.scalars(select(DeploymentChange).where(*named).execution_options(populate_existing=True)).one_or_none()


def applying(session: Session, deployment_id: UUID) -> DeploymentChange | None:
    named = (DeploymentChange.deployment_id == deployment_id, DeploymentChange.state == "applying")
    return session.scalars(select(DeploymentChange).where(*named).order_by(DeploymentChange.generation)).first()


def finished_changes(session: Session, *, only: Collection[UUID] | None) -> Sequence[UUID]:
    """Deployments with a change whose operations have all come to an end."""
    open_ops = exists().where(
        Operation.deployment_id == DeploymentChange.deployment_id,
        Operation.generation == DeploymentChange.generation,
        Operation.verb == Verb.UPDATE,
        Operation.state.in_(OPEN),
    )
    statement = (
        select(Deployment.id)
        .join(DeploymentChange, DeploymentChange.deployment_id == Deployment.id)
        .where(DeploymentChange.state == "applying", ~open_ops)
    )
    return session.scalars(of_strategies(statement, only)).all()


def changes(session: Session, deployment_id: UUID, *, limit: int = 20) -> Sequence[DeploymentChange]:
    """Newest first."""
    named = DeploymentChange.deployment_id == deployment_id
    return session.scalars(select(DeploymentChange).where(named).order_by(DeploymentChange.id.desc()).limit(limit)).all()


def forget_proposals(session: Session, deployment_id: UUID, *, before: int) -> None:
    """What was shown of generations before that one, and not applied, was no change, and goes. Its hash has long been void."""
    named = (DeploymentChange.deployment_id == deployment_id, DeploymentChange.state == "proposed", DeploymentChange.generation < before)
    session.execute(delete(DeploymentChange).where(*named))


def updates_of(session: Session, deployment_id: UUID, generation: int) -> Sequence[Operation]:
    named = (Operation.deployment_id == deployment_id, Operation.generation == generation, Operation.verb == Verb.UPDATE)
    return session.scalars(select(Operation).where(*named).order_by(Operation.step).execution_options(populate_existing=True)).all()


def supersede_updates(session: Session, deployment_id: UUID, *, at: datetime) -> None:
    """Updates that were not sent yet will never be."""
    named = (Operation.deployment_id == deployment_id, Operation.verb == Verb.UPDATE, Operation.state == State.PLANNED)
    session.execute(update(Operation).where(*named).values(state=State.SUPERSEDED, resolved_at=at, lease_until=None))
