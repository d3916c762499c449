"""Whoever lets somebody in for longer than a request hears at the commit that what they may do has changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.orm import Session

from tests.services import Database as DatabaseUrls
from zamc.database.engine import Database
from zamc.identity import repository, session_repository
from zamc.identity.rights_repository import CHANNEL
from zamc.projects.tables import Project

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def _sign_in(session: Session, user_id: UUID, kind: str = "browser") -> UUID:
    return session_repository.add(
        session, user_id=user_id, kind=kind, token_hash=uuid4().hex, agent="", now=NOW, expires_at=NOW + timedelta(days=1)
    )


def _end(session: Session, user_id: UUID) -> None:
    session_repository.end(session, _sign_in(session, user_id), why="sign-out", now=NOW)


def _end_all(session: Session, user_id: UUID) -> None:
    _sign_in(session, user_id)
    session_repository.end_all(session, user_id, why="everywhere", now=NOW)


def _reuse(session: Session, user_id: UUID) -> None:
    session_repository.rotate(session, _sign_in(session, user_id, "tokens"), old="another", new="next", now=NOW)


def _revoke(session: Session, user_id: UUID) -> None:
    key_id = repository.add_key(session, user_id=user_id, prefix="zamc_key_x", key_hash=uuid4().hex)
    assert repository.revoke_key(session, key_id, user_id=user_id, now=NOW)


def _disable(session: Session, user_id: UUID) -> None:
    repository.change_user(session, user_id, disabled_at=NOW)


def _role(session: Session, user_id: UUID) -> None:
    project = Project(id=uuid4(), name=uuid4().hex, gates={})
    session.add(project)
    session.flush()
    repository.put_membership(session, user_id=user_id, project_id=project.id, role="viewer")


@pytest.mark.parametrize("change", [_end, _end_all, _reuse, _revoke, _disable, _role], ids=lambda each: each.__name__)
def test_a_change_of_what_a_user_may_do_is_announced(
    database: Database, urls: DatabaseUrls, change: Callable[[Session, UUID], None]
) -> None:
    with database.transaction() as session:
        user_id = repository.put_user(session, "ana@example.org")
    with psycopg.connect(urls.app_url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}".encode())
        with database.transaction() as session:
            change(session, user_id)
        heard = {notice.payload for notice in listener.notifies(timeout=30, stop_after=1)}
    assert heard == {str(user_id)}


def _disable_and_fail(database: Database, user_id: UUID) -> None:
    with database.transaction() as session:
        _disable(session, user_id)
        raise ZeroDivisionError


def test_what_was_rolled_back_is_not_announced(database: Database, urls: DatabaseUrls) -> None:
    with database.transaction() as session:
        user_id = repository.put_user(session, "ana@example.org")
        other = repository.put_user(session, "bea@example.org")
    with psycopg.connect(urls.app_url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}".encode())
        with pytest.raises(ZeroDivisionError):
            _disable_and_fail(database, user_id)
        with database.transaction() as session:
            _disable(session, other)
        assert [notice.payload for notice in listener.notifies(timeout=30, stop_after=1)] == [str(other)]
