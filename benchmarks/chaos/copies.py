"""A copy of the running database, and what puts it in the database's place: a backup and its restore."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from benchmarks.launch_world import World
from cli.local.postgres import SUPERUSER
from cli.local.secrets import Secrets

_BACKUP, _LOST = sql.Identifier("zamc_backup"), sql.Identifier("zamc_lost")
Connection = psycopg.Connection[tuple[object, ...]]


class Copies:
    """One copy of the stage's database."""

    def __init__(self, stage: World) -> None:
        self._stage = stage
        self._called = stage.services.database.engine.url.database or ""
        self._name = sql.Identifier(self._called)
        self._owner = sql.Identifier(stage.services.owner_database.engine.url.username or "")

    def take(self) -> None:
        """Copy it as it is now."""
        with self._nobody_else() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(_BACKUP, self._owner, self._name))
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(self._name))

    def put_back(self) -> None:
        """The copy under the database's name, so that whoever was connected comes back to it, the relay too. The other one is lost."""
        with self._nobody_else() as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(self._name, _LOST))
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(_BACKUP, self._name))

    @contextmanager
    def _nobody_else(self) -> Iterator[Connection]:
        """Nobody may be connected while a database is copied or renamed."""
        with self._superuser() as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(self._name))
            connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (self._called,))
            yield connection
        self._stage.services.database.engine.dispose()
        self._stage.services.owner_database.engine.dispose()

    def _superuser(self) -> Connection:
        stack = self._stage.stack
        password = Secrets(stack.home.folder("secrets")).get("postgres-superuser")
        return psycopg.connect(
            host="127.0.0.1", port=stack.ports["postgres"], user=SUPERUSER, password=password, dbname="postgres", autocommit=True
        )
