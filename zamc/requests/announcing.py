"""Who changes a project says so once, when the transaction commits: its data's version rises, and whoever keeps answers hears of it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from zamc.requests import repository
from zamc.requests.rules import Version

_NEWS = "zamc.changed_projects"


@dataclass
class _News:
    """What a transaction has changed. Each by project, and whether in its settings alone: said is still to be told, told has been."""

    said: dict[UUID, bool] = field(default_factory=dict)
    told: dict[UUID, bool] = field(default_factory=dict)
    versions: dict[UUID, Version] = field(default_factory=dict)


def changed(session: Session, project_id: UUID | None, *, settings_only: bool = False) -> None:
    """This transaction changes what the project's screens show. settings_only: and of that, for all that is said here, only its settings.

    One who says otherwise is enough: then it changes everything.
    """
    if project_id is not None:
        said = _news(session).said
        said[project_id] = settings_only and said.get(project_id, True)


def is_said(session: Session, project_id: UUID) -> bool:
    """Whether somebody has said already that this transaction changes the project."""
    news = _news(session)
    return project_id in news.said or project_id in news.told


def announce(session: Session) -> dict[UUID, Version]:
    """Raise the versions now, and not again at the commit. Returns those of this transaction. It locks their rows: do it last."""
    session.flush()
    news = _news(session)
    # What was told as a change of settings, and turns out to be more, is told again.
    fresh = {each: alone for each, alone in news.said.items() if each not in news.told or (news.told[each] and not alone)}
    news.versions.update(repository.bump(session, fresh))
    news.told.update(fresh)
    news.said.clear()
    return news.versions


def _news(session: Session) -> _News:
    news: _News = session.info.setdefault(_NEWS, _News())
    return news


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    # A savepoint's end is none of a transaction; the rows of versions stay locked until the commit, which comes next.
    if not session.in_nested_transaction() and _NEWS in session.info and _news(session).said:
        announce(session)


@event.listens_for(Session, "after_transaction_end")
def _after_end(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(_NEWS, None)
