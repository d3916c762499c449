"""Real PostgreSQL, NATS and Valkey for the tests: one small stack per pytest process (so one per xdist worker), gone with it.

In a conftest.py:  `from tests.services import Services, services  # noqa: F401`
"""

import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from cli.local.client import LocalStack
from cli.local.postgres import APP_ROLE, OWNER_ROLE, SUPERUSER
from cli.local.secrets import Secrets
from cli.local.stack import BASE

Superuser = psycopg.Connection[tuple[object, ...]]
_PATIENCE_SECONDS = 5.0
_PASSWORDS = ("DATABASE", "DATABASE_OWNER", "DAGSTER_DATABASE")


@dataclass(frozen=True)
class Database:
    """One database of the test server, owned by zamc_owner, in which zamc_app may connect and nothing else. URLs name psycopg 3."""

    name: str
    app_url: str
    owner_url: str
    superuser_url: str


@dataclass(frozen=True)
class Services:
    """The running servers. `environment` is what a child process needs (ZAMC_* and more), `database` the one named zamc."""

    stack: LocalStack
    environment: dict[str, str]
    database: Database
    nats_url: str
    redis_url: str
    objects_url: str
    dagster_database_url: str
    # Kept open, for a connection costs as much as what is done with it.
    _admin: Superuser = field(repr=False)

    def new_database(self, *, template: str = "template1") -> Database:
        """An empty database, or a copy of `template` (nobody may be connected to the template meanwhile)."""
        name = _fresh_name()
        self._admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(template)
            )
        )
        self._admin.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(APP_ROLE)))
        return self._named(name)

    def drop_database(self, database: Database) -> None:
        """Also when somebody is still connected."""
        self.end_sessions(database)
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))

    def close_database(self, database: Database) -> None:
        """Nobody may connect to it any more; it can be copied."""
        self.end_sessions(database)
        self._admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(database.name)))

    def rename_database(self, database: Database) -> Database:
        """The same database under a name that nobody knows yet; whoever is connected is disconnected. Raises psycopg.errors.ObjectInUse."""
        self.end_sessions(database)
        name = _fresh_name()
        self._admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(database.name), sql.Identifier(name)))
        return self._named(name)

    def end_sessions(self, database: Database) -> None:
        """Disconnect whoever is connected, and see them gone.

        A session that has just been closed is there for another millisecond, and PostgreSQL sleeps 100 ms before it looks again for one
        that keeps it from a DROP or a RENAME.
        """
        until = time.monotonic() + _PATIENCE_SECONDS
        while self._admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database.name,)).fetchall():
            if time.monotonic() > until:
                break
            time.sleep(0.001)

    def environment_for(self, database: Database) -> dict[str, str]:
        """The environment of a child process that shall use that database."""
        return {**self.environment, "ZAMC_DATABASE_URL": database.app_url, "ZAMC_DATABASE_OWNER_URL": database.owner_url}

    def on(self, database: Database) -> "Services":
        """The same servers with another database as theirs."""
        return replace(self, database=database, environment=self.environment_for(database))

    def _named(self, name: str) -> Database:
        def renamed(url: str) -> str:
            return url.removesuffix(f"/{self.database.name}") + f"/{name}"

        return Database(name, renamed(self.database.app_url), renamed(self.database.owner_url), renamed(self.database.superuser_url))


def superuser(url: str) -> Superuser:
    """A connection of psycopg's own to what a URL names; every statement is a transaction."""
    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True)


def _make_sign_in_cheap(admin: Superuser, *urls: str) -> None:
    """The same passwords, hashed once where a server of people's would hash 4,096 times: tests open thousands of connections."""
    admin.execute("SET scram_iterations = 1")
    for url in map(make_url, urls):
        assert url.username
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(url.username), sql.Literal(str(url.password))))


def _fresh_name() -> str:
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """The servers of this pytest process. They take about a second to start and need no fsync: a test's data may be lost in a power cut."""
    # Not pytest's tmp_path_factory: its folders are kept after the run, and a database is large.
    with (
        tempfile.TemporaryDirectory(prefix="zamc-test-") as folder,
        LocalStack.start(home=Path(folder), services=BASE, durable=False) as stack,
    ):
        environment = stack.environment
        password = Secrets(stack.home.folder("secrets")).get("postgres-superuser")
        superuser_url = f"postgresql+psycopg://{SUPERUSER}:{password}@127.0.0.1:{stack.ports['postgres']}/zamc"
        with superuser(superuser_url.removesuffix("/zamc") + "/postgres") as admin:
            _make_sign_in_cheap(admin, superuser_url, *(environment[f"ZAMC_{name}_URL"] for name in _PASSWORDS))
            yield Services(
                stack=stack,
                environment=environment,
                database=Database("zamc", environment["ZAMC_DATABASE_URL"], environment["ZAMC_DATABASE_OWNER_URL"], superuser_url),
                nats_url=environment["ZAMC_NATS_URL"],
                redis_url=environment["ZAMC_REDIS_URL"],
                objects_url=environment["ZAMC_OBJECTS_URL"],
                dagster_database_url=environment["ZAMC_DAGSTER_DATABASE_URL"],
                _admin=admin,
            )
