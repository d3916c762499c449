"""Every query of model policies, and of calls as money."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.llm.tables import LandingPage, ModelPolicy
from zamc.strategies.tables import ModelCall
from zamc.web.ports import Page


def policy(session: Session, project_id: UUID) -> ModelPolicy | None:
    return session.get(ModelPolicy, project_id, populate_existing=True)


def put_model_policy(session: Session, project_id: UUID, values: Mapping[str, Any]) -> None:
    """Insert or replace; needs the rights of zamc_owner."""
    statement = insert(ModelPolicy).values(project_id=project_id, **values)
    changed = {**values, "decided_at": func.now()}
    session.execute(statement.on_conflict_do_update(index_elements=["project_id"], set_=changed))


def page(session: Session, project_id: UUID, url: str, *, since: datetime) -> LandingPage | None:
    """What a page said, if it was read since then."""
    found = session.get(LandingPage, (project_id, url), populate_existing=True)
    return found if found is not None and found.read_at >= since else None


def keep_page(session: Session, project_id: UUID, url: str, said: Page, *, at: datetime) -> None:
    """Insert or replace. What two read at once, the later one keeps."""
    values = {"final_url": said.final_url, "title": said.title, "text": said.text, "sha256": said.sha256, "cut": said.cut, "read_at": at}
    statement = insert(LandingPage).values(project_id=project_id, url=url, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["project_id", "url"], set_=values))


def bought(session: Session, project_id: UUID, request_hash: str) -> ModelCall | None:
    """The one call of this request that was, is being or may have been paid for."""
    paid = (
        ModelCall.project_id == project_id,
        ModelCall.request_hash == request_hash,
        ModelCall.status != "failed",
        ModelCall.cache_hit.is_(False),
        ModelCall.provider != "offline",
    )
    return session.scalars(select(ModelCall).where(*paid).execution_options(populate_existing=True)).one_or_none()


def spent_since(session: Session, project_id: UUID, since: datetime) -> int:
    """Micros of US dollars: what calls cost, and what those that are under way may cost at worst."""
    amount = case((ModelCall.status == "reserved", ModelCall.reserved_micros), else_=ModelCall.cost_micros)
    total = select(func.coalesce(func.sum(amount), 0)).where(ModelCall.project_id == project_id, ModelCall.created_at >= since)
    return int(session.scalar(total) or 0)


def locked_call(session: Session, call_id: UUID) -> ModelCall:
    """Raises NoResultFound: calls are never removed."""
    statement = select(ModelCall).where(ModelCall.id == call_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()
