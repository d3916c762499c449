"""The sandbox's memory: one SQLite file that survives a restart and a kill.

Every platform object is one row with a JSON body; every change of a row is kept in `history`, because the market must be
able to say what was live, and with which budget, at any moment of the past.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sandbox.records import (
    INSERT,
    INSERT_AT,
    NAMED_KINDS,
    SCHEMA,
    SELECT,
    SHORTEST_PART,
    Body,
    Call,
    Change,
    Obj,
    Version,
    from_text,
    to_obj,
    to_text,
    upgrade,
    wall_now,
)

__all__ = ["Body", "Call", "Obj", "Store", "Transaction", "Version", "from_text", "to_text", "wall_now"]

FIRST_ID: Final = 1_000_000_001
LOG: Final = "INSERT INTO calls (at, platform, account, method, request_id, outcome) VALUES (?,?,?,?,?,?)"
REMEMBER: Final = "INSERT INTO history (platform, account, kind, id, at, status, removed, body, by) VALUES (?,?,?,?,?,?,?,?,?)"
Seed = tuple[str, str, str, str, str | None, str, str, str, str]
# Calls that changed nothing may wait for the next transaction; a kill loses at most so many lines of the log.
MOST_UNLOGGED: Final = 500


def _version(at: str, status: str | None, gone: int, body: str, by: str | None) -> Version:
    return Version(from_text(at), status, bool(gone), json.loads(body), json.loads(by) if by else None)


def _batches(rows: Iterable[Seed], seq: int) -> Iterator[tuple[int, list[Seed]]]:
    """Rows in batches, each with the number of its first."""
    waiting = iter(rows)
    while batch := list(islice(waiting, 5_000)):
        yield seq, batch
        seq += len(batch)


class Transaction:
    """Reads and writes inside one transaction; `discard()` makes it roll back at the end (validate_only).

    `by` is kept with every change: who made it, as {"client_type", "user", "method", "request_id"}, as far as it is known.
    """

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
        self._db = connection
        self.now = now
        self.discarded = False
        self.by: Body | None = None

    def discard(self) -> None:
        self.discarded = True

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo only what happened inside when it raises (partial_failure)."""
        self._db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO part")
            self._db.execute("RELEASE part")
            raise
        self._db.execute("RELEASE part")

    def next_id(self) -> str:
        number = int(self.setting("next_id") or FIRST_ID)
        self.set_setting("next_id", str(number + 1))
        return str(number)

    def next_ids(self, count: int) -> str:
        """The first of so many ids in a row."""
        first = self.next_id()
        self.set_setting("next_id", str(int(first) + count))
        return first

    def insert_many(self, rows: Iterable[Seed]) -> None:
        """(platform, account, kind, id, parent, name, status, body as JSON, at) each; for seeding."""
        row = self._db.execute("SELECT max(seq) FROM objects").fetchone()
        for seq, batch in _batches(rows, int(row[0] or 0) + 1):
            objects = [(seq + n, *one[:8], one[8], one[8]) for n, one in enumerate(batch)]
            self._db.executemany(INSERT_AT, objects)
            named = [(seq + n, one[5]) for n, one in enumerate(batch) if one[5] and one[2] in NAMED_KINDS]
            self._db.executemany("INSERT INTO names (rowid, name) VALUES (?,?)", named)
            past = [(one[0], one[1], one[2], one[3], one[8], one[6], 0, one[7], None) for one in batch]
            self._db.executemany(REMEMBER, past)

    def insert(
        self,
        platform: str,
        account: str,
        kind: str,
        body: Body,
        *,
        id: str | None = None,  # noqa: A002 -- the platforms call it id
        parent: str | None = None,
        name: str | None = None,
        status: str | None = None,
    ) -> str:
        """Store a new object and return its id (an increasing integer as text unless given)."""
        return self.add(platform, account, kind, body, id=id, parent=parent, name=name, status=status).id

    def add(
        self,
        platform: str,
        account: str,
        kind: str,
        body: Body,
        *,
        id: str | None = None,  # noqa: A002 -- the platforms call it id
        parent: str | None = None,
        name: str | None = None,
        status: str | None = None,
    ) -> Obj:
        """As `insert`, but returns the object."""
        key = id or self.next_id()
        moment = self.now()
        at, text = to_text(moment), json.dumps(body, ensure_ascii=False)
        row = self._db.execute(INSERT, (platform, account, kind, key, parent, name, status, text, at, at))
        if name and kind in NAMED_KINDS:
            self._db.execute("INSERT INTO names (rowid, name) VALUES (?,?)", (row.lastrowid, name))
        self._remember(platform, account, kind, key, at=at, status=status, body=text, removed=False)
        return Obj(platform, account, kind, key, parent, name, status, json.loads(text), moment, moment, removed=False)

    def get(self, platform: str, account: str, kind: str, id: str) -> Obj | None:  # noqa: A002
        """The object, removed or not; None when it never existed."""
        row = self._db.execute(
            SELECT + "platform=? AND account=? AND kind=? AND id=?",
            (platform, account, kind, id),
        ).fetchone()
        return to_obj(row) if row else None

    def locate(self, platform: str, id: str) -> Obj | None:  # noqa: A002
        """The object of that id in whichever account it lies."""
        row = self._db.execute(SELECT + "platform=? AND id=?", (platform, id)).fetchone()
        return to_obj(row) if row else None

    def find(
        self,
        platform: str,
        account: str | None,
        kind: str,
        *,
        ids: Iterable[str] | None = None,
        parent: str | None = None,
        parents: Iterable[str] | None = None,
        name: str | None = None,
        like: str | None = None,
        having: str | None = None,
        removed: bool | None = False,
    ) -> list[Obj]:
        """Objects in order of creation; `account=None` means all accounts, `removed=None` means both kinds.

        `like` is a part of the name (case does not matter; from three characters on an index serves it), `having` a part of
        the body's JSON.
        """
        where, values = ["platform=?", "kind=?"], [platform, kind]
        for column, value in (("account", account), ("parent", parent), ("name", name)):
            if value is not None:
                where.append(f"{column}=?")
                values.append(value)
        for among, several in (("id IN (SELECT value FROM json_each(?))", ids), ("parent IN (SELECT value FROM json_each(?))", parents)):
            if several is not None:
                where.append(among)
                values.append(json.dumps(list(several)))
        if like is not None and len(like) >= SHORTEST_PART and kind in NAMED_KINDS:
            where.append("seq IN (SELECT rowid FROM names WHERE name MATCH ?)")
            values.append('"' + like.replace('"', '""') + '"')
        elif like is not None:
            where.append("instr(lower(name), lower(?)) > 0")
            values.append(like)
        if having is not None:
            where.append("instr(body, ?) > 0")
            values.append(having)
        if removed is not None:
            where.append(f"removed={int(removed)}")
        rows = self._db.execute(SELECT + " AND ".join(where) + " ORDER BY seq", values)
        return [to_obj(row) for row in rows]

    @property
    def lags(self) -> bool:
        """Whether these reads show the past."""
        return False

    def walk(self, platform: str, account: str, kind: str, *, below: str | None = None) -> Iterator[Obj]:
        """Everything of a kind that an account has, removed or not, the newest first; `below` an id, from the next one on."""
        row = self._db.execute(
            "SELECT seq FROM objects WHERE platform=? AND account=? AND kind=? AND id=?", (platform, account, kind, below)
        )
        found = row.fetchone() if below is not None else None
        seq, size = (int(found[0]) if found else 2**62), 64
        while True:
            rows = self._db.execute(
                "SELECT seq, " + SELECT.removeprefix("SELECT ") + "platform=? AND account=? AND kind=? AND seq<? ORDER BY seq DESC LIMIT ?",
                (platform, account, kind, seq, size),
            ).fetchall()
            yield from (to_obj(row[1:]) for row in rows)
            if len(rows) < size:
                return
            seq, size = rows[-1][0], min(2 * size, 5000)

    def total(self, platform: str, account: str, kind: str, *, without: Sequence[str]) -> int:
        """How many objects of a kind an account has, not counting those of some statuses."""
        marks = ",".join("?" * len(without))
        text = f"SELECT count(*) FROM objects WHERE platform=? AND account=? AND kind=? AND coalesce(status, '') NOT IN ({marks})"  # noqa: S608
        return int(self._db.execute(text, (platform, account, kind, *without)).fetchone()[0])

    def version(self) -> tuple[str, int]:
        """Changes with everything that is written to objects."""
        path = self._db.execute("PRAGMA database_list").fetchone()[2]
        row = self._db.execute("SELECT max(seq) FROM history").fetchone()
        return str(path), int(row[0] or 0)

    def first(self, platform: str, account: str, kind: str) -> Obj | None:
        """The object of a kind that was made first."""
        row = self._db.execute(SELECT + "platform=? AND account=? AND kind=? ORDER BY seq LIMIT 1", (platform, account, kind)).fetchone()
        return to_obj(row) if row else None

    def parents(self, platform: str, account: str, kind: str, status: str, among: Iterable[str]) -> set[str]:
        """Which of these ids have a child of that kind and status that is not removed."""
        rows = self._db.execute(
            "SELECT DISTINCT parent FROM objects WHERE platform=? AND account=? AND kind=? AND status=? AND removed=0"
            " AND parent IN (SELECT value FROM json_each(?))",
            (platform, account, kind, status, json.dumps(list(among))),
        )
        return {str(row[0]) for row in rows}

    def count(self, platform: str, account: str, kind: str, status: str) -> int:
        row = self._db.execute(
            "SELECT count(*) FROM objects WHERE platform=? AND account=? AND kind=? AND status=? AND removed=0",
            (platform, account, kind, status),
        ).fetchone()
        return int(row[0])

    def update(
        self, obj: Obj, *, body: Body | None = None, name: str | None = None, status: str | None = None, parent: str | None = None
    ) -> Obj:
        """Change what is given, keep the rest, and return the object as it is now."""
        moved = obj if parent is None or parent == obj.parent else replace(obj, parent=parent)
        return self._write(moved, body=body or obj.body, name=name or obj.name, status=status or obj.status, gone=obj.removed)

    def remove(self, obj: Obj, *, status: str | None = None) -> Obj:
        return self._write(obj, body=obj.body, name=obj.name, status=status or obj.status, gone=True)

    def restore(self, obj: Obj, *, body: Body | None = None, status: str | None = None) -> Obj:
        return self._write(obj, body=body or obj.body, name=obj.name, status=status or obj.status, gone=False)

    def _write(self, obj: Obj, *, body: Body, name: str | None, status: str | None, gone: bool) -> Obj:
        at, text = to_text(self.now()), json.dumps(body, ensure_ascii=False)
        key = (obj.platform, obj.account, obj.kind, obj.id)
        self._db.execute(
            "UPDATE objects SET body=?, name=?, status=?, parent=?, removed=?, updated_at=?"
            " WHERE platform=? AND account=? AND kind=? AND id=?",
            (text, name, status, obj.parent, int(gone), at, *key),
        )
        if name != obj.name and obj.kind in NAMED_KINDS:
            self._rename(key, name or "")
        self._remember(*key, at=at, status=status, body=text, removed=gone)
        return replace(obj, name=name, status=status, body=json.loads(text), updated_at=from_text(at), removed=gone)

    def _rename(self, key: tuple[str, str, str, str], name: str) -> None:
        [seq] = self._db.execute("SELECT seq FROM objects WHERE platform=? AND account=? AND kind=? AND id=?", key).fetchone()
        self._db.execute("DELETE FROM names WHERE rowid=?", (seq,))
        self._db.execute("INSERT INTO names (rowid, name) VALUES (?,?)", (seq, name))

    def _remember(self, platform: str, account: str, kind: str, key: str, *, at: str, status: str | None, body: str, removed: bool) -> None:
        self._db.execute(
            REMEMBER,
            (platform, account, kind, key, at, status, int(removed), body, json.dumps(self.by) if self.by else None),
        )

    def history(self, platform: str, account: str, kind: str, id: str) -> list[Version]:  # noqa: A002
        rows = self._db.execute(
            "SELECT at, status, removed, body, by FROM history WHERE platform=? AND account=? AND kind=? AND id=? ORDER BY seq",
            (platform, account, kind, id),
        )
        return [_version(*row) for row in rows]

    def call_log(self, platform: str, account: str | None, method: str, request_id: str, outcome: str) -> None:
        self._db.execute(LOG, (to_text(self.now()), platform, account, method, request_id, outcome))

    def calls(self, platform: str | None = None) -> list[Call]:
        rows = self._db.execute(
            "SELECT at, platform, account, method, request_id, outcome FROM calls WHERE ?1 IS NULL OR platform=?1 ORDER BY seq",
            (platform,),
        )
        return [Call(from_text(at), *rest) for at, *rest in rows]

    def changes(
        self, platform: str, account: str, since: datetime, until: datetime, *, ids: Sequence[str] = (), upto: int | None = None
    ) -> Iterator[Change]:
        """What was written in an account between two moments (aware), the newest first, each with what it was before.

        `ids` of objects narrow it; `upto` begins with the change of that number.
        """
        where = "platform=? AND account=? AND at>=? AND at<=?"
        values: list[Any] = [platform, account, to_text(since), to_text(until)]
        if ids:
            where += " AND id IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(list(ids)))
        if upto is not None:
            last = self._db.execute("SELECT at FROM history WHERE seq=?", (upto,)).fetchone()
            where += " AND (at, seq) <= (?, ?)"
            values += [last[0] if last else "", upto]
        text = f"SELECT seq, kind, id, at, status, removed, body, by FROM history WHERE {where} ORDER BY at DESC, seq DESC"  # noqa: S608
        for seq, kind, key, *version in self._db.execute(text, values):
            old = self._db.execute(
                "SELECT at, status, removed, body, by FROM history WHERE platform=? AND account=? AND kind=? AND id=? AND seq<?"
                " ORDER BY seq DESC LIMIT 1",
                (platform, account, kind, key, seq),
            ).fetchone()
            yield Change(seq, kind, key, _version(*version), _version(*old) if old else None)

    def append_blob(self, key: str, data: bytes) -> None:
        """Bytes of an upload that goes on, in pieces."""
        self._db.execute("INSERT INTO blobs (key, data) VALUES (?,?)", (key, data))

    def blob(self, key: str) -> bytes:
        return b"".join(row[0] for row in self._db.execute("SELECT data FROM blobs WHERE key=? ORDER BY seq", (key,)))

    def blob_size(self, key: str) -> int:
        row = self._db.execute("SELECT coalesce(sum(length(data)), 0) FROM blobs WHERE key=?", (key,)).fetchone()
        return int(row[0])

    def drop_blob(self, key: str) -> None:
        self._db.execute("DELETE FROM blobs WHERE key=?", (key,))

    def setting(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM settings WHERE key=?", (key,)).fetchone()
        return str(row[0]) if row else None

    def set_setting(self, key: str, value: str) -> None:
        self._db.execute("INSERT INTO settings VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value", (key, value))


class Past(Transaction):
    """Reads that lag: the world as it was at `as_of`. Names are those of today."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], datetime], as_of: datetime) -> None:
        super().__init__(connection, now)
        self._as_of = as_of

    @property
    def lags(self) -> bool:
        return True

    def _then(self, obj: Obj | None) -> Obj | None:
        if obj is None or obj.updated_at <= self._as_of:
            return obj
        before = [v for v in self.history(obj.platform, obj.account, obj.kind, obj.id) if v.at <= self._as_of]
        if not before:
            return None
        last = before[-1]
        return replace(obj, status=last.status, body=last.body, removed=last.removed, updated_at=last.at)

    def get(self, platform: str, account: str, kind: str, id: str) -> Obj | None:  # noqa: A002
        return self._then(super().get(platform, account, kind, id))

    def locate(self, platform: str, id: str) -> Obj | None:  # noqa: A002
        return self._then(super().locate(platform, id))

    def find(self, platform: str, account: str | None, kind: str, *, removed: bool | None = False, **narrowed: Any) -> list[Obj]:
        found = [self._then(o) for o in super().find(platform, account, kind, removed=None, **narrowed)]
        return [o for o in found if o is not None and removed in (None, o.removed)]


class Store:
    """The file. Writers come one at a time; readers see the last commit and wait for nobody."""

    def __init__(self, path: Path | str) -> None:
        self.now: Callable[[], datetime] = wall_now
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
            self._writer.close()
