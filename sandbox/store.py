"""The sandbox's memory: one SQLite file that survives a restart and a kill.

Every platform object is one row with a JSON body; every change of a row is kept in `history`, because the market must be
able to say what was live, and with which budget, at any moment of the past.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sandbox.records import SCHEMA, Body, Call, Obj, Version, from_text, to_text, upgrade, wall_now
from sandbox.transactions import LOG, Past, Transaction

__all__ = ["Body", "Call", "Obj", "Store", "Transaction", "Version", "from_text", "to_text", "wall_now"]

# Calls that changed nothing may wait for the next transaction; a kill loses at most so many lines of the log.
MOST_UNLOGGED: Final = 500


class Store:
    """The file. Writers come one at a time; readers see the last commit and wait for nobody."""

    def __init__(self, path: Path | str) -> None:
        self.now: Callable[[], datetime] = wall_now
        self.closed = False
        self._path = str(path)
        self._writing = threading.RLock()
        self._writer = self._connect()
        self._writer.executescript(SCHEMA)
        upgrade(self._writer)
        self._readers = threading.local()
        self._unlogged: list[tuple[str, str, str | None, str, str, str]] = []

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        # With a write-ahead log this survives the death of the process; that of the machine it need not.
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit at the end; roll back when an exception leaves the block or it was discarded. Not re-entrant."""
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            waiting = self._unlogged[:]
            if waiting:
                self._writer.executemany(LOG, waiting)
            tx = Transaction(self._writer, self.now)
            try:
                yield tx
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("ROLLBACK" if tx.discarded else "COMMIT")
            if not tx.discarded:
                del self._unlogged[: len(waiting)]

    def log(self, platform: str, account: str | None, method: str, request_id: str, outcome: str) -> None:
        """Remember a call that changed nothing. It is written with the next transaction: a read costs no commit of its own."""
        self._unlogged.append((to_text(self.now()), platform, account, method, request_id, outcome))
        if len(self._unlogged) >= MOST_UNLOGGED:
            self.flush()

    def flush(self) -> None:
        """Write what `log` has kept back."""
        if self._unlogged:
            with self.transaction():
                pass

    @contextmanager
    def reading(self, as_of: datetime | None = None) -> Iterator[Transaction]:
        """One consistent snapshot, read only; with `as_of` (aware) the world as it was then."""
        connection = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        connection.execute("BEGIN")
        try:
            yield Transaction(connection, self.now) if as_of is None else Past(connection, self.now, as_of)
        finally:
            connection.execute("ROLLBACK")

    def close(self) -> None:
        self.flush()
        with self._writing:
            self.closed = True
            self._writer.close()
