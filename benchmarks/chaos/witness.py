"""What really happened, from the sandbox's own record: it knows nothing of our database, and our code has no part in it."""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_MARKER = re.compile(r"zamc:([0-9a-f]{8}):([0-9a-f]{16})")
ON = {"ENABLED", "ACTIVE"}
_GONE = {"REMOVED", "DELETED"}
# The name under which the trial's outsiders change things in a platform's own interface.
OUTSIDER = "outsider@example.com"


@dataclass(frozen=True)
class Campaign:
    """A campaign as the platform remembers it. key: the marker's part of our obj_key.

    ever_on: whether anybody but an outsider ever wrote it as on; outside_on: whether an outsider did.
    """

    platform: str
    id: str
    key: str
    status: str
    ever_on: bool
    outside_on: bool = False


def campaigns(store: Path) -> list[Campaign]:
    """Every campaign that ever carried a marker of ours, removed ones too. store: the sandbox's SQLite file, read only."""
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)
    try:
        names = connection.execute("SELECT platform, id, name FROM objects WHERE kind = 'campaign'").fetchall()
        history: dict[tuple[str, str], list[tuple[str, bool]]] = defaultdict(list)
        rows = connection.execute("SELECT platform, id, status, removed, by FROM history WHERE kind = 'campaign' ORDER BY seq")
        for platform, key, status, removed, by in rows:
            outside = by is not None and json.loads(by).get("user") == OUTSIDER
            history[platform, key].append(("REMOVED" if removed else status or "", outside))
    finally:
        connection.close()
    found = []
    for platform, key, name in names:
        marked = _MARKER.search(name or "")
        states = history[platform, key]
        if marked and states:
            on = {outside for status, outside in states if status in ON}
            found.append(Campaign(platform, key, marked[2], states[-1][0], False in on, True in on))
    return found


def last_entry(store: Path) -> int:
    """Where the record of what happened stands now."""
    return _ask(store, "SELECT coalesce(max(seq), 0) FROM history")


def switched_on(store: Path, *, after: int) -> int:
    """Entries since then that say of a campaign that it is on, whoever wrote them."""
    return _ask(
        store, "SELECT count(*) FROM history WHERE kind = 'campaign' AND status IN ('ENABLED', 'ACTIVE') AND NOT removed AND seq > ?", after
    )


def _ask(store: Path, query: str, *values: int) -> int:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
        return int(connection.execute(query, values).fetchone()[0])


@dataclass(frozen=True)
class Wanted:
    """What our record says at the end. on: its deployment is live; external_id: what its campaign is bound to."""

    platform: str
    on: bool
    status: str
    external_id: str | None


@dataclass(frozen=True)
class Verdict:
    """Counts of harm; every one of them must be 0. strays and outside_on are no harm as long as none is left: duplicates that were
    made, and those of them that an outsider turned on."""

    enabled_twice: int
    lost: int
    enabled_orphans: int
    on_unwanted: int
    strays_left: int
    strays: int
    unsettled: int
    outside_on: int

    @property
    def harmless(self) -> bool:
        return not (self.enabled_twice or self.lost or self.enabled_orphans or self.on_unwanted or self.strays_left or self.unsettled)


def judge(seen: list[Campaign], wanted: Mapping[str, Wanted]) -> Verdict:
    """Compare the platforms' memory with our record, both at rest. wanted: by the marker's part of the campaign's obj_key."""
    by_key: dict[str, list[Campaign]] = defaultdict(list)
    for each in seen:
        by_key[each.key].append(each)
    twice = lost = orphans = unwanted = left = strays = outside = 0
    for key, want in wanted.items():
        mine = by_key.get(key, [])
        on = [each for each in mine if each.status in ON]
        twice += len([each for each in mine if each.ever_on]) > 1
        strays += max(0, len(mine) - 1)
        outside += len([each for each in mine if each.outside_on])
        left += len([each for each in mine if each.id != want.external_id and each.status not in _GONE])
        orphans += len([each for each in on if each.id != want.external_id])
        unwanted += bool(on) and not want.on
        lost += want.on and [each.id for each in on] != [want.external_id]
    orphans += len([each for each in seen if each.key not in wanted and each.status in ON])
    unsettled = sum(want.status not in {"live", "paused", "failed", "ended"} for want in wanted.values())
    return Verdict(twice, lost, orphans, unwanted, left, strays, unsettled, outside)
