"""Every query of sets and their members."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.database.ids import uuid7
from zamc.llm.tables import ModelPolicy
from zamc.projects.tables import Project
from zamc.strategies.tables import Strategy


def insert_set(session: Session, values: dict[str, Any]) -> UUID | None:
    """Insert the set of a strategy's version; None when it is there already."""
    fresh = insert(Asset).values(id=uuid7(), kind="set", local_ref="set", **values)
    return session.scalar(fresh.on_conflict_do_nothing(index_elements=["strategy_id", "version", "local_ref"]).returning(Asset.id))


def insert_members(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    session.execute(insert(Asset), [{"id": uuid7(), **row} for row in rows])


def lock_whole_set(session: Session, set_id: UUID) -> Sequence[Asset]:
    """A set and its members, locked in one order."""
    whole = select(Asset).where((Asset.id == set_id) | (Asset.set_id == set_id)).order_by(Asset.id).with_for_update()
    return session.scalars(whole).all()


def set_of(session: Session, strategy_id: UUID) -> Asset | None:
    """The newest set of a strategy."""
    newest = select(Asset).where(Asset.strategy_id == strategy_id, Asset.kind == "set").order_by(Asset.version.desc()).limit(1)
    return session.scalars(newest).one_or_none()


def newest_set(session: Session) -> Asset | None:
    """The set that was asked for last."""
    return session.scalars(select(Asset).where(Asset.kind == "set").order_by(Asset.id.desc()).limit(1)).one_or_none()


def get(session: Session, asset_id: UUID) -> Asset | None:
    return session.get(Asset, asset_id)


def locked(session: Session, asset_id: UUID) -> Asset | None:
    """A set or member as it is now, locked until the transaction ends."""
    statement = select(Asset).where(Asset.id == asset_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def members(session: Session, set_id: UUID) -> Sequence[Asset]:
    """Copy first, then images and videos, by platform, language and placement."""
    return session.scalars(select(Asset).where(Asset.set_id == set_id).order_by(Asset.kind, Asset.local_ref)).all()


def count_unfinished(session: Session, set_id: UUID) -> int:
    """Members that are not ready, without the videos that failed: these are left out."""
    left_out = (Asset.kind == "video") & (Asset.status == "failed")
    return session.scalar(select(func.count()).where(Asset.set_id == set_id, Asset.status != "ready", ~left_out)) or 0


def fail_waiting(session: Session, set_id: UUID, *, reason: str) -> None:
    """No more work on a failed set. Members that a worker is writing right now are left: it sees the set when it gets its lock."""
    free = select(Asset.id).where(Asset.set_id == set_id, Asset.status == "requested").with_for_update(skip_locked=True)
    session.execute(update(Asset).where(Asset.id.in_(free)).values(status="failed", last_error=reason))


def to_make(kind: str, strategy_ids: Sequence[UUID] | None) -> list[ColumnElement[bool]]:
    """What a maker of copy, images or videos may claim: requested members, all of them or those of these strategies."""
    requested: list[ColumnElement[bool]] = [Asset.kind == kind, Asset.status == "requested"]
    return requested if strategy_ids is None else [*requested, Asset.strategy_id.in_(strategy_ids)]


def strategy(session: Session, strategy_id: UUID) -> Strategy | None:
    return session.get(Strategy, strategy_id)


def project(session: Session, project_id: UUID) -> Project | None:
    return session.get(Project, project_id)


def logo_of(session: Session, project_id: UUID) -> tuple[str, str] | None:
    """SHA-256 and media type of the brand's own logo in object storage."""
    row = session.get(Project, project_id)
    kept = row.brand.get("logo") if row is not None else None
    return (kept["sha256"], kept["media_type"]) if isinstance(kept, dict) else None


def brief_logo(session: Session, project_id: UUID, url: str) -> dict[str, Any] | None:
    """What became of the logo at this address that a brief named: {"sha256", "media_type", ...}, or {"refused", "at"}."""
    row = session.get(Project, project_id, populate_existing=True)
    kept = row.brand.get("brief_logos", {}).get(url) if row is not None else None
    return kept if isinstance(kept, dict) else None


def locked_project(session: Session, project_id: UUID) -> Project | None:
    statement = select(Project).where(Project.id == project_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def may_read_web(session: Session, project_id: UUID) -> bool:
    """Whether the project's policy of models lets landing pages, and what is on them, be read."""
    return bool(session.scalar(select(ModelPolicy.pages).where(ModelPolicy.project_id == project_id)))
