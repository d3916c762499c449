"""The engine, and transactions: one request, one message or one item is one of them."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

from zamc.errors import OutsideCallInTransaction

# `true`: until the transaction ends. The role last: it may do less.
_BIND = text(
    "SELECT set_config('zamc.projects', :projects, true), set_config('zamc.user', :user, true), set_config('role', 'zamc_api', true)"
)
_RESTED_SECONDS = 1.0
# Of one process. All are kept once they are open: making one costs PostgreSQL more than twenty reads, and it has nothing prepared yet.
MOST_CONNECTIONS = 21
_open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)


class Database:
    """PostgreSQL as one role. Threads may share it; a forked child must make its own."""

    def __init__(self, url: str, *, pool_size: int = MOST_CONNECTIONS) -> None:
        # A claim that is lost in a power cut after its call was sent would be sent again; no server default may weaken this.
        durable = {"options": "-c synchronous_commit=on"}
        self.engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=MOST_CONNECTIONS - pool_size,
            pool_use_lifo=True,
            connect_args={**durable, "connect_timeout": 10},
        )
        _ask_what_has_rested(self.engine)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._alone = sessionmaker(self.engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or rolled back when anything is raised."""
        with _counted(), self._sessions.begin() as session:
            yield session

    @contextmanager
    def statement(self) -> Iterator[Session]:
        """A session for one statement that is a transaction by itself: one round trip where transaction() takes three.

        A second statement would be another transaction; whoever asks for more than one thing, or changes more, uses transaction().
        """
        with _counted(), self._alone.begin() as session:
            yield session

    @contextmanager
    def transaction_for(self, projects: Collection[UUID], *, user_id: UUID | None = None) -> Iterator[Session]:
        """A transaction that sees and writes the rows of these projects and no others, whatever its queries say: row-level security.

        For requests of people and scripts. user_id: whose requests it may remember. All of it ends with the transaction, so that a
        pooled connection carries nothing over.
        """
        with self.transaction() as session:
            _begin_bound(session, projects, user_id)
            yield session

    @contextmanager
    def pinned(self) -> Iterator[Callable[[], AbstractContextManager[Session]]]:
        """Transactions one after the other on one connection, so that a temporary table outlives each of them."""
        with self.engine.connect() as connection:

            @contextmanager
            def transaction() -> Iterator[Session]:
                with _counted(), Session(connection, expire_on_commit=False) as session, session.begin():
                    yield session

            yield transaction

    def close(self) -> None:
        self.engine.dispose()


class Transactions(Protocol):
    """Whatever gives transactions: a database, or what a caller may see of it."""

    def transaction(self) -> AbstractContextManager[Session]:
        """See Database.transaction."""
        ...


@dataclass(frozen=True)
class OwnRows:
    """A database as far as these projects go: every transaction is one of transaction_for."""

    database: Database
    projects: Collection[UUID]
    user_id: UUID | None = None

    def transaction(self) -> AbstractContextManager[Session]:
        return self.database.transaction_for(self.projects, user_id=self.user_id)


@contextmanager
def _counted() -> Iterator[None]:
    """One more transaction is open: see refuse_inside_transaction."""
    token = _open_transactions.set(_open_transactions.get() + 1)
    try:
        yield
    finally:
        _open_transactions.reset(token)


def _begin_bound(session: Session, projects: Collection[UUID], user_id: UUID | None) -> None:
    """Begin and bind in one round trip, past the layers that would make two of it.

    What goes wrong on this way is met again on the ordinary one, which says what it is and drops a connection that is gone.
    """
    named, user = ",".join(map(str, map(_uuid, projects))), str(_uuid(user_id)) if user_id else ""
    driver: Any = session.connection().connection.driver_connection
    if driver.pgconn.transaction_status == TransactionStatus.IDLE:
        sent = (
            f"BEGIN; SELECT set_config('zamc.projects', '{named}', true), set_config('zamc.user', '{user}', true),"
            " set_config('role', 'zamc_api', true)"
        )
        with suppress(psycopg.Error, MemoryError):
            if driver.pgconn.exec_(sent.encode()).status == ExecStatus.TUPLES_OK:
                return
        if driver.pgconn.status == ConnStatus.OK:
            driver.rollback()
    session.execute(_BIND, {"projects": named, "user": user})


def _uuid(value: UUID) -> UUID:
    """Nothing else stands in a statement's text. Raises TypeError."""
    if type(value) is not UUID:
        raise TypeError(f"{type(value).__name__} is no UUID")
    return value


def _ask_what_has_rested(engine: Engine) -> None:
    """A connection that has just been used is there; one that has rested is asked first, and replaced when it is gone (a restart)."""

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used_at", float("inf")) < _RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            if engine.dialect.is_disconnect(error, connection, None):
                raise DisconnectionError from error
            raise


def refuse_inside_transaction(what: str) -> None:
    """Called by every adapter to the outside: a slow platform must never hold a row lock.

    Raises OutsideCallInTransaction, in production as in tests.
    """
    if _open_transactions.get():
        raise OutsideCallInTransaction(f"{what} was called inside a database transaction; claim, commit, then call")
