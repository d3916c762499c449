"""Reads and writes of the sandbox's memory inside one transaction."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sandbox.reading import Reading
from sandbox.records import INSERT, INSERT_AT, NAMED_KINDS, Body, Obj, from_text, to_text

FIRST_ID: Final = 1_000_000_001
LOG: Final = "INSERT INTO calls (at, platform, account, method, request_id, outcome) VALUES (?,?,?,?,?,?)"
REMEMBER: Final = "INSERT INTO history (platform, account, kind, id, at, status, removed, body, by) VALUES (?,?,?,?,?,?,?,?,?)"
Seed = tuple[str, str, str, str, str | None, str, str, str, str]


def _batches(rows: Iterable[Seed], seq: int) -> Iterator[tuple[int, list[Seed]]]:
    """Rows in batches, each with the number of its first."""
    waiting = iter(rows)
    while batch := list(islice(waiting, 5_000)):
        yield seq, batch
        seq += len(batch)


class Transaction(Reading):
    """Reads and writes inside one transaction; `discard()` makes it roll back at the end (validate_only).

    `by` is kept with every change: who made it, as {"client_type", "user", "method", "request_id"}, as far as it is known.
    """

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
        super().__init__(connection, now)
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

    def call_log(self, platform: str, account: str | None, method: str, request_id: str, outcome: str) -> None:
        self._db.execute(LOG, (to_text(self.now()), platform, account, method, request_id, outcome))

    def append_blob(self, key: str, data: bytes) -> None:
        """Bytes of an upload that goes on, in pieces."""
        self._db.execute("INSERT INTO blobs (key, data) VALUES (?,?)", (key, data))

    def drop_blob(self, key: str) -> None:
        self._db.execute("DELETE FROM blobs WHERE key=?", (key,))

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
