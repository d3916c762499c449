# ruff: noqa: S608 - the statements are made of our own table names
"""The second wall: whatever a query says, a transaction of the API sees and writes the rows of its caller's projects alone."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError

from tests.services import Database as DatabaseUrls
from tests.services import Services
from zamc.database.engine import Database
from zamc.database.schema import metadata

MINE, OTHERS = UUID(int=1), UUID(int=2)
# Tables of the installation: the API's transactions may at most read them, and nothing in them belongs to a project.
SHARED = {"feature_flags", "fx_rates"}
# What the API's transactions have no business in: they cannot even look.
CLOSED = {
    *("sessions", "api_keys", "one_time_tokens", "totp", "recovery_codes", "signing_keys", "oidc_identities"),
    *("inbox", "outbox", "users", "archived_months"),
}
LEADS = {"project_id": 0, "deployment_id": 1, "ad_account_id": 2, "operation_id": 3, "user_id": 4}


def _bound() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in SHARED | CLOSED]


def _id(project: UUID, kind: int) -> UUID:
    """A project's one deployment, account or operation."""
    return project if kind == 0 else UUID(int=project.int + 16**kind)


@pytest.fixture(scope="module")
def filled(services: Services, migrated: DatabaseUrls) -> Iterator[Database]:
    """A row of each of two projects in every table, without a care for what else a row must be."""
    fresh = services.new_database(template=migrated.name)
    engine = create_engine(fresh.superuser_url)
    with engine.begin() as connection:
        for found in connection.execute(_CONSTRAINTS).all():
            connection.execute(text(f"ALTER TABLE {found.table} DROP CONSTRAINT IF EXISTS {found.name} CASCADE"))
        # Triggers would keep sums of what is no sum.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in _bound():
            for project in (MINE, OTHERS):
                _fill(connection, table, project)
    engine.dispose()
    opened = Database(fresh.app_url)
    yield opened
    opened.close()
    services.drop_database(fresh)


_CONSTRAINTS = text(
    """
    SELECT c.conrelid::regclass::text AS table, quote_ident(c.conname) AS name FROM pg_constraint c
        JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = c.connamespace
    WHERE c.contype IN ('c', 'f', 'u', 'p') AND c.conparentid = 0 AND NOT r.relispartition AND n.nspname IN ('public', 'auth', 'events')
    """
)
_SAMPLES = {"JSONB": "'{}'::jsonb", "TEXT": "'x'", "BYTEA": "'\\x00'", "DATE": "'2026-11-01'", "BOOLEAN": "false", "CHAR(3)": "'EUR'"}


def _fill(connection: Connection, table: Table, project: UUID) -> None:
    values = {}
    for column in table.columns:
        kind = str(column.type.compile(connection.dialect))
        if column.name in LEADS:
            values[column.name] = f"'{_id(project, LEADS[column.name])}'"
        elif column.identity is not None or column.computed is not None:
            continue
        elif column.name == "id" and table.name in {"projects", "deployments", "ad_accounts", "operations"}:
            kinds = {"projects": 0, "deployments": 1, "ad_accounts": 2, "operations": 3}
            values[column.name] = f"'{_id(project, kinds[table.name])}'"
        elif kind == "UUID":
            values[column.name] = f"'{uuid4()}'"
        elif kind.startswith("TIMESTAMP"):
            values[column.name] = "now()"
        elif kind == "TEXT":
            values[column.name] = f"'{project}'"
        else:
            values[column.name] = _SAMPLES.get(kind, str(project.int))
    connection.execute(text(f"INSERT INTO {table.fullname} ({', '.join(values)}) VALUES ({', '.join(values.values())})"))


@pytest.mark.parametrize("table", [table.fullname for table in _bound()])
def test_a_stranger_finds_every_table_empty_and_cannot_touch_a_row(filled: Database, table: str) -> None:
    with filled.transaction() as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 2, "pipelines see all"
    with filled.transaction_for([MINE], user_id=_id(MINE, 4)) as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 1
    for nobody in ([], [uuid4()]):
        with filled.transaction_for(nobody, user_id=uuid4()) as session:
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    with filled.transaction() as session:
        session.execute(text("SET LOCAL ROLE zamc_api"))
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, "fails closed when nobody said whose rows"
    _changes_nothing(filled, f"DELETE FROM {table}")
    column = next(name for name in metadata.tables[table.removeprefix("public.")].columns.keys())  # noqa: SIM118 - columns, not keys
    _changes_nothing(filled, f"UPDATE {table} SET {column} = {column}")


def _changes_nothing(filled: Database, statement: str) -> None:
    try:
        with filled.transaction_for([uuid4()]) as session:
            assert session.execute(text(statement)).rowcount == 0  # type: ignore[attr-defined]  # of a statement that writes
    except ProgrammingError as error:
        assert "permission denied" in str(error)  # noqa: PT017 - an append-only table refuses in general


@pytest.mark.parametrize("table", ["audit_log", "strategies", "deployments", "analytics", "operations", "alerts"])
def test_no_row_can_be_written_into_a_strangers_project(filled: Database, table: str) -> None:
    copied = [c.name for c in metadata.tables[table].columns]
    fresh = [f"'{_id(OTHERS, LEADS[name])}'" if name in LEADS else "gen_random_uuid()" if name == "id" else name for name in copied]
    statement = text(f"INSERT INTO {table} ({', '.join(copied)}) SELECT {', '.join(fresh)} FROM {table} LIMIT 1")
    with pytest.raises(ProgrammingError, match="row-level security"), filled.transaction_for([MINE], user_id=_id(MINE, 4)) as session:
        session.execute(statement)


def test_every_table_is_bound_shared_or_closed(filled: Database) -> None:
    statement = text(
        """
        SELECT n.nspname || '.' || c.relname AS name, c.relname AS short, c.relrowsecurity AS bound,
            has_table_privilege('zamc_api', c.oid, 'SELECT') AS reads,
            has_table_privilege('zamc_api', c.oid, 'UPDATE, DELETE') AS writes,
            EXISTS (SELECT FROM pg_policies p
                WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND 'zamc_api' = ANY (p.roles)) AS policy
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('public', 'auth', 'events') AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
        """
    )
    partitions = {"analytics_rest", "analytics_conversions_rest"}
    with filled.transaction() as session:
        for table in session.execute(statement):
            if table.short in CLOSED | partitions:
                assert not table.reads, f"{table.name} must not be readable by the API's transactions"
            elif table.short in SHARED:
                assert not table.writes, f"{table.name} belongs to nobody: the API's transactions may not change what is there"
            else:
                assert (table.bound, table.policy) == (True, True), (
                    f"{table.name}: its migration must call bind_to_projects('{table.name}')"
                )


_WHO = text("SELECT pg_backend_pid() AS pid, current_user AS who, current_setting('zamc.projects', true) AS mine")


def test_a_pooled_connection_carries_no_project_over(urls: DatabaseUrls) -> None:
    one = Database(urls.app_url, pool_size=1)
    with one.transaction_for([MINE]) as session:
        first = session.scalar(text("SELECT pg_backend_pid()"))
    with one.transaction() as session:
        row = session.execute(
            text("SELECT pg_backend_pid() AS pid, current_user AS who, current_setting('zamc.projects', true) AS mine")
        ).one()
    one.close()
    assert (row.pid, row.who, row.mine or "") == (first, "zamc_app", "")


def test_pipelines_pay_nothing(filled: Database) -> None:
    """The planner removes the policy of zamc_app: no plan of theirs holds a trace of it."""
    with filled.transaction() as session:
        plan = "\n".join(session.scalars(text("EXPLAIN SELECT * FROM analytics a JOIN deployments d ON d.id = a.deployment_id")))
        bound = "\n".join(session.scalars(text("EXPLAIN SELECT * FROM deployments")))
    assert "my_projects" not in plan + bound
    assert "Filter" not in plan + bound
    with filled.transaction_for([MINE], user_id=_id(MINE, 4)) as session:
        assert "InitPlan" in "\n".join(session.scalars(text("EXPLAIN SELECT * FROM deployments"))), "asked once a statement, not once a row"


def test_members_are_seen_without_what_they_sign_in_with(filled: Database) -> None:
    with filled.transaction_for([MINE], user_id=_id(MINE, 4)) as session:
        session.execute(text("SELECT id, email FROM auth.users"))
    with pytest.raises(ProgrammingError, match="permission denied"), filled.transaction_for([MINE], user_id=_id(MINE, 4)) as session:
        session.execute(text("SELECT password_hash FROM auth.users"))
