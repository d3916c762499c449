"""Statements that are written once: they see what the session has done, fail as any other does, and are counted."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from tests.services import Database as DatabaseUrls
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.database.written import Written, rows
from zamc.projects.tables import Project

_NAMES = Written(lambda: select(Project.name).where(Project.id == any_(bindparam("ids", type_=ARRAY(Uuid())))).order_by(Project.name))
_KEPT = Written(lambda: select(Project.name).where(Project.name.like("Written %"), Project.name != bindparam("but", type_=Text)))


@pytest.fixture
def database(urls: DatabaseUrls) -> Iterator[Database]:
    opened = Database(urls.app_url)
    yield opened
    opened.close()


def test_it_sees_what_the_session_holds_back(database: Database) -> None:
    made = Project(id=uuid7(), name=f"Written {uuid4()}", brand={}, gates={})
    with database.transaction() as session:
        session.add(made)
        assert _NAMES.rows(session, ids=[made.id, uuid4()]) == [(made.name,)]
        assert _KEPT.rows(session, but=made.name) == []
        assert (made.name,) in _KEPT.rows(session, but="another")
        session.rollback()


def test_the_second_wall_holds_for_it(database: Database) -> None:
    mine, other = (Project(id=uuid7(), name=f"Written {uuid4()}", brand={}, gates={}) for _ in range(2))
    with database.transaction() as session:
        session.add_all((mine, other))
    with database.transaction_for([mine.id]) as session:
        assert _NAMES.rows(session, ids=[mine.id, other.id]) == [(mine.name,)]


def test_what_is_wrong_with_it_has_the_name_that_others_know(database: Database) -> None:
    with database.transaction() as session, pytest.raises(ProgrammingError):
        rows(session, "SELECT nothing FROM nowhere", {})
    with database.transaction() as session:
        rows(session, "SELECT set_config('statement_timeout', '20ms', true)", {})
        with pytest.raises(OperationalError, match="statement timeout"):
            rows(session, "SELECT pg_sleep(30)", {})
        session.rollback()
    with database.transaction() as session:
        assert rows(session, "SELECT %(one)s::int", {"one": 1}) == [(1,)]


def test_a_connection_that_is_gone_is_not_used_again(database: Database) -> None:
    with database.transaction() as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
        with database.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
        with pytest.raises(DBAPIError) as gone:
            rows(session, "SELECT 1", {})
        assert gone.value.connection_invalidated
        session.rollback()
    with database.transaction() as session:
        assert rows(session, "SELECT pg_backend_pid() <> %(mine)s", {"mine": mine}) == [(True,)]


def test_whoever_counts_statements_counts_these(database: Database) -> None:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    with database.transaction() as session:
        _NAMES.rows(session, ids=[UUID(int=1)])
    assert [each.split()[0] for each in seen] == ["SELECT"]
