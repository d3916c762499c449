"""Reading the sandbox's memory: objects as they are, as they were, and what happened to them."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sandbox.records import NAMED_KINDS, REVIEWED, SELECT, SHORTEST_PART, Call, Change, Obj, Version, from_text, to_obj, to_text


def _version(at: str, status: str | None, gone: int, body: str, by: str | None) -> Version:
    return Version(from_text(at), status, bool(gone), json.loads(body), json.loads(by) if by else None)


class Reading:
    """Questions to one consistent state of the store; `now` is the business clock."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
        self._db = connection
        self.now = now

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
        reviewed: bool = False,
        removed: bool | None = False,
    ) -> list[Obj]:
        """Objects in order of creation; `account=None` means all accounts, `removed=None` means both kinds.

        `like` is a part of the name (case does not matter; from three characters on an index serves it), `reviewed` leaves only
        those that carry a verdict of review.
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
        if reviewed:
            where.append(REVIEWED)
        if removed is not None:
            where.append(f"removed={int(removed)}")
        # Sorted by hand where few are meant: for the sake of the order the planner would read all of a kind.
        few = reviewed or any(one is not None for one in (ids, parent, parents, name))
        rows = self._db.execute(SELECT + " AND ".join(where) + (" ORDER BY +seq" if few else " ORDER BY seq"), values)
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

    def history(self, platform: str, account: str, kind: str, id: str) -> list[Version]:  # noqa: A002
        rows = self._db.execute(
            "SELECT at, status, removed, body, by FROM history WHERE platform=? AND account=? AND kind=? AND id=? ORDER BY seq",
            (platform, account, kind, id),
        )
        return [_version(*row) for row in rows]

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

    def blob(self, key: str) -> bytes:
        return b"".join(row[0] for row in self._db.execute("SELECT data FROM blobs WHERE key=? ORDER BY seq", (key,)))

    def blob_size(self, key: str) -> int:
        row = self._db.execute("SELECT coalesce(sum(length(data)), 0) FROM blobs WHERE key=?", (key,)).fetchone()
        return int(row[0])

    def setting(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM settings WHERE key=?", (key,)).fetchone()
        return str(row[0]) if row else None
