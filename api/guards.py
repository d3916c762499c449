"""What keeps the plain routes from taking on more than they can do: rooms, and breakers around what may be down."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from fastapi import Request
from sqlalchemy.orm import Session

from api.graphql.outages import POSTGRES_OUTAGES
from api.room import LocalBreaker, Room
from zamc.database.engine import Transactions
from zamc.errors import Later

# Each export holds a connection until its last byte is out, and there are few (api.threads).
EXPORTS = 4
# Looked up at once; what is read of a file afterwards waits for a thread, which are few as well.
FILES = 8
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Guards:
    """Of one process, on its event loop. postgres: also of GraphQL; storage: where files are."""

    postgres: LocalBreaker = field(default_factory=lambda: LocalBreaker("postgres", *POSTGRES_OUTAGES))
    storage: LocalBreaker = field(default_factory=lambda: LocalBreaker("storage", Later))
    exports: Room = field(default_factory=lambda: Room("exports", places=EXPORTS, queue=2 * EXPORTS, patience=PATIENCE_SECONDS))
    files: Room = field(default_factory=lambda: Room("files", places=FILES, queue=25 * FILES, patience=PATIENCE_SECONDS))


@dataclass(frozen=True)
class GuardedRows:
    """Transactions that are not begun while PostgreSQL is left alone; how long one takes afterwards is its own affair."""

    rows: Transactions
    breaker: LocalBreaker

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Raises Resting."""
        with ExitStack() as opened:
            with self.breaker.guard():
                session = opened.enter_context(self.rows.transaction())
            yield session


def guards_of(request: Request) -> Guards:
    found: Guards = request.app.state.guards
    return found
