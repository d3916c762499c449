"""Every query of deployments, their objects and their operations.

The deployment's row is the lock of its whole tree: whoever changes an object, an operation or an intention locks it first, several in
the order of their ids. So a claim, a pause and a write never pass each other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from zamc.creatives.tables import Asset
from zamc.deployments.rules import FINAL, Lane, State, Status, Verb
from zamc.deployments.tables import Deployment, Operation, OperationAttempt, PlatformObject
from zamc.errors import NotFound
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


def lock_one(session: Session, deployment_id: UUID) -> Deployment:
    """The deployment, locked, as it is now. Raises NotFound."""
    rows = lock(session, [deployment_id])
    if not rows:
        raise NotFound(unknown(deployment_id))
    return rows[0]


def unknown(deployment_id: UUID) -> str:
    """What is said of an id that names no deployment."""
    return f"no deployment {deployment_id}; `zamc deployments list` shows them"


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


def watched(session: Session, *, only: Collection[UUID] | None) -> Sequence[Deployment]:
    """Deployments with something on a platform."""
    bound = exists().where(PlatformObject.deployment_id == Deployment.id, PlatformObject.external_id.is_not(None))
    return session.scalars(of_strategies(select(Deployment).where(bound).order_by(Deployment.id), only)).all()


@dataclass(frozen=True)
class Bound:
    """An object of our record. ad_account_id: whose watch looks after it."""

    obj_key: UUID
    external_id: str | None
    deployment_id: UUID
    ad_account_id: UUID


def keys_bound(session: Session, account_id: UUID) -> dict[str, Bound]:
    """What our record holds in an account of a platform, whichever project told us of it, by the marker's part of obj_key."""
    columns = select(PlatformObject.obj_key, PlatformObject.external_id, PlatformObject.deployment_id, PlatformObject.ad_account_id)
    rows = session.execute(columns.where(PlatformObject.ad_account_id.in_(same_accounts(session, account_id)))).tuples()
    return {row[0].hex[:16]: Bound(*row) for row in rows}


def same_accounts(session: Session, account_id: UUID) -> Sequence[UUID]:
    """Our rows of the platform's account that this row is about: each project that uses it has one of its own."""
    other = aliased(AdAccount)
    same = (other.platform == AdAccount.platform, other.external_id == AdAccount.external_id)
    return session.scalars(select(other.id).join(AdAccount, and_(*same)).where(AdAccount.id == account_id)).all()


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
