"""The engine, and transactions: one request, one message or one item is one of them."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from uuid import UUID

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from zamc.errors import OutsideCallInTransaction

# One statement, so that it costs one round trip; `true`: until the transaction ends. The role last: it may do less.
_BIND = text(
    "SELECT set_config('zamc.projects', :projects, true), set_config('zamc.user', :user, true), set_config('role', 'zamc_api', true)"
)
_open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)


class Database:
    """PostgreSQL as one role. Threads may share it; a forked child must make its own."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        # A claim that is lost in a power cut after its call was sent would be sent again; no server default may weaken this.
        durable = {"options": "-c synchronous_commit=on"}
        self.engine = create_engine(url, pool_size=pool_size, max_overflow=16, pool_pre_ping=True, connect_args=durable)
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


def refuse_inside_transaction(what: str) -> None:
    """Called by every adapter to the outside: a slow platform must never hold a row lock.

    Raises OutsideCallInTransaction, in production as in tests.
    """
    if _open_transactions.get():
        raise OutsideCallInTransaction(f"{what} was called inside a database transaction; claim, commit, then call")
