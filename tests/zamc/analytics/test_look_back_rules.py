"""Days are read again as long as something may still be credited to them, by action and window, and never outside of what exists."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.analytics.look_back_rules import (
    CATCH_UP_DAYS,
    DEFAULT_CLICK_DAYS,
    Action,
    Conversions,
    Overrides,
    ages,
    days_to_read,
    missed,
    runs,
    windows,
)
from zamc.errors import InvalidInput

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))
WINDOWS = st.sets(st.integers(0, 90), max_size=5)
DAY = date(2027, 3, 28)


def test_each_action_has_its_own_window_and_an_account_may_say_otherwise() -> None:
    known = Conversions((Action("1", "Purchase", 30, 1), Action("2", "Lead", 7), Action("3", "Call")), {"28d_click": 28})
    assert windows(known, Overrides()) == {30, 1, 7, 28}
    assert windows(Conversions((Action("3", "Call"),)), Overrides()) == {DEFAULT_CLICK_DAYS}, "of which the platform says nothing"
    assert windows(known, Overrides.parse({"actions": {"Purchase": 60, "28d_click": 3, "Call": 5}})) == {60, 7, 3, 5}


@pytest.mark.parametrize(
    ("open_for", "read_at"),
    [
        ((), (0, 1, 2, 3)),
        ((1,), (0, 1, 2, 3)),
        ((7, 1), (0, 1, 2, 3, 4, 5, 6, 7, 8)),
        ((30,), (*range(15), 21, 28, 31)),
        ((30, 7), (*range(15), 21, 28, 31)),
        ((90, 30), (*range(15), 21, 28, 31, 35, 42, 49, 56, 63, 70, 77, 84, 91)),
    ],
)
def test_a_day_is_read_while_a_window_is_open_and_once_after_it(open_for: tuple[int, ...], read_at: tuple[int, ...]) -> None:
    assert ages(open_for, at_least=3) == read_at


@given(open_for=WINDOWS, at_least=st.integers(0, 90))
def test_every_window_is_read_after_its_end_and_nothing_later_than_the_longest(open_for: set[int], at_least: int) -> None:
    found = ages(open_for, at_least=at_least)
    assert found[0] == 0
    assert all(any(age > days for age in found) for days in open_for if days)
    assert found[-1] <= max(at_least, max(open_for, default=0) + 1)
    assert max((late - early for early, late in pairwise(found)), default=0) <= 7 + 1


def test_an_account_may_ask_for_no_more_than_so_many_days() -> None:
    assert ages((30,), at_least=3, at_most=5) == (0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    "raw", [{"days": 3}, {"at_least": -1}, {"at_most": 91}, {"actions": {"Lead": "7"}}, {"actions": [7]}, {"at_least": True}]
)
def test_a_wish_that_makes_no_sense_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="look_back"):
        Overrides.parse(raw)


@given(first=DAYS, length=st.integers(0, 60), open_for=WINDOWS, first_flight=DAYS, today=DAYS)
def test_no_day_is_read_that_does_not_exist(first: date, length: int, open_for: set[int], first_flight: date, today: date) -> None:
    last = first + timedelta(days=length)
    again = ages(open_for, at_least=3)
    found = days_to_read(first, last, again=again, first_flight=first_flight, today=today)
    assert list(found) == sorted(set(found))
    for day in found:
        assert first_flight <= day <= min(today, last)
        assert (today - day).days <= 37 * 31
        assert day >= first or (first - day).days in again
    for n in range(length + 1):
        day = first + timedelta(days=n)
        if first_flight <= day <= today and (today - day).days < 36 * 30:
            assert day in found


def test_nothing_is_asked_of_what_platforms_no_longer_keep() -> None:
    never = days_to_read(date(2020, 1, 1), date(2020, 1, 1), again=(0, 1), first_flight=date(2019, 1, 1), today=date(2026, 11, 20))
    assert never == ()
    kept = days_to_read(date(2023, 10, 22), date(2023, 10, 22), again=range(60), first_flight=date(2019, 1, 1), today=date(2026, 11, 20))
    assert kept == (date(2023, 10, 20), date(2023, 10, 21), date(2023, 10, 22))
    shorter = days_to_read(date(2023, 3, 1), date(2023, 3, 1), again=range(60), first_flight=date(2019, 1, 1), today=date(2026, 3, 31))
    assert shorter == (date(2023, 2, 28), date(2023, 3, 1))


@given(st.sets(DAYS, max_size=60), st.integers(1, 31))
def test_ranges_hold_exactly_the_days_and_are_short_enough(days: set[date], most: int) -> None:
    found = runs(sorted(days), most=most)
    spread = [first + timedelta(days=n) for first, last in found for n in range((last - first).days + 1)]
    assert spread == sorted(days)
    assert all((last - first).days < most for first, last in found)


def test_days_one_after_the_other_are_one_range() -> None:
    assert runs([DAY, DAY + timedelta(days=1), DAY + timedelta(days=3)], most=31) == (
        (DAY, DAY + timedelta(days=1)),
        (DAY + timedelta(days=3), DAY + timedelta(days=3)),
    )


@given(open_for=WINDOWS, ran=st.lists(st.booleans(), min_size=1, max_size=140))
def test_whatever_mornings_were_missed_every_day_has_had_its_readings_after_the_next(open_for: set[int], ran: list[bool]) -> None:
    again = ages(open_for, at_least=3)
    read_on: dict[date, date] = {}
    yesterday = DAY
    for n, happened in enumerate([True, *ran, True]):
        if not happened:
            continue
        yesterday = DAY + timedelta(days=n)
        today = yesterday + timedelta(days=1)
        also = missed(yesterday, again=again, read_on=read_on, since=min(read_on, default=None))
        for day in days_to_read(yesterday, yesterday, again=again, first_flight=DAY, today=today, also=also):
            read_on[day] = today
    for age in range(min(len(ran) + 1, CATCH_UP_DAYS) + 1):
        day = yesterday - timedelta(days=age)
        last_due = max(due for due in again if due <= age)
        assert (read_on[day] - day).days - 1 >= last_due, (day, last_due)


def test_without_an_outage_nothing_is_missed() -> None:
    again = ages((30, 7), at_least=3)
    read_on: dict[date, date] = {}
    for n in range(120):
        yesterday = DAY + timedelta(days=n)
        assert missed(yesterday, again=again, read_on=read_on, since=min(read_on, default=None)) <= {
            yesterday - timedelta(days=age) for age in again
        }
        for day in days_to_read(yesterday, yesterday, again=again, first_flight=DAY, today=yesterday + timedelta(days=1)):
            read_on[day] = yesterday + timedelta(days=1)


def test_what_was_never_asked_for_or_is_too_old_is_no_gap() -> None:
    again, since = ages((30,), at_least=3), DAY - timedelta(days=200)
    everything = missed(DAY, again=again, read_on={}, since=since)
    assert (min(everything), max(everything)) == (DAY - timedelta(days=CATCH_UP_DAYS), DAY - timedelta(days=1))
    assert missed(DAY, again=again, read_on={}, since=None) == frozenset(), "a new account begins with its look-back"
    assert min(missed(DAY, again=again, read_on={}, since=DAY - timedelta(days=10))) == DAY - timedelta(days=10)
    assert min(missed(DAY, again=again, read_on={}, since=since, at_most=5)) == DAY - timedelta(days=5)
    open_when_read = missed(DAY, again=again, read_on={DAY - timedelta(days=40): DAY - timedelta(days=40)}, since=since)
    assert DAY - timedelta(days=40) in open_when_read, "hours of it are missing"
