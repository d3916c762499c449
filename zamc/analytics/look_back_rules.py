"""Which closed days a sync reads again: as long as some conversion may still be credited to them, and no longer. Pure.

A day is open as long as the longest window of anything that converts: a conversion action's own click-through and view-through windows
on Google, the attribution windows that are reported on Meta. One number for all would freeze the days of an action with a long window,
or read those of one with a short window for nothing.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from zamc.errors import InvalidInput

RETENTION_MONTHS = 37  # both platforms keep reports that long
LONGEST_WINDOW = 90  # days; Google's longest click-through window, and longer than any of Meta's
# support.google.com/google-ads/answer/3123169: the click-through window of an action for which nobody chose another.
DEFAULT_CLICK_DAYS = 30
# Nearly all that comes late comes within two weeks; what comes later is looked for once a week, and once more when a window is over.
_DAILY_UNTIL = 14
_WEEKLY = 7
# A conversion of a window's last hour is reported a day later.
_REPORTED_AFTER = 1
# What was missed for longer is a backfill, and somebody's decision.
CATCH_UP_DAYS = LONGEST_WINDOW + _REPORTED_AFTER


@dataclass(frozen=True)
class Action:
    """A conversion action as its platform names it. external_id stays when somebody renames it. Days are None where the platform says
    nothing of them."""

    external_id: str
    name: str
    click_days: int | None = None
    view_days: int | None = None


@dataclass(frozen=True)
class Conversions:
    """What an account's conversions are: its actions, and the attribution windows (days by name) that all of them are reported in."""

    actions: Sequence[Action] = ()
    windows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Overrides:
    """An account's own wishes, in ad_accounts.look_back: {"at_least": 5, "at_most": 30, "actions": {"Purchase": 45}}, all optional.

    at_least, at_most: closed days. actions: the days of single actions or windows, by name, instead of what the platform says.
    """

    at_least: int | None = None
    at_most: int | None = None
    actions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "Overrides":
        """Raises InvalidInput that says what is allowed."""
        if unknown := set(raw) - {"at_least", "at_most", "actions"}:
            raise InvalidInput("look_back", f"{min(unknown)!r} is none of at_least, at_most and actions")
        actions = raw.get("actions", {})
        if not isinstance(actions, Mapping):
            raise InvalidInput("look_back.actions", "must map names of conversion actions to days")
        days = [*(raw.get(name) for name in ("at_least", "at_most")), *actions.values()]
        if any(not isinstance(each, int) or isinstance(each, bool) or not 0 <= each <= LONGEST_WINDOW for each in days if each is not None):
            raise InvalidInput("look_back", f"days lie between 0 and {LONGEST_WINDOW}")
        return cls(raw.get("at_least"), raw.get("at_most"), dict(actions))


def windows(known: Conversions, overrides: Overrides) -> frozenset[int]:
    """Every length, in days, of a time within which a conversion may still be credited.

    An action of whose windows the platform says nothing is taken for one with Google's own: too long costs a reading, too short freezes
    a day that still moves.
    """
    found = {overrides.actions.get(name, days) for name, days in known.windows.items()}
    for action in known.actions:
        own = overrides.actions.get(action.name)
        said = {days for days in (action.click_days, action.view_days) if days is not None} or {DEFAULT_CLICK_DAYS}
        found |= said if own is None else {own}
    return frozenset(min(days, LONGEST_WINDOW) for days in found)


def ages(open_for: Iterable[int], *, at_least: int, at_most: int | None = None) -> tuple[int, ...]:
    """How old a day is each time that it is read again, in days, ascending; 0 is the day itself.

    Daily for `at_least` days (platforms correct clicks and spend) and as long as a window is open, but for two weeks at most; then weekly
    while any is open; and once after each has closed.
    """
    lengths = sorted(set(open_for))
    longest = lengths[-1] if lengths else 0
    found = set(range(max(at_least, min(longest, _DAILY_UNTIL)) + 1))
    found |= set(range(_DAILY_UNTIL, longest, _WEEKLY))
    found |= {days + _REPORTED_AFTER for days in lengths if days}
    return tuple(sorted(age for age in found if at_most is None or age <= at_most))


def missed(
    first: date, *, again: Sequence[int], read_on: Mapping[date, date], since: date | None, at_most: int | None = None
) -> frozenset[date]:
    """Days before `first` that were to be read at one of the ages of `again` and were not, because nothing ran then.

    read_on: by day, the account's date when it was last read; an age is counted from the morning after the day. since: the earliest day
    that was ever read; what lies before it was never asked for, and an account without one is new.
    """
    if since is None or not again:
        return frozenset()
    reach = CATCH_UP_DAYS if at_most is None else min(at_most, CATCH_UP_DAYS)
    found = set()
    for age in range(1, reach + 1):
        day = first - timedelta(days=age)
        read_at = (read_on[day] - day).days - 1 if day in read_on else -1
        if day >= since and any(read_at < due <= age for due in again):
            found.add(day)
    return frozenset(found)


def days_to_read(
    first: date, last: date, *, again: Sequence[int], first_flight: date, today: date, also: Collection[date] = ()
) -> tuple[date, ...]:
    """The days from first to last, those before that are as old as `again` says, seen from first, and those of `also`; ascending.

    None is earlier than the account's first flight or than what platforms keep, none later than the account's today.
    """
    oldest = max(first_flight, _months_before(today, RETENTION_MONTHS))
    wanted = (
        {first - timedelta(days=age) for age in again} | {first + timedelta(days=n) for n in range((last - first).days + 1)} | set(also)
    )
    return tuple(sorted(day for day in wanted if oldest <= day <= today))


def runs(days: Sequence[date], *, most: int) -> tuple[tuple[date, date], ...]:
    """Days in order as ranges without gaps, each of at most `most` days: what one query can ask for."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] == timedelta(days=1) and (day - found[-1][0]).days < most:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(found)


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
