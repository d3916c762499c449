"""Whatever a platform is allowed to bill, it is held before, and what is held never passes a cap. Pure: budgets over time, day by day."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from zamc.deployments.spend import DAY, TOTAL, Span, exposure, month_of, overspent, reservations, settled

START = date(2026, 1, 1)
FACTOR = {"google_ads": Decimal(2), "meta_ads": Decimal("1.75")}


@dataclass
class Platform:
    """Bills as much as its published rules allow, in the order in which a greedy platform would. Written from the rules, not from ours.

    Google: a day at most twice the highest budget of that day; a calendar month at most 30.4 budgets, and after a change what was billed
    plus the new budget for what is left of the 30.4 days. Meta: a day at most 1.75 times, a week (from Sunday) at most 7 budgets, and
    after a change what was billed plus the new budget for what is left of the week.
    """

    name: str
    budget: int = 0
    limit: Decimal = Decimal(0)
    since: tuple[int, ...] = ()
    in_period: int = 0
    highest_today: int = 0
    billed: dict[date, int] = field(default_factory=dict)

    def morning(self, day: date) -> None:
        self.highest_today = self.budget
        period = self._period(day)
        if period != self.since:
            self.since, self.in_period, self.limit = period, 0, self._length() * self.budget

    def change(self, day: date, budget: int) -> None:
        """During a day. What was billed before today counts; today is billed by the highest budget."""
        if budget == self.budget:
            return
        gone = day.day - 1 if self.name == "google_ads" else day.isoweekday() % 7
        self.budget, self.highest_today = budget, max(self.highest_today, budget)
        self.limit = self.in_period + (self._length() - gone) * budget

    def evening(self, day: date, share: Decimal) -> None:
        """share: how much of what is allowed is billed (1: the worst case)."""
        room = min(FACTOR[self.name] * self.highest_today, max(Decimal(0), self.limit - self.in_period))
        micros = int(room * share)
        self.billed[day] = micros
        self.in_period += micros

    def _length(self) -> Decimal:
        return Decimal("30.4") if self.name == "google_ads" else Decimal(7)

    def _period(self, day: date) -> tuple[int, ...]:
        if self.name == "google_ads":
            return (day.year, day.month)
        sunday = day - timedelta(days=day.isoweekday() % 7)
        return (sunday.year, sunday.month, sunday.day)


@dataclass(frozen=True)
class Edit:
    """A change of the budget that is sent on a day, lands after `lands` days (never, when it is dropped) and is read back after `read`."""

    on: int
    budget: int
    lands: int
    read: int
    dropped: bool


EDITS = st.lists(
    st.builds(
        Edit, on=st.integers(0, 80), budget=st.integers(1, 10**9), lands=st.integers(0, 3), read=st.integers(0, 3), dropped=st.booleans()
    ),
    max_size=6,
)


@settings(max_examples=150)
@given(
    name=st.sampled_from(["google_ads", "meta_ads"]),
    daily=st.integers(1, 10**9),
    begins=st.integers(0, 60),
    length=st.integers(1, 65),
    edits=EDITS,
    shares=st.lists(st.sampled_from([Decimal(1), Decimal(1), Decimal("0.9"), Decimal("0.3"), Decimal(0)]), min_size=1, max_size=5),
    final_after=st.integers(1, 6),
    unread=st.sets(st.integers(0, 100)),
)
def test_whatever_is_billed_was_held_before(
    name: Any, daily: int, begins: int, length: int, edits: list[Edit], shares: list[Decimal], final_after: int, unread: set[int]
) -> None:
    first, last = START + timedelta(days=begins), START + timedelta(days=begins + length)
    platform = Platform(name, daily)
    spans: list[Span] = [Span(daily, first, last)]
    held = {row.period: row.amount_micros for row in reservations(name, daily, first, last, today=first)}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    waiting: list[tuple[date, date, int, Edit]] = []
    edits = sorted({edit.on: edit for edit in edits}.values(), key=lambda edit: edit.on)
    for number, day in enumerate(days):
        platform.morning(day)
        final = {
            each: micros
            for each, micros in platform.billed.items()
            if (day - each).days >= final_after and (each - first).days not in unread
        }
        # Settle, as the watch does every morning.
        worst = exposure(name, spans, until=last, today=day, billed=final).rows()
        held = settled(held, worst, final)
        assert all(micros >= 0 for micros in held.values())
        # One change at a time, as the lane of a deployment has it.
        for edit in edits:
            if edit.on == number and not waiting:
                spans.append(Span(edit.budget, day, last))
                raised = exposure(name, spans, until=last, today=day, billed=final).rows()
                held = {period: max(held.get(period, 0), raised.get(period, 0)) for period in {*held, *raised}}
                waiting.append((day + timedelta(days=edit.lands), day + timedelta(days=max(edit.lands, edit.read)), len(spans) - 1, edit))
        for lands, read, index, edit in list(waiting):
            if lands == day and not edit.dropped:
                platform.change(day, edit.budget)
            if read == day:
                ended = index if edit.dropped else None
                spans = [
                    Span(span.daily_micros, span.first, day)
                    if (span.last == last and (at == ended if edit.dropped else at != index))
                    else span
                    for at, span in enumerate(spans)
                ]
                waiting.remove((lands, read, index, edit))
        platform.evening(day, shares[number % len(shares)])
        assert platform.billed[day] <= held[DAY]
        by_month: defaultdict[str, int] = defaultdict(int)
        for each, micros in platform.billed.items():
            by_month[month_of(each)] += micros
        assert all(micros <= held[month] for month, micros in by_month.items())
        assert sum(platform.billed.values()) <= held[TOTAL]
        assert overspent(name, spans, platform.billed, until=last, today=day, tolerance_micros=0) == []
    # A year later every day is final: exactly what was billed is held, and nothing per day.
    worst = exposure(name, spans, until=last, today=last + timedelta(days=365), billed=platform.billed).rows()
    after = settled(held, worst, platform.billed)
    assert after[DAY] == 0
    assert after[TOTAL] == sum(platform.billed.values())
    assert {month: micros for month, micros in after.items() if month not in (DAY, TOTAL)} == {
        month: by_month.get(month, 0) for month in after if month not in (DAY, TOTAL)
    }


@given(st.sampled_from(["google_ads", "meta_ads"]), st.integers(1_000, 10**9), st.integers(1, 60), st.integers(1, 50))
def test_more_than_a_platform_may_bill_is_noticed_by_day_and_by_month(name: Any, daily: int, length: int, at: int) -> None:
    first, last = START, START + timedelta(days=length)
    spans = [Span(daily, first, last)]
    day = first + timedelta(days=min(at, length))
    allowed = int(FACTOR[name] * daily)
    over = overspent(name, spans, {day: allowed + 3}, until=last, today=last, tolerance_micros=1)
    assert f"{day}" in {each.period for each in over}
    assert overspent(name, spans, {day: allowed}, until=last, today=last, tolerance_micros=1) == []
    everything = {first + timedelta(days=n): allowed for n in range(31)}
    month = overspent(
        name, [Span(daily, first, last)], everything, until=max(last, first + timedelta(days=30)), today=last, tolerance_micros=1
    )
    assert month_of(first) in {each.period for each in month}


def test_what_was_billed_beyond_every_budget_is_held_as_the_fact_that_it_is() -> None:
    spans = [Span(100, START, START + timedelta(days=9))]
    held = {DAY: 200, month_of(START): 2_000, TOTAL: 2_000}
    billed = {START: 5_000}
    worst = exposure("google_ads", spans, until=START + timedelta(days=9), today=START + timedelta(days=4), billed=billed).rows()
    assert settled(held, worst, billed) == {DAY: 200, month_of(START): 5_000, TOTAL: 5_000}


def test_a_day_that_was_not_read_counts_at_its_worst() -> None:
    spans = [Span(100, START, START + timedelta(days=3))]
    read = {START: 50, START + timedelta(days=2): 60}
    worst = exposure("google_ads", spans, until=START + timedelta(days=3), today=START + timedelta(days=9), billed=read)
    assert worst.total == 50 + 60 + 200 + 200
    assert worst.day == 0


def test_while_two_budgets_may_be_in_force_no_limit_of_a_month_holds() -> None:
    """A decrease whose landing nobody knows: the platform grants the new budget for the days that are left, whatever was billed."""
    last = START + timedelta(days=30)
    platform = Platform("google_ads", 1_000)
    for number in range(31):
        day = START + timedelta(days=number)
        platform.morning(day)
        if number == 15:
            platform.change(day, 999)
        platform.evening(day, Decimal(1))
    assert sum(platform.billed.values()) > 45_000
    worst = exposure("google_ads", [Span(1_000, START, last), Span(999, START, last)], until=last, today=START, billed={})
    assert sum(platform.billed.values()) <= worst.total
