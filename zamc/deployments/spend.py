"""What a deployment may be billed at worst, as rows of the ledger. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from zamc.strategies.billing import limit_period, most_per_period, worst_case_day, worst_case_days
from zamc.strategies.schema import Platform

DAY, TOTAL = "day", "total"
SETTLE_AFTER_DAYS = 3
"""A day's facts settle it when they were read on the third day after it or later: both platforms correct spend for about two days."""


@dataclass(frozen=True)
class Reservation:
    """Worst case in micros for one period: "day" (any one day), "2026-12" (that month) or "total" (all of it)."""

    period: str
    amount_micros: int


@dataclass(frozen=True)
class Span:
    """The days (both included, in the account's time zone) on which a daily budget was, is or may be in force. last: None for an open end.

    Spans overlap: from the moment a change may be sent until the day on which it was read back, both budgets may be in force.
    """

    daily_micros: int
    first: date
    last: date | None = None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Exposure:
    """Micros that may be billed at most, what was billed included. day: on any one day from today on; months by "2026-12"."""

    day: int
    months: Mapping[str, int]
    total: int

    def rows(self) -> dict[str, int]:
        """By the ledger's periods."""
        return {DAY: self.day, **self.months, TOTAL: self.total}


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def end_of_next_month(day: date) -> date:
    """How far an open end is reserved ahead."""
    return _next_month(_next_month(day)) - timedelta(days=1)


def reservations(platform: Platform, daily_micros: int, first: date, last: date | None, *, today: date) -> list[Reservation]:
    """The rows to reserve before anything is sent. With an open end: to the end of next month; zamc.deployments.flights adds each
    month before it begins.

    The rules of the platforms stand in zamc.strategies.billing. Rounded up: a cap is met or it is not.
    """
    begins = max(first, today) if last is None or last >= today else first
    until = last or end_of_next_month(begins)
    rows = [Reservation(DAY, _billed(worst_case_day(platform), daily_micros))]
    rows += [
        Reservation(month_of(start), _billed(worst_case_days(platform, start, end), daily_micros)) for start, end in _months(begins, until)
    ]
    return [*rows, Reservation(TOTAL, _billed(worst_case_days(platform, begins, until), daily_micros))]


def month_reservation(platform: Platform, daily_micros: int, month: date) -> Reservation:
    """A whole calendar month; month: any day of it."""
    first = month.replace(day=1)
    return Reservation(month_of(month), _billed(worst_case_days(platform, first, _next_month(first) - timedelta(days=1)), daily_micros))


def months_ahead(begins: date) -> tuple[date, date]:
    """A day of each month that an open end holds: the one in which it spends next, and the one after."""
    return begins, _next_month(begins)


def exposure(platform: Platform, spans: Sequence[Span], *, until: date, today: date, billed: Mapping[date, int]) -> Exposure:
    """What may be billed at most from the first span's first day until `until`, when the days in `billed` are settled at those micros.

    A day that is not settled may be billed at its worst. A platform's limit of a month (Google) or a week (Meta) holds for each
    stretch of days with one budget by itself: after a change the new budget is granted for the days that are left, whatever was billed.
    On days when more than one budget may be in force, nobody knows when that happened: only the limit of each day holds.
    """
    first = min((span.first for span in spans), default=until + timedelta(days=1))
    cut: defaultdict[tuple[int, str, tuple[int, ...]], _Cell] = defaultdict(_Cell)
    whole: defaultdict[tuple[int, tuple[int, ...]], _Cell] = defaultdict(_Cell)
    stretch, before = 0, frozenset[int]()
    for day in _days(first, until):
        budget, in_force = highest(spans, day), frozenset(number for number, span in enumerate(spans) if span.covers(day))
        stretch += in_force != before or len(in_force) > 1
        before = in_force
        for cell in (cut[stretch, month_of(day), limit_period(platform, day)], whole[stretch, limit_period(platform, day)]):
            cell.add(budget, billed.get(day))
    months: defaultdict[str, int] = defaultdict(int)
    for (_, month, _), cell in cut.items():
        months[month] += cell.worst(platform)
    ahead = max((highest(spans, day) for day in _days(max(first, today), until)), default=0)
    return Exposure(_billed(worst_case_day(platform), ahead), dict(months), sum(cell.worst(platform) for cell in whole.values()))


def settled(held: Collection[str], worst: Mapping[str, int], billed: Mapping[date, int]) -> dict[str, int]:
    """What the ledger shall hold by period once the days in `billed` are settled, for the periods that it holds or that were billed.

    A figure that is revised upwards is held again; what was billed is a fact, whatever the caps say.
    """
    known: dict[str, int] = {TOTAL: sum(billed.values())}
    for day, micros in billed.items():
        known[month_of(day)] = known.get(month_of(day), 0) + micros
    periods = {*held, *(period for period, micros in known.items() if micros)}
    return {period: max(known.get(period, 0), worst.get(period, 0)) for period in periods}


@dataclass(frozen=True)
class Overspend:
    """More was billed in a period ("2026-11-20", "2026-11" or "total") than any budget of it allowed at worst. Micros."""

    period: str
    billed_micros: int
    allowed_micros: int


def overspent(
    platform: Platform, spans: Sequence[Span], spent: Mapping[date, int], *, until: date, today: date, tolerance_micros: int
) -> list[Overspend]:
    """Where the billing passed what was reserved: each day, each month, and altogether. spent: days that are not final too.

    tolerance_micros: a platform rounds to its own smallest coin.
    """
    months: dict[str, int] = {}
    for day, micros in spent.items():
        months[month_of(day)] = months.get(month_of(day), 0) + micros
    last = max([until, *spent])
    worst = exposure(platform, spans, until=last, today=today, billed={})
    rows = [Overspend(f"{day}", micros, _billed(worst_case_day(platform), highest(spans, day))) for day, micros in sorted(spent.items())]
    rows += [Overspend(month, micros, worst.months.get(month, 0)) for month, micros in sorted(months.items())]
    rows.append(Overspend(TOTAL, sum(spent.values()), worst.total))
    return [row for row in rows if row.billed_micros > row.allowed_micros + tolerance_micros]


def highest(spans: Sequence[Span], day: date) -> int:
    """The largest daily budget that may be in force on a day, in micros; 0 when none is."""
    return max((span.daily_micros for span in spans if span.covers(day)), default=0)


class _Cell:
    """Days of one budget within one limit of the platform."""

    def __init__(self) -> None:
        self.budget, self.billed, self.open_days = 0, 0, 0

    def add(self, budget: int, billed: int | None) -> None:
        self.budget = budget
        if billed is None:
            self.open_days += 1
        else:
            self.billed += billed

    def worst(self, platform: Platform) -> int:
        """What was billed is a fact, however much; what is left can neither pass its own days' worst nor the limit."""
        left = _billed(most_per_period(platform), self.budget) - self.billed
        return self.billed + max(0, min(_billed(worst_case_day(platform) * self.open_days, self.budget), left))


def _billed(days: Decimal, daily_micros: int) -> int:
    return int((days * daily_micros).to_integral_value(rounding=ROUND_CEILING))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _months(first: date, last: date) -> list[tuple[date, date]]:
    """The flight cut at the ends of months."""
    parts = []
    while first <= last:
        end = min(last, _next_month(first) - timedelta(days=1))
        parts.append((first, end))
        first = end + timedelta(days=1)
    return parts
