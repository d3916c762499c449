"""Who changes a project says so once, when the transaction commits: its data's version rises, and whoever keeps answers hears of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from zamc.requests import repository

_CHANGED = "zamc.changed_projects"
_TOLD = "zamc.versions"


def changed(session: Session, project_id: UUID | None) -> None:
    """This transaction changes what the project's screens show."""
    if project_id is not None:
        session.info.setdefault(_CHANGED, set()).add(project_id)


def announce(session: Session) -> dict[UUID, int]:
    """Raise the versions now, and not again at the commit. Returns those of this transaction. It locks their rows: do it last."""
    session.flush()
    told: dict[UUID, int] = session.info.setdefault(_TOLD, {})
    told.update(repository.bump(session, session.info.pop(_CHANGED, set()) - set(told)))
    return told


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    # A savepoint's end is none of a transaction; the rows of versions stay locked until the commit, which comes next.
    if not session.in_nested_transaction() and session.info.get(_CHANGED):
        announce(session)


@event.listens_for(Session, "after_transaction_end")
def _after_end(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(_CHANGED, None)
        session.info.pop(_TOLD, None)
