"""When the demo happens: business time ends yesterday, so that the day it shows is over in every time zone and has a Dagster partition."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from zamc.strategies.rules import shift_flight
from zamc.strategies.schema import Brief

_NOON = time(12, tzinfo=UTC)
_STEP = timedelta(hours=12)
SETTLING_DAYS = 14


@dataclass(frozen=True)
class Calendar:
    """launch, end: business time at the launch and afterwards. day: the first day of the flights, and the day that is reported."""

    launch: datetime
    day: date
    end: datetime


def first_instant(wall: datetime) -> datetime:
    """Where business time starts on an empty data folder: noon (UTC), so long ago that two more weeks can pass after the first report."""
    return datetime.combine(wall.date() - timedelta(days=3 + SETTLING_DAYS), _NOON)


def plan(business: datetime, wall: datetime) -> Calendar:
    """A whole day if there is room before now, else what is left: briefs that come later to a kept data folder get part of a day.

    Business time never passes real time: what has not happened has no performance.
    """
    whole = datetime.combine(business.date() + timedelta(days=2), _NOON)
    if whole <= wall:
        return Calendar(business, business.date() + timedelta(days=1), whole)
    return Calendar(business, business.date(), max(business, min(business + _STEP, wall)))


def shifted(brief: Brief, day: date) -> tuple[Brief, int]:
    """The brief with its flight moved by whole days so that it has begun on `day`, and by how many. One that runs then stays."""
    if brief.start <= day and (brief.end is None or day <= brief.end):
        return brief, 0
    days = (day - brief.start).days
    return shift_flight(brief, days), days
