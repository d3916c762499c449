"""The schema that migrations make is the schema that the code declares, and zamc_app has the rights it needs and no more."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.services import Database as DatabaseUrls
from tests.services import Services
from zamc.database.engine import Database
from zamc.database.migrate import migrate
from zamc.database.schema import metadata


def test_migrations_make_exactly_the_declared_tables(owner_database: Database) -> None:
    with owner_database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in {"auth", "events", "public", None},
                "include_object": lambda _object, name, kind, _reflected, _other: not (kind == "table" and _is_ours_elsewhere(name)),
            },
        )
        assert compare_metadata(context, metadata) == []


def _is_ours_elsewhere(name: str | None) -> bool:
    """Alembic's own table, and partitions: those are data, not schema."""
    return name == "alembic_version" or re.fullmatch(r"analytics(_conversions)?_(rest|\d{6})", name or "") is not None


def test_a_second_migration_finds_nothing_to_do(urls: DatabaseUrls) -> None:
    migrate(urls.owner_url)


def test_the_application_reads_and_writes_but_does_not_rewrite_history(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("INSERT INTO audit_log (id, actor, action) VALUES (gen_random_uuid(), 'me', 'looked')"))
    with pytest.raises(ProgrammingError, match="permission denied"), database.transaction() as session:
        session.execute(text("UPDATE audit_log SET actor = 'somebody else'"))


def test_no_path_of_the_application_can_change_a_spend_policy(database: Database) -> None:
    for statement in ("UPDATE spend_policies SET daily_cap_micros = 1", "DELETE FROM spend_policies"):
        with pytest.raises(ProgrammingError, match="permission denied"), database.transaction() as session:
            session.execute(text(statement))


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE public.own (id int)", "DROP TABLE public.projects", "SELECT * FROM public.alembic_version"]
)
def test_the_application_cannot_change_the_schema(database: Database, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), database.transaction() as session:
        session.execute(text(statement))


def test_two_migrations_at_once_do_the_work_once(services: Services) -> None:
    from concurrent.futures import ThreadPoolExecutor

    fresh = services.new_database()
    try:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(migrate, fresh.owner_url) for _ in range(2)]:
                done.result()
    finally:
        services.drop_database(fresh)
