"""What a benchmark does to its own PostgreSQL as its superuser: twins of a database, checkpoints, sizes."""

from typing import TYPE_CHECKING, LiteralString

from sqlalchemy import make_url

from cli.local.client import LocalStack
from cli.local.postgres import OWNER_ROLE, SUPERUSER
from cli.local.secrets import Secrets

if TYPE_CHECKING:
    import psycopg

MAIN = "zamc"


class Cluster:
    """The PostgreSQL of an embedded stack."""

    def __init__(self, stack: LocalStack) -> None:
        self._environment = stack.environment
        self._password = Secrets(stack.home.folder("secrets")).get("postgres-superuser")
        self._port = stack.ports["postgres"]

    def url(self, database: str = MAIN) -> str:
        """As zamc_app, whom row-level security binds."""
        return self._at("ZAMC_DATABASE_URL", database)

    def owner_url(self, database: str = MAIN) -> str:
        return self._at("ZAMC_DATABASE_OWNER_URL", database)

    def twin(self, name: str) -> None:
        """The main database once more, as it is now. Nobody may be connected to it."""
        from psycopg import sql

        with self._superuser("postgres") as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy OWNER {}")
            connection.execute(statement.format(*map(sql.Identifier, (name, MAIN, OWNER_ROLE))))

    def settle(self) -> None:
        """Write out what is dirty, so that whoever is measured next does not pay for whoever was before."""
        self._execute("CHECKPOINT")

    def set(self, name: LiteralString, value: LiteralString) -> None:
        """A setting of the whole server, from now on."""
        from psycopg import sql

        with self._superuser("postgres") as connection:
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            connection.execute("SELECT pg_reload_conf()")

    def vacuum(self, database: str = MAIN) -> None:
        """What autovacuum would do sooner or later, everywhere and now."""
        with self._superuser(database) as connection:
            connection.execute("VACUUM ANALYZE")

    def count(self, table: LiteralString, database: str = MAIN) -> int:
        from psycopg import sql

        with self._superuser(database) as connection:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))).fetchone()
        assert row is not None
        return int(str(row[0]))

    def gigabytes(self, database: str = MAIN) -> float:
        with self._superuser("postgres") as connection:
            row = connection.execute("SELECT pg_database_size(%s)", (database,)).fetchone()
        assert row is not None
        return float(str(row[0])) / 1e9

    def _execute(self, statement: LiteralString) -> None:
        with self._superuser("postgres") as connection:
            connection.execute(statement)

    def _superuser(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self._port, user=SUPERUSER, password=self._password, dbname=database, autocommit=True
        )  # fmt: skip

    def _at(self, variable: str, database: str) -> str:
        return make_url(self._environment[variable]).set(database=database).render_as_string(hide_password=False)
