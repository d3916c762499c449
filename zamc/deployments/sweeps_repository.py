"""Every query of sweeps: operations on strays, in a lane and in generations (below zero) of their own."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zamc.deployments.repository import IN_FLIGHT
from zamc.deployments.rules import Lane, State
from zamc.deployments.tables import Deployment, Operation


def of_key(session: Session, obj_key: UUID) -> Sequence[Operation]:
    """Operations on strays of this key, newest first: their generations are negative."""
    named = (Operation.obj_key == obj_key, Operation.lane == Lane.SWEEP)
    return session.scalars(select(Operation).where(*named).order_by(Operation.generation)).all()


def end_abandoned(session: Session, ad_account_id: UUID, *, at: datetime) -> None:
    """Sweeps of an account whose worker died: their lease is over, and what they did is the platform's to show."""
    of_account = select(Deployment.id).where(Deployment.ad_account_id == ad_account_id)
    over = (Operation.lane == Lane.SWEEP, Operation.state.in_(IN_FLIGHT), Operation.lease_until <= at)
    found = select(Operation.id).where(*over, Operation.deployment_id.in_(of_account)).with_for_update(skip_locked=True)
    ended = {"state": State.SUPERSEDED, "resolved_at": at, "lease_until": None}
    session.execute(update(Operation).where(Operation.id.in_(session.scalars(found).all())).values(ended))
