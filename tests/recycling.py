"""Migrated databases that tests take in turn: each finds the schema as it was migrated and not one row of anybody else's.

A copy of the template costs PostgreSQL four times what it costs to empty one, so what a test gives back is emptied for the next one.
First it gets another name: whoever still has the old address (a thread, a child process) is refused, as if the database were gone. A test
that changed the schema, or wrote very much, costs a new copy.
"""

from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from tests.services import Database, Services, Superuser, superuser

# VACUUM leaves no row, but empty pages of indexes.
_MOST_GROWTH_BYTES = 16 * 2**20
_FIRST_OID = 16_384  # the first that is not of PostgreSQL itself
_CATALOGS = {
    "pg_attrdef": "oid",
    "pg_attribute": "attrelid",
    "pg_class": "oid",
    "pg_constraint": "oid",
    "pg_index": "indexrelid",
    "pg_inherits": "inhrelid",
    "pg_proc": "oid",
    "pg_rewrite": "oid",
    "pg_sequence": "seqrelid",
    "pg_trigger": "oid",
    "pg_type": "oid",
}
_SMALL_CATALOGS = ("pg_default_acl", "pg_event_trigger", "pg_extension", "pg_namespace", "pg_policy", "pg_statistic_ext")
# xmin is the transaction that wrote a row last; a copy has its template's.
_WRITTEN = "SELECT count(*)::text, coalesce(sum(xmin::text::bigint), 0)::text FROM {}"
_SCHEMA = " UNION ALL ".join(
    (
        *(f"{_WRITTEN.format(name)} WHERE {key} >= {_FIRST_OID}" for name, key in _CATALOGS.items()),
        *(_WRITTEN.format(name) for name in _SMALL_CATALOGS),
        "SELECT datacl::text, concat(datconnlimit, datallowconn) FROM pg_database WHERE datname = current_database()",
        "SELECT count(*)::text, '' FROM pg_db_role_setting, pg_database d WHERE setdatabase = d.oid AND d.datname = current_database()",
    )
)
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND pg_relation_size(c.oid) > 0
"""
_SIZE = "SELECT pg_database_size(current_database())"
_REWIND = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"


@dataclass(frozen=True)
class _Made:
    """What a copy is like before anybody uses it. seeded: tables with rows that the migrations wrote; rows: those."""

    schema: list[tuple[object, ...]]
    seeded: list[sql.Identifier]
    rows: list[tuple[object, ...]]
    size: int


@dataclass
class Recycling:
    """The copies of one template. Not for threads."""

    services: Services
    template: Database
    _free: list[Database] = field(default_factory=list)
    _made: _Made | None = None

    def take(self) -> Database:
        """A database as its template is."""
        if self._free:
            return self._free.pop()
        fresh = self.services.new_database(template=self.template.name)
        if self._made is None:
            with superuser(fresh.superuser_url) as connection:
                seeded = _tables(connection)
                self._made = _Made(_all(connection, _SCHEMA), seeded, _rows(connection, seeded), _size(connection))
            self.services.end_sessions(fresh)
        return fresh

    def give_back(self, used: Database) -> None:
        """What a test has done with, even if somebody is still connected."""
        try:
            hidden = self.services.rename_database(used)
        except (psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName):
            self.services.drop_database(used)
            return
        with superuser(hidden.superuser_url) as connection:
            as_made = self._emptied(connection)
        if as_made:
            self.services.end_sessions(hidden)
            self._free.append(hidden)
        else:
            self.services.drop_database(hidden)

    def close(self) -> None:
        """Drop those that nobody uses."""
        while self._free:
            self.services.drop_database(self._free.pop())

    def _emptied(self, connection: Superuser) -> bool:
        """Take out every row that the migrations did not write. False: it is not what it was made, and never will be."""
        made = self._made
        if made is None or _size(connection) > made.size + _MOST_GROWTH_BYTES or _all(connection, _SCHEMA) != made.schema:
            return False
        if _rows(connection, made.seeded) != made.rows:
            return False
        if written := [table for table in _tables(connection) if table not in made.seeded]:
            # As a replica: no trigger runs and no foreign key is asked, so that the order does not matter.
            emptying = [sql.SQL("DELETE FROM ONLY {};").format(table) for table in written]
            connection.execute(
                sql.SQL("BEGIN; SET LOCAL session_replication_role = replica; {} COMMIT").format(sql.SQL(" ").join(emptying))
            )
            # Down to no page, so that rows lie in the order in which the next test writes them.
            connection.execute(sql.SQL("VACUUM (SKIP_DATABASE_STATS) {}").format(sql.SQL(", ").join(written)))
        connection.execute(_REWIND)
        return True


def _all(connection: Superuser, query: "str | sql.Composed") -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


def _size(connection: Superuser) -> int:
    ((size,),) = _all(connection, _SIZE)
    assert isinstance(size, int)
    return size


def _tables(connection: Superuser) -> list[sql.Identifier]:
    """Those that have a page."""
    return [sql.Identifier(str(schema), str(name)) for schema, name in _all(connection, _TABLES)]


def _rows(connection: Superuser, tables: list[sql.Identifier]) -> list[tuple[object, ...]]:
    """How many rows each has, and who wrote them."""
    return [row for table in tables for row in _all(connection, sql.SQL(_WRITTEN).format(table))]
