"""What is due: changes to send, doubts to look up, pauses to send or verify, trees to read back. Hints all: whoever claims looks again."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from zamc.creatives.tables import Asset
from zamc.deployments.repository import IN_FLIGHT, OPEN, of_strategies
from zamc.deployments.rules import Lane, State, Status, Verb
from zamc.deployments.tables import Deployment, Operation


def due_for_change(
    session: Session, *, verbs: Collection[str], platform: str | None, only: Collection[UUID] | None, now: datetime, limit: int
) -> Sequence[UUID]:
    """Deployments that have a planned change due and nothing of that lane in flight, longest due first. A hint: claim looks again."""
    other = aliased(Operation)
    of_lane = (other.deployment_id == Deployment.id, other.lane == Lane.CHANGE)
    busy = exists().where(*of_lane, other.state.in_(IN_FLIGHT))
    # A later step of a deployment that waits would fill the list for ever and keep the others out.
    earlier = exists().where(*of_lane, other.state == State.PLANNED, other.step < Operation.step)
    statement = (
        select(Deployment.id)
        .join(Operation, Operation.deployment_id == Deployment.id)
        .where(
            Operation.state == State.PLANNED,
            Operation.verb.in_(verbs),
            Operation.next_attempt_at <= now,
            Deployment.desired_status == "enabled",
            Deployment.status.in_((Status.CREATING, Status.ENABLING)),
            ~busy,
            ~earlier,
        )
        .group_by(Deployment.id)
        .order_by(func.min(Operation.next_attempt_at))
        .limit(limit)
    )
    if platform is not None:
        statement = statement.where(Deployment.platform == platform)
    return session.scalars(of_strategies(statement, only)).all()


def ready_at(session: Session, *, code: str, platform: str, only: Collection[UUID] | None) -> datetime | None:
    """When the first create that was put off with a code of ours is due again."""
    statement = (
        select(func.min(Operation.next_attempt_at))
        .join(Deployment, Operation.deployment_id == Deployment.id)
        .where(
            Operation.state == State.PLANNED,
            Operation.verb == Verb.CREATE,
            Operation.error_code == code,
            Deployment.platform == platform,
            Deployment.desired_status == "enabled",
            Deployment.status == Status.CREATING,
        )
    )
    return session.scalars(of_strategies(statement, only)).one()


def doubtful(
    session: Session, *, platform: str | None, only: Collection[UUID] | None, now: datetime, quiet: timedelta, limit: int
) -> Sequence[UUID]:
    """Deployments with a change in doubt that may be looked up: Q has passed since the end of the lease."""
    statement = (
        select(Deployment.id)
        .join(Operation, Operation.deployment_id == Deployment.id)
        .where(Operation.lane == Lane.CHANGE, _may_look(now, quiet))
        .group_by(Deployment.id)
        .limit(limit)
    )
    if platform is not None:
        statement = statement.where(Deployment.platform == platform)
    return session.scalars(of_strategies(statement, only)).all()


def may_look(operation: Operation, *, now: datetime, quiet: timedelta) -> bool:
    """The same as `doubtful`, for a row that is locked."""
    if operation.state == State.SENDING:
        return operation.lease_until is not None and operation.lease_until + quiet <= now
    free = operation.lease_until is None or operation.lease_until < now
    return operation.state == State.IN_DOUBT and operation.next_attempt_at <= now and free


def _may_look(now: datetime, quiet: timedelta) -> ColumnElement[bool]:
    silent = and_(Operation.state == State.SENDING, Operation.lease_until <= now - quiet)
    free = or_(Operation.lease_until.is_(None), Operation.lease_until < now)
    return or_(silent, and_(Operation.state == State.IN_DOUBT, Operation.next_attempt_at <= now, free))


def due_stops(session: Session, *, states: Collection[str], now: datetime, limit: int, account_id: UUID) -> Sequence[UUID]:
    """Deployments of an account with a stop to send (planned, or left behind by a worker that died) or to verify (sent)."""
    statement = (
        select(Operation.deployment_id)
        .join(Deployment, Deployment.id == Operation.deployment_id)
        .where(Deployment.ad_account_id == account_id, *_due_stop(states, now))
        .order_by(Operation.next_attempt_at)
        .limit(limit)
    )
    return list(dict.fromkeys(session.scalars(statement)))


def accounts_with_due_stops(session: Session, *, now: datetime) -> Sequence[UUID]:
    """Accounts that have something to pause or to read back."""
    statement = select(Deployment.ad_account_id).join(Operation, Operation.deployment_id == Deployment.id)
    return session.scalars(statement.where(*_due_stop(OPEN, now)).distinct().order_by(Deployment.ad_account_id)).all()


def _due_stop(states: Collection[str], now: datetime) -> list[ColumnElement[bool]]:
    free = or_(Operation.lease_until.is_(None), Operation.lease_until < now)
    return [Operation.lane == Lane.STOP, Operation.state.in_(states), Operation.next_attempt_at <= now, free]


def ready_to_read(status: str, *, platform: str | None, only: Collection[UUID] | None) -> list[ColumnElement[bool]]:
    """Deployments in a status whose calls are all carried out."""
    of_it = (Operation.deployment_id == Deployment.id, Operation.lane == Lane.CHANGE)
    busy = exists().where(*of_it, Operation.state.in_(OPEN))
    # A change that was refused left everything as it was; a create or an enable that was refused never comes to a read-back.
    refused = exists().where(*of_it, Operation.state == State.REFUSED, Operation.verb != Verb.UPDATE)
    where = [Deployment.status == status, Deployment.desired_status == "enabled", ~busy, ~refused]
    if platform is not None:
        where.append(Deployment.platform == platform)
    if only is not None:
        where.append(Deployment.asset_id.in_(select(Asset.id).where(Asset.strategy_id.in_(only))))
    return where


def due_to_read(session: Session, status: str, *, platform: str | None, only: Collection[UUID] | None, now: datetime) -> bool:
    """Whether a deployment waits for its read-back and nobody has claimed it."""
    free = or_(Deployment.lease_until.is_(None), Deployment.lease_until < now)
    where = ready_to_read(status, platform=platform, only=only)
    return session.scalars(select(Deployment.id).where(*where, Deployment.next_attempt_at <= now, free).limit(1)).first() is not None
