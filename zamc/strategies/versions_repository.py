"""Every query of versions of plans, and of what was launched from them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.deployments.tables import Deployment
from zamc.strategies.tables import PlanVersion, Strategy


def add(session: Session, values: Mapping[str, Any]) -> None:
    session.add(PlanVersion(**values))
    session.flush()


def newest(session: Session, strategy_id: UUID) -> PlanVersion | None:
    return session.scalars(_of(strategy_id).limit(1)).one_or_none()


def waiting(session: Session, strategy_id: UUID) -> PlanVersion | None:
    """The version that waits for a person."""
    return session.scalars(_of(strategy_id).where(PlanVersion.status == "waiting")).one_or_none()


def get(session: Session, strategy_id: UUID, version: int) -> PlanVersion | None:
    return session.get(PlanVersion, (strategy_id, version), populate_existing=True)


def all_of(session: Session, strategy_id: UUID) -> Sequence[PlanVersion]:
    """Newest first."""
    return session.scalars(_of(strategy_id)).all()


def decide(session: Session, strategy_id: UUID, *, status: str, values: Mapping[str, Any], version: int | None = None) -> None:
    """Decide about a version, by default about the one that waits."""
    chosen = PlanVersion.status == "waiting" if version is None else PlanVersion.version == version
    session.execute(update(PlanVersion).where(PlanVersion.strategy_id == strategy_id, chosen).values(status=status, **values))


def lock_sets(session: Session, strategy_id: UUID) -> Sequence[Asset]:
    """The strategy's sets of creatives, locked until the transaction ends: nobody approves one, and launches it, in between."""
    sets = select(Asset).where(Asset.strategy_id == strategy_id, Asset.kind == "set").order_by(Asset.id).with_for_update()
    return session.scalars(sets.execution_options(populate_existing=True)).all()


def deployments(session: Session, strategy_id: UUID) -> Sequence[tuple[UUID, str, str]]:
    """(id, name, status) of everything that was ever planned from it."""
    found = select(Deployment.id, Deployment.name, Deployment.status).join(Asset, Asset.id == Deployment.asset_id)
    rows = session.execute(found.where(Asset.strategy_id == strategy_id).order_by(Deployment.id))
    return [(row[0], str(row[1]), str(row[2])) for row in rows]


def is_overtaken(session: Session, set_id: UUID) -> bool:
    """Whether a set of creatives is of an older version than the one in force."""
    newer = select(Strategy.version > Asset.version).where(Asset.id == set_id, Strategy.id == Asset.strategy_id)
    return bool(session.scalar(newer))


def _of(strategy_id: UUID) -> Any:
    return select(PlanVersion).where(PlanVersion.strategy_id == strategy_id).order_by(PlanVersion.version.desc())
