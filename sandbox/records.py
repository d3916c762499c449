"""What the store keeps: the shape of its tables, and its rows as values."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Body = dict[str, Any]

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    platform TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    parent TEXT, name TEXT, status TEXT, body TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (platform, account, kind, id));
CREATE INDEX IF NOT EXISTS objects_by_id ON objects (platform, id);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (platform, account, kind, parent);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (platform, account, kind);
CREATE INDEX IF NOT EXISTS objects_by_name ON objects (platform, account, kind, name);
CREATE TABLE IF NOT EXISTS history (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    platform TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    at TEXT NOT NULL, status TEXT, removed INTEGER NOT NULL, body TEXT NOT NULL, by TEXT);
CREATE INDEX IF NOT EXISTS history_by_object ON history (platform, account, kind, id, seq);
CREATE INDEX IF NOT EXISTS history_by_account ON history (platform, account, at);
CREATE VIEW IF NOT EXISTS status_history AS
    SELECT platform, account, kind, id, CASE removed WHEN 1 THEN 'REMOVED' ELSE status END AS status, at FROM history;
CREATE TABLE IF NOT EXISTS calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, platform TEXT NOT NULL, account TEXT, method TEXT NOT NULL, request_id TEXT NOT NULL,
    outcome TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_reviewed ON objects (platform, account, kind) WHERE instr(body, '"review') > 0;
CREATE VIRTUAL TABLE IF NOT EXISTS names USING fts5 (name, tokenize='trigram');
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS blobs (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS blobs_by_key ON blobs (key, seq);
"""

# As the index objects_reviewed has it, word for word.
REVIEWED: Final = "instr(body, '\"review') > 0"
# Kinds that are looked for by a part of their name, markers for example.
NAMED_KINDS: Final = frozenset({"campaign", "campaign_budget", "ad_group", "asset_group", "adset", "ad", "adcreative"})
SHORTEST_PART: Final = 3


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a store of an earlier sandbox up to date: index the names that it holds, make room for who changed what."""
    if "by" not in {row[1] for row in connection.execute("PRAGMA table_info(history)")}:
        connection.execute("ALTER TABLE history ADD COLUMN by TEXT")
    if connection.execute("SELECT 1 FROM names LIMIT 1").fetchone() is None:
        kinds = ",".join(f"'{kind}'" for kind in sorted(NAMED_KINDS))
        connection.execute(f"INSERT INTO names (rowid, name) SELECT seq, name FROM objects WHERE kind IN ({kinds}) AND name IS NOT NULL")  # noqa: S608 - names of our own


def wall_now() -> datetime:
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """UTC, fixed width, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Obj:
    """One platform object as it is now."""

    platform: str
    account: str
    kind: str
    id: str
    parent: str | None
    name: str | None
    status: str | None
    body: Body
    created_at: datetime
    updated_at: datetime
    removed: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What an object was from `at` until the next version, and who made it so (see By)."""

    at: datetime
    status: str | None
    removed: bool
    body: Body
    by: Body | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One write: what an object became, and what it was (None when it is new). Numbers rise with time."""

    number: int
    kind: str
    id: str
    after: Version
    before: Version | None


@dataclass(frozen=True, slots=True)
class Call:
    """One API call that a platform saw."""

    at: datetime
    platform: str
    account: str | None
    method: str
    request_id: str
    outcome: str


SELECT: Final = "SELECT platform, account, kind, id, parent, name, status, body, created_at, updated_at, removed FROM objects WHERE "
INSERT: Final = (
    "INSERT INTO objects (platform, account, kind, id, parent, name, status, body, created_at, updated_at, removed)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,0)"
)

INSERT_AT: Final = (
    "INSERT INTO objects (seq, platform, account, kind, id, parent, name, status, body, created_at, updated_at, removed)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,0)"
)


def to_obj(row: tuple[Any, ...]) -> Obj:
    platform, account, kind, key, parent, name, status, body, created_at, updated_at, removed = row
    created, updated = from_text(created_at), from_text(updated_at)
    return Obj(platform, account, kind, key, parent, name, status, json.loads(body), created, updated, bool(removed))
