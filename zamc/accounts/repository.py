"""Every query of how ad accounts are connected."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from zamc.deployments.tables import Deployment
from zamc.projects.tables import AdAccount, Project

CONNECTED, REFUSED, BLOCKED = "connected", "refused", "blocked"


def account(session: Session, account_id: UUID, *, lock: bool = False) -> AdAccount | None:
    statement = select(AdAccount).where(AdAccount.id == account_id).execution_options(populate_existing=True)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def accounts(session: Session, *, project: str | None = None, removed: bool = False) -> Sequence[tuple[Project, AdAccount]]:
    """With their projects, by its name and the account's age."""
    statement = select(Project, AdAccount).join(AdAccount, AdAccount.project_id == Project.id).order_by(Project.name, AdAccount.id)
    if project is not None:
        statement = statement.where(Project.name == project)
    if not removed:
        statement = statement.where(AdAccount.removed_at.is_(None))
    return session.execute(statement).tuples().all()


def swap_credentials(session: Session, account_id: UUID, *, before: str | None, after: str, expire_at: datetime | None) -> bool:
    """Write renewed credentials unless somebody has written others meanwhile."""
    same = AdAccount.credentials.is_(None) if before is None else AdAccount.credentials == before
    changed = update(AdAccount).where(AdAccount.id == account_id, same).values(credentials=after, credentials_expire_at=expire_at)
    return session.execute(changed.returning(AdAccount.id)).first() is not None


def put(session: Session, account_id: UUID, values: Mapping[str, Any]) -> None:
    session.execute(update(AdAccount).where(AdAccount.id == account_id).values(**values))


def mark(session: Session, account_id: UUID, connection: str, *, reason: str | None, at: datetime) -> bool:
    """Whether that is news."""
    news = (AdAccount.id == account_id, AdAccount.connection != connection)
    values = {"connection": connection, "connection_reason": reason, "connection_at": at}
    return session.execute(update(AdAccount).where(*news).values(values).returning(AdAccount.id)).first() is not None


def standings(session: Session) -> dict[UUID, tuple[str, str]]:
    """(state, reason) of every account that is not simply connected."""
    statement = select(AdAccount.id, AdAccount.connection, AdAccount.connection_reason)
    rows = session.execute(statement.where(AdAccount.connection != CONNECTED, AdAccount.removed_at.is_(None)))
    return {account_id: (state, reason or "") for account_id, state, reason in rows}


def runs(session: Session, account_id: UUID) -> bool:
    """Whether anything on it is on, may become so, or is being stopped."""
    over = ("failed", "ended")
    return bool(session.scalar(select(exists().where(Deployment.ad_account_id == account_id, Deployment.status.not_in(over)))))
