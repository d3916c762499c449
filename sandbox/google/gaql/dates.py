"""Dates in queries: the DURING functions, the periods of date segments, and the range that conditions leave open."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.google.gaql.syntax import Condition, Operator
from sandbox.google.gaql.tokens import query_error

Range = tuple[dt.date, dt.date]
_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_DAY = dt.timedelta(days=1)


def read_date(text: str) -> dt.date:
    """`2026-11-22` or `20261122`. Raises AdsError INVALID_DATE_FORMAT."""
    found = _DATE.fullmatch(text)
    wrong = query_error("INVALID_DATE_FORMAT", f"{text!r} is not a date as YYYY-MM-DD.", text)
    if found is None:
        raise wrong
    # Years far off would run out of what a date can hold.
    if not 1970 <= int(found[1]) <= 2999:
        raise wrong
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise wrong from None


def during(function: str, today: dt.date) -> Range:
    """First and last day of a predefined range. Raises AdsError INVALID_VALUE_WITH_DURING_OPERATOR."""
    monday = today - _DAY * today.weekday()
    sunday = today - _DAY * ((today.weekday() + 1) % 7)
    first = today.replace(day=1)
    ranges = {
        "TODAY": (today, today),
        "YESTERDAY": (today - _DAY, today - _DAY),
        "LAST_7_DAYS": (today - 7 * _DAY, today - _DAY),
        "LAST_14_DAYS": (today - 14 * _DAY, today - _DAY),
        "LAST_30_DAYS": (today - 30 * _DAY, today - _DAY),
        "THIS_MONTH": (first, today),
        "LAST_MONTH": ((first - _DAY).replace(day=1), first - _DAY),
        "THIS_WEEK_MON_TODAY": (monday, today),
        "THIS_WEEK_SUN_TODAY": (sunday, today),
        "LAST_WEEK_MON_SUN": (monday - 7 * _DAY, monday - _DAY),
        "LAST_WEEK_SUN_SAT": (sunday - 7 * _DAY, sunday - _DAY),
        "LAST_BUSINESS_WEEK": (monday - 7 * _DAY, monday - 3 * _DAY),
    }
    if function not in ranges:
        message = f"{function!r} is not a date range function."
        raise query_error("INVALID_VALUE_WITH_DURING_OPERATOR", message, function)
    return ranges[function]


def period(segment: str, day: dt.date) -> Range:
    """The week (from Monday), month, quarter or year that a day lies in; the day itself for segments.date."""
    match segment:
        case "segments.week":
            monday = day - _DAY * day.weekday()
            return monday, monday + 6 * _DAY
        case "segments.month":
            return day.replace(day=1), _month_after(day.replace(day=1), 1) - _DAY
        case "segments.quarter":
            first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
            return first, _month_after(first, 3) - _DAY
        case "segments.year":
            return day.replace(month=1, day=1), day.replace(month=12, day=31)
        case _:
            return day, day


def _month_after(first: dt.date, months: int) -> dt.date:
    total = first.year * 12 + first.month - 1 + months
    return dt.date(total // 12, total % 12 + 1, 1)


def segment_values(day: dt.date) -> dict[str, object]:
    """All date segments of a day, as they stand in a row."""
    return {
        "date": day.isoformat(),
        "week": period("segments.week", day)[0].isoformat(),
        "month": period("segments.month", day)[0].isoformat(),
        "quarter": period("segments.quarter", day)[0].isoformat(),
        "year": day.year,
        "day_of_week": day.strftime("%A").upper(),
    }


@dataclass(frozen=True)
class Bounds:
    """First and last day that conditions leave open; None where a side is open."""

    first: dt.date | None = None
    last: dt.date | None = None

    def narrow(self, first: dt.date | None, last: dt.date | None) -> "Bounds":
        firsts = [day for day in (self.first, first) if day is not None]
        lasts = [day for day in (self.last, last) if day is not None]
        return Bounds(max(firsts, default=None), min(lasts, default=None))


def bounds(conditions: Iterable[Condition], today: dt.date) -> Bounds:
    """The range that the conditions on date segments leave open. Raises AdsError MISALIGNED_DATE_FOR_FILTER."""
    found = Bounds()
    for condition in conditions:
        found = found.narrow(*_bound(condition, today))
    return found


def _bound(condition: Condition, today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    segment, operator = condition.field, condition.operator
    if operator is Operator.DURING:
        return during(condition.values[0].text.upper(), today)
    periods = [_aligned(segment, value.text) for value in condition.values]
    start, end = periods[0]
    open_sides: dict[Operator, tuple[dt.date | None, dt.date | None]] = {
        Operator.GREATER_EQUAL: (start, None),
        Operator.GREATER: (end + _DAY, None),
        Operator.LESS_EQUAL: (None, end),
        Operator.LESS: (None, start - _DAY),
    }
    if operator is Operator.BETWEEN:
        return start, periods[1][1]
    if operator in (Operator.EQUAL, Operator.IN):
        return min(start for start, _ in periods), max(end for _, end in periods)
    return open_sides.get(operator, (None, None))


def _aligned(segment: str, text: str) -> Range:
    if segment == "segments.year":
        day = dt.date(int(text), 1, 1) if text.isdigit() and 1970 <= int(text) <= 2999 else read_date(text)
        return period(segment, day)
    day = read_date(text)
    found = period(segment, day)
    if found[0] != day:
        message = f"{text!r} is not the first day of a period of {segment}."
        raise query_error("MISALIGNED_DATE_FOR_FILTER", message, text)
    return found
