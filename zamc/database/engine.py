"""The engine, and transactions: one request, one message or one item is one of them."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

from zamc.errors import OutsideCallInTransaction

# One statement, so that it costs one round trip; `true`: until the transaction ends. The role last: it may do less.
_BIND = text(
    "SELECT set_config('zamc.projects', :projects, true), set_config('zamc.user', :user, true), set_config('role', 'zamc_api', true)"
)
_RESTED_SECONDS = 1.0
_open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)


class Database:
    """PostgreSQL as one role. Threads may share it; a forked child must make its own."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        # A claim that is lost in a power cut after its call was sent would be sent again; no server default may weaken this.
        durable = {"options": "-c synchronous_commit=on"}
        self.engine = create_engine(url, pool_size=pool_size, max_overflow=16, connect_args={**durable, "connect_timeout": 10})
        _ask_what_has_rested(self.engine)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or rolled back when anything is raised."""
        token = _open_transactions.set(_open_transactions.get() + 1)
        try:
            with self._sessions.begin() as session:
                yield session
        finally:
            _open_transactions.reset(token)

    @contextmanager
    def transaction_for(self, projects: Collection[UUID], *, user_id: UUID | None = None) -> Iterator[Session]:
        """A transaction that sees and writes the rows of these projects and no others, whatever its queries say: row-level security.

        For requests of people and scripts. user_id: whose requests it may remember. All of it ends with the transaction, so that a
        pooled connection carries nothing over.
        """
        with self.transaction() as session:
            session.execute(_BIND, {"projects": ",".join(map(str, projects)), "user": str(user_id or "")})
            yield session

    @contextmanager
    def pinned(self) -> Iterator[Callable[[], AbstractContextManager[Session]]]:
        """Transactions one after the other on one connection, so that a temporary table outlives each of them."""
        with self.engine.connect() as connection:

            @contextmanager
            def transaction() -> Iterator[Session]:
                token = _open_transactions.set(_open_transactions.get() + 1)
                try:
                    with Session(connection, expire_on_commit=False) as session, session.begin():
                        yield session
                finally:
                    _open_transactions.reset(token)

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
