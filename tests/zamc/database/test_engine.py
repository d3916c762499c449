"""What a session may count on: a transaction holds together, and a statement alone stands by itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.services import Database as DatabaseUrls
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import OutsideCallInTransaction


@pytest.fixture
def database(urls: DatabaseUrls) -> Iterator[Database]:
    # One connection, so that whatever one of them leaves behind is met by the next.
    opened = Database(urls.app_url, pool_size=1)
    yield opened
    opened.close()


def _began(session: Session) -> Any:
    """When PostgreSQL began the transaction that this statement is in."""
    return session.scalar(text("SELECT xact_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"))


def test_a_statement_alone_is_a_transaction_and_the_next_one_on_that_connection_is_ordinary_again(database: Database) -> None:
    with database.transaction() as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
        assert _began(session) == _began(session)
    with database.statement() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == mine
        assert _began(session) != _began(session)
    with database.transaction() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == mine
        assert _began(session) == _began(session)


def test_what_a_statement_sets_for_its_transaction_is_gone_with_it(database: Database) -> None:
    with database.statement() as session:
        assert session.scalar(text("SELECT set_config('synchronous_commit', 'off', true)")) == "off"
        assert session.scalar(text("SHOW synchronous_commit")) == "on"


def test_a_statement_alone_keeps_the_outside_out_as_a_transaction_does(database: Database) -> None:
    with database.statement(), pytest.raises(OutsideCallInTransaction):
        refuse_inside_transaction("a platform")
    refuse_inside_transaction("a platform")


def test_after_a_statement_that_failed_the_connection_serves_on(database: Database) -> None:
    with database.statement() as session:
        session.execute(text("SET statement_timeout = '20ms'"))
        with pytest.raises(OperationalError, match="statement timeout"):
            session.execute(text("SELECT pg_sleep(30)"))
    with database.statement() as session:
        session.execute(text("RESET statement_timeout"))
    with database.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_statement_alone_costs_no_round_trips_beside_its_own(database: Database) -> None:
    for begin, autocommit, status in ((database.statement, True, "IDLE"), (database.transaction, False, "INTRANS")):
        with begin() as session:
            session.execute(text("SELECT 1"))
            driver: Any = session.connection().connection.driver_connection
            assert (driver.autocommit, driver.info.transaction_status.name) == (autocommit, status)
