"""A database that somebody used before is like one that nobody did."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from tests.recycling import Recycling
from tests.services import Database as DatabaseUrls
from tests.services import Services, superuser
from zamc.clock import SystemClock
from zamc.database.engine import Database
from zamc.identity import repository as identity
from zamc.projects.service import ProjectService

KEPT = "SELECT last_value, is_called FROM analytics_tickets"
OID = "SELECT oid FROM pg_database WHERE datname = current_database()"


@pytest.fixture
def copies(services: Services, migrated: DatabaseUrls) -> Iterator[Recycling]:
    made = Recycling(services, migrated)
    yield made
    made.close()


def _ask(urls: DatabaseUrls, query: str) -> object:
    with superuser(urls.superuser_url) as connection:
        return connection.execute(query).fetchall()


def _use(urls: DatabaseUrls) -> None:
    """A project with a member, and a ticket drawn."""
    database = Database(urls.app_url)
    with database.transaction() as session:
        project = ProjectService(SystemClock()).create_project(session, "Padaria", by="test")
        user = identity.put_user(session, "ana@example.org")
        identity.put_membership(session, user_id=user, project_id=project.id, role="owner")
        session.execute(text("SELECT nextval('analytics_tickets')"))
    database.close()


def test_what_was_written_is_gone_and_the_database_is_used_again(copies: Recycling) -> None:
    first = copies.take()
    before, oid = _ask(first, KEPT), _ask(first, OID)
    _use(first)
    assert _ask(first, "SELECT count(*) FROM projects") == [(1,)]
    copies.give_back(first)
    second = copies.take()
    assert _ask(second, OID) == oid
    for table in ("projects", "audit_log", "auth.users", "auth.memberships", "events.outbox"):
        assert _ask(second, f"SELECT pg_relation_size('{table}')") == [(0,)], table
    assert _ask(second, KEPT) == before
    assert _ask(second, "SELECT count(*) FROM alembic_version") == [(1,)]
    _use(second)
    copies.give_back(second)


def test_nobody_who_stayed_connected_reaches_the_next_test(copies: Recycling) -> None:
    first = copies.take()
    with superuser(first.superuser_url) as late:
        copies.give_back(first)
        with pytest.raises(psycopg.OperationalError):
            late.execute("INSERT INTO projects (id, name) VALUES (gen_random_uuid(), 'late')")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        superuser(first.app_url)
    second = copies.take()
    assert second.name != first.name
    assert _ask(second, "SELECT count(*) FROM projects") == [(0,)]
    copies.give_back(second)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "CREATE INDEX more ON projects (name, id)",
        "DROP TABLE auth.memberships CASCADE",
        "ALTER TABLE projects DISABLE TRIGGER ALL",
        "ALTER TABLE projects ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE projects DISABLE ROW LEVEL SECURITY",
        "GRANT SELECT ON alembic_version TO zamc_app",
        "GRANT UPDATE (email) ON auth.users TO zamc_api",
        "REVOKE USAGE ON SCHEMA public FROM zamc_app",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE POLICY more ON projects USING (true)",
        "ALTER SEQUENCE analytics_tickets INCREMENT BY 2",
        "UPDATE alembic_version SET version_num = '0001'",
        "INSERT INTO alembic_version VALUES ('more')",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''1MB''', current_database()); END $$",
        "DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM zamc_app', current_database()); END $$",
    ],
)
def test_a_changed_schema_is_used_by_nobody_else(copies: Recycling, change: str) -> None:
    first = copies.take()
    oid = _ask(first, OID)
    with superuser(first.superuser_url) as connection:
        connection.execute(change)
    copies.give_back(first)
    second = copies.take()
    assert _ask(second, OID) != oid
    copies.give_back(second)


def test_one_that_grew_large_is_used_by_nobody_else(copies: Recycling) -> None:
    first = copies.take()
    oid = _ask(first, OID)
    with superuser(first.superuser_url) as connection:
        connection.execute(
            "INSERT INTO projects (id, name) SELECT gen_random_uuid(), n || repeat('x', 500) FROM generate_series(1, 40000) n"
        )
    copies.give_back(first)
    second = copies.take()
    assert _ask(second, OID) != oid
    copies.give_back(second)


def test_one_that_its_test_dropped_is_nobodys_trouble(copies: Recycling, services: Services) -> None:
    first = copies.take()
    services.drop_database(first)
    copies.give_back(first)
    second = copies.take()
    assert _ask(second, "SELECT count(*) FROM projects") == [(0,)]
    copies.give_back(second)
