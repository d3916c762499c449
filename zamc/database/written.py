"""Statements that are asked again and again: written as SQL once, and read as what the driver makes of their rows.

What SQLAlchemy knows of a result's columns and of the objects that they belong to costs more than reading a page, and an answer needs none
of it. What changes rows says what it returns, and leaves objects of the session that stand for them as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

_DIALECT = PGDialect_psycopg()
Row = tuple[Any, ...]


class Written:
    """build: the statement, with a bindparam for each value that is given when it is asked. Threads share it."""

    def __init__(self, build: Callable[[], ClauseElement]) -> None:
        self._build = build
        # SQL, and the constants in it that are sent along.
        self._known: tuple[str, Mapping[str, Any]] | None = None

    def rows(self, session: Session, **values: Any) -> list[Row]:
        """One statement."""
        if self._known is None:
            self._known = sql_of(self._build())
        sql, constants = self._known
        return rows(session, sql, {**constants, **values})


def sql_of(statement: ClauseElement) -> tuple[str, Mapping[str, Any]]:
    """As the driver takes it, and the constants in it."""
    compiled = statement.compile(dialect=_DIALECT)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def rows(session: Session, sql: str, values: Mapping[str, Any]) -> list[Row]:
    """Ask it on the session's connection. values: by name, `%(name)s` in the text. Raises what SQLAlchemy would raise."""
    session.flush()
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    # Whoever counts statements counts these, too.
    for told in connection.engine.dispatch.before_cursor_execute:
        told(connection, cursor, sql, values, None, False)
    try:
        found: list[Row] = cursor.execute(sql, values).fetchall()
    except psycopg.Error as error:
        raise _raised(connection, sql, error) from error
    return found


def _raised(connection: Connection, sql: str, error: Any) -> Exception:
    """The same error by SQLAlchemy's name; a connection that is gone is not used again."""
    gone = connection.dialect.is_disconnect(error, connection.connection.driver_connection, None)
    if gone:
        connection.invalidate(error)
    return DBAPIError.instance(sql, {}, error, psycopg.Error, hide_parameters=True, connection_invalidated=gone, dialect=connection.dialect)
