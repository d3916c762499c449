"""What a deployment may be billed at worst, as rows of the ledger. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from zamc.strategies.billing import worst_case_day, worst_case_days, worst_case_month
from zamc.strategies.schema import Platform

DAY, TOTAL = "day", "total"


@dataclass(frozen=True)
class Reservation:
    """Worst case in micros for one period: "day" (any one day), "2026-12" (that month) or "total" (all of it)."""

    period: str
    amount_micros: int


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def reservations(platform: Platform, daily_micros: int, first: date, last: date | None, *, today: date) -> list[Reservation]:
    """The rows to reserve before anything is sent. With an open end: this month and the next; `watch` adds each month before it begins.

    The rules of the platforms stand in zamc.strategies.billing. Rounded up: a cap is met or it is not.
    """
    begins = max(first, today) if last is None or last >= today else first
    rows = [Reservation(DAY, _billed(worst_case_day(platform), daily_micros))]
    if last is None:
        months = [month_of(begins), month_of(_next_month(begins))]
        worst = [Reservation(month, _billed(worst_case_month(platform), daily_micros)) for month in months]
        return [*rows, *worst, Reservation(TOTAL, sum(row.amount_micros for row in worst))]
    rows += [
        Reservation(month_of(start), _billed(worst_case_days(platform, start, end), daily_micros)) for start, end in _months(begins, last)
    ]
    return [*rows, Reservation(TOTAL, _billed(worst_case_days(platform, begins, last), daily_micros))]


def next_month_reservation(platform: Platform, daily_micros: int, today: date) -> Reservation:
    """For an open end: the month after today's."""
    return Reservation(month_of(_next_month(today)), _billed(worst_case_month(platform), daily_micros))


def _billed(days: Decimal, daily_micros: int) -> int:
    return int((days * daily_micros).to_integral_value(rounding=ROUND_CEILING))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _months(first: date, last: date) -> list[tuple[date, date]]:
    """The flight cut at the ends of months."""
    parts = []
    while first <= last:
        end = min(last, _next_month(first) - timedelta(days=1))
        parts.append((first, end))
        first = end + timedelta(days=1)
    return parts
