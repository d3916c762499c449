"""Revisions of an account's days become triangles of counts by day and age, and those become curves."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from zamc.analytics.rules import DEFAULT_WINDOW

if TYPE_CHECKING:
    from zamc.analytics.completeness_rules import Curve, Floats
    from zamc.analytics.nowcast_repository import Revision

_NAMED_WINDOW = re.compile(r"^(\d+)d_")


def window_days(action: str, window: str, windows: Mapping[str, int]) -> int | None:
    """How long conversions of an action and attribution window may come: "7d_click" says it, else the action's own; None: nobody does."""
    named = _NAMED_WINDOW.match(window)
    return int(named[1]) if named and window != DEFAULT_WINDOW else windows.get(action)


def curves_of(
    revisions: "Sequence[Revision]",
    last_read: Mapping[date, date],
    *,
    zone: ZoneInfo,
    platform: str,
    windows: Mapping[str, int],
    today: date,
) -> "dict[tuple[str, str], Curve]":
    """A curve for every action and attribution window that was ever seen. Revisions are in the order of day and as_of."""
    import numpy as np

    from zamc.analytics.completeness_rules import last_age, learn, prior_shares

    by_day: dict[date, list[Revision]] = {}
    for revision in revisions:
        by_day.setdefault(revision.day, []).append(revision)
    days = sorted(day for day in by_day if day < today and day in last_read)
    weekdays = np.array([day.weekday() for day in days], dtype=np.int64)
    ago = np.array([(today - day).days for day in days], dtype=np.int64)
    found: dict[tuple[str, str], Curve] = {}
    for key in sorted({key for revision in revisions for key in revision.by_action}):
        last = last_age(platform, window_days(*key, windows))
        counts = np.array([_row(by_day[day], key, last, last_read[day], zone) for day in days]).reshape(len(days), last + 1)
        found[key] = learn(counts, weekdays=weekdays, days_ago=ago, prior=prior_shares(last))
    return found


def _row(revisions: "Sequence[Revision]", key: tuple[str, str], last: int, read_on: date, zone: ZoneInfo) -> "Floats":
    """Counts of one day at ages 0 .. last; NaN before the first reading and after the last. A later revision of one age wins."""
    import numpy as np

    row = np.full(last + 1, np.nan)
    read_until = min((read_on - revisions[0].day).days, last)
    for revision in revisions:
        age = max((revision.as_of.astimezone(zone).date() - revision.day).days, 0)
        if age <= last:
            row[age : read_until + 1] = float(revision.by_action.get(key, 0))
    return row
