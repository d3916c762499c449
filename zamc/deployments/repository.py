"""Every query of deployments, their objects and their operations.

The deployment's row is the lock of its whole tree: whoever changes an object, an operation or an intention locks it first, several in
the order of their ids. So a claim, a pause and a write never pass each other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from zamc.creatives.tables import Asset
from zamc.deployments.rules import FINAL, Lane, State, Status, Verb
from zamc.deployments.tables import Deployment, Operation, OperationAttempt, PlatformObject
from zamc.projects.tables import AdAccount
from zamc.strategies.tables import Strategy

OPEN = (State.PLANNED, State.SENDING, State.SENT, State.IN_DOUBT)
IN_FLIGHT = (State.SENDING, State.IN_DOUBT)


def of_strategies(statement: Select[Any], strategy_ids: Collection[UUID] | None) -> Select[Any]:
    """Narrow a statement on deployments to some strategies; None means all."""
    if strategy_ids is None:
        return statement
    return statement.where(Deployment.asset_id.in_(select(Asset.id).where(Asset.strategy_id.in_(strategy_ids))))


def strategy(session: Session, strategy_id: UUID) -> Strategy | None:
    return session.get(Strategy, strategy_id)


def members(session: Session, set_id: UUID) -> Sequence[Asset]:
    """Copy and images of a set that may be used."""
    usable = (Asset.set_id == set_id, Asset.status.in_(("ready", "approved")))
    return session.scalars(select(Asset).where(*usable).order_by(Asset.local_ref)).all()


def deployments_of_set(session: Session, asset_id: UUID) -> Sequence[Deployment]:
    return session.scalars(select(Deployment).where(Deployment.asset_id == asset_id).order_by(Deployment.id)).all()


def lock(session: Session, ids: Iterable[UUID], *, skip_locked: bool = False) -> Sequence[Deployment]:
    """The deployments, locked in the order of their ids, as they are now."""
    statement = select(Deployment).where(Deployment.id.in_(list(ids))).order_by(Deployment.id)
    statement = statement.with_for_update(skip_locked=skip_locked).execution_options(populate_existing=True)
    return session.scalars(statement).all()


def lock_families(session: Session, deployment_ids: Collection[UUID]) -> Sequence[Deployment]:
    """Deployments and their siblings, locked in one order: a refusal of one may end the others."""
    assets = select(Deployment.asset_id).where(Deployment.id.in_(deployment_ids))
    statement = select(Deployment).where(Deployment.asset_id.in_(assets)).order_by(Deployment.id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def strategy_ids(session: Session, asset_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Strategy of each creative set."""
    return dict(session.execute(select(Asset.id, Asset.strategy_id).where(Asset.id.in_(asset_ids))).tuples().all())


def sibling_ids(session: Session, asset_ids: Collection[UUID]) -> Sequence[UUID]:
    return session.scalars(select(Deployment.id).where(Deployment.asset_id.in_(asset_ids)).order_by(Deployment.id)).all()


def accounts(session: Session, ids: Collection[UUID]) -> dict[UUID, AdAccount]:
    return {row.id: row for row in session.scalars(select(AdAccount).where(AdAccount.id.in_(ids)))}


def objects(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, list[PlatformObject]]:
    """The trees by deployment, parents first, as they are now."""
    statement = select(PlatformObject).where(PlatformObject.deployment_id.in_(deployment_ids)).order_by(PlatformObject.position)
    trees: dict[UUID, list[PlatformObject]] = {}
    for row in session.scalars(statement.execution_options(populate_existing=True)):
        trees.setdefault(row.deployment_id, []).append(row)
    return trees


def objects_of_keys(session: Session, keys: Collection[UUID]) -> dict[UUID, PlatformObject]:
    """Objects by obj_key, as they are now."""
    statement = select(PlatformObject).where(PlatformObject.obj_key.in_(keys)).execution_options(populate_existing=True)
    return {row.obj_key: row for row in session.scalars(statement)}


def operations(session: Session, where: ColumnElement[bool]) -> Sequence[Operation]:
    """Operations as they are now, in the order of their steps."""
    statement = select(Operation).where(where).order_by(Operation.step, Operation.id)
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def open_changes(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, list[Operation]]:
    """Open operations of the change lane by deployment, in the order of their steps."""
    where = and_(Operation.deployment_id.in_(deployment_ids), Operation.lane == Lane.CHANGE, Operation.state.in_(OPEN))
    found: dict[UUID, list[Operation]] = {}
    for row in operations(session, where):
        found.setdefault(row.deployment_id, []).append(row)
    return found


def open_stops(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, list[Operation]]:
    where = and_(Operation.deployment_id.in_(deployment_ids), Operation.lane == Lane.STOP, Operation.state.in_(OPEN))
    found: dict[UUID, list[Operation]] = {}
    for row in operations(session, where):
        found.setdefault(row.deployment_id, []).append(row)
    return found


def enables_in_flight(session: Session, obj_keys: Collection[UUID]) -> dict[UUID, int]:
    statement = (
        select(Operation.obj_key, func.count())
        .where(Operation.obj_key.in_(obj_keys), Operation.verb == Verb.ENABLE, Operation.state.in_(IN_FLIGHT))
        .group_by(Operation.obj_key)
    )
    return dict(session.execute(statement).tuples().all())


def enable_history(session: Session, deployment_id: UUID) -> tuple[bool, bool]:
    """Whether any enable of it was ever in doubt, and whether its campaign was ever enabled."""
    enables = select(Operation).where(Operation.deployment_id == deployment_id, Operation.verb == Verb.ENABLE)
    doubted = enables.where(Operation.ever_in_doubt)
    root = enables.join(PlatformObject, PlatformObject.obj_key == Operation.obj_key).where(
        PlatformObject.kind == "campaign", Operation.state == State.DONE
    )
    return session.execute(select(doubted.exists(), root.exists())).tuples().one()


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


def roots(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, PlatformObject]:
    """The campaign of each deployment, as it is now."""
    named = (PlatformObject.deployment_id.in_(deployment_ids), PlatformObject.kind == "campaign")
    rows = session.scalars(select(PlatformObject).where(*named).execution_options(populate_existing=True))
    return {row.deployment_id: row for row in rows}


def statuses(session: Session, *, platform: str, only: Collection[UUID] | None, since: datetime) -> Sequence[Deployment]:
    """Deployments of a platform that still move, or that somebody named."""
    statement = select(Deployment).where(Deployment.platform == platform)
    if only is None:
        moving = Deployment.status.in_((Status.CREATING, Status.CREATED, Status.ENABLING, Status.PAUSING))
        statement = statement.where(or_(moving, Deployment.launched_at >= since))
    return session.scalars(of_strategies(statement, only)).all()


def ids_in(session: Session, statuses: Collection[str], *, only: Collection[UUID] | None, limit: int = 500) -> Sequence[UUID]:
    statement = select(Deployment.id).where(Deployment.status.in_(statuses)).order_by(Deployment.id).limit(limit)
    return session.scalars(of_strategies(statement, only)).all()


def running_ids(session: Session, *, project_id: UUID | None) -> Sequence[UUID]:
    """Everything that is on or may become so."""
    statement = select(Deployment.id).where(Deployment.desired_status == "enabled", Deployment.status.not_in(FINAL)).order_by(Deployment.id)
    return session.scalars(statement if project_id is None else statement.where(Deployment.project_id == project_id)).all()


def stopping_ids(session: Session, *, project_id: UUID | None) -> Sequence[UUID]:
    """Deployments with a stop that is not done."""
    stop = exists().where(Operation.deployment_id == Deployment.id, Operation.lane == Lane.STOP, Operation.state.in_(OPEN))
    statement = select(Deployment.id).where(stop).order_by(Deployment.id)
    return session.scalars(statement if project_id is None else statement.where(Deployment.project_id == project_id)).all()


def deployments(session: Session, ids: Collection[UUID]) -> Sequence[Deployment]:
    return session.scalars(select(Deployment).where(Deployment.id.in_(ids)).order_by(Deployment.id)).all()


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


def watched(session: Session, *, only: Collection[UUID] | None) -> Sequence[Deployment]:
    """Deployments with something on a platform."""
    bound = exists().where(PlatformObject.deployment_id == Deployment.id, PlatformObject.external_id.is_not(None))
    return session.scalars(of_strategies(select(Deployment).where(bound).order_by(Deployment.id), only)).all()


def keys_bound(session: Session, account_id: UUID) -> dict[str, tuple[str | None, UUID, UUID]]:
    """(external id, deployment, obj_key) by the marker's part of obj_key."""
    columns = select(PlatformObject.obj_key, PlatformObject.external_id, PlatformObject.deployment_id)
    rows = session.execute(columns.where(PlatformObject.ad_account_id == account_id))
    return {key.hex[:16]: (external_id, deployment_id, key) for key, external_id, deployment_id in rows}


def knows_marker(session: Session, key: str) -> bool:
    """Whether any account holds an object whose obj_key begins with a marker's part (16 hexadecimal digits)."""
    first, last = UUID(hex=f"{key}{'0' * 16}"), UUID(hex=f"{key}{'f' * 16}")
    return session.scalar(select(PlatformObject.obj_key).where(PlatformObject.obj_key.between(first, last)).limit(1)) is not None


def insert_rows(session: Session, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), list(rows))


def supersede(session: Session, deployment_ids: Collection[UUID], *, verb: str, states: Collection[str], at: datetime) -> None:
    """What was not sent yet will never be."""
    where = (Operation.deployment_id.in_(deployment_ids), Operation.verb == verb, Operation.state.in_(states))
    session.execute(update(Operation).where(*where).values(state=State.SUPERSEDED, resolved_at=at, lease_until=None))


def carry_over(session: Session, deployment_id: UUID, generation: int) -> None:
    """Creates that still wait belong to the newest intention."""
    where = (Operation.deployment_id == deployment_id, Operation.verb == Verb.CREATE, Operation.state == State.PLANNED)
    session.execute(update(Operation).where(*where).values(generation=generation))


def raise_objects(session: Session, deployment_id: UUID, *, generation: int, desired: str) -> None:
    raise_all_objects(session, [deployment_id], generation=generation, desired=desired)


def raise_all_objects(session: Session, deployment_ids: Collection[UUID], *, generation: int, desired: str) -> None:
    """Hand a new intention down to what several deployments of one generation consist of.

    What was accepted as removed stays so, and what rests is never wanted on.
    """
    wanted = desired if desired != "enabled" else case((PlatformObject.rests, "paused"), else_="enabled")
    where = (PlatformObject.deployment_id.in_(deployment_ids), PlatformObject.desired_status != "removed")
    raised = update(PlatformObject).where(*where).values(generation=generation, desired_status=wanted)
    # By what the database returns: comparing each row with every object that the session knows took most of a stop of everything.
    session.execute(raised, execution_options={"synchronize_session": "fetch"})


def refusal_code(session: Session, deployment_id: UUID) -> str:
    """The platform's code of the newest operation that was refused; empty when none was."""
    refused = select(Operation.error_code).where(Operation.deployment_id == deployment_id, Operation.state == State.REFUSED)
    return session.scalar(refused.order_by(Operation.resolved_at.desc().nulls_last()).limit(1)) or ""


def record_attempt(session: Session, **values: Any) -> None:
    """One row per call that touched a platform; rows are only ever added."""
    session.add(OperationAttempt(**values))
