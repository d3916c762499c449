"""Daily budgets: in whole coins, above the platforms' minima, and never billed above the brief."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.strategies.briefs import brief, budgets, data, examples, flights
from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.billing import worst_case_days, worst_case_month
from zamc.strategies.brief_rules import check_budget
from zamc.strategies.budget_rules import minimum_daily, split_budget
from zamc.strategies.rules import check_brief
from zamc.strategies.schema import Platform

PLATFORMS: tuple[Platform, ...] = ("google_ads", "meta_ads")


def bill(platform: Platform, daily: int, first: date, last: date) -> Decimal:
    """A platform that bills as much as it is allowed to, day by day: the rule read once more, not the formula."""
    billed, spent = Decimal(0), dict[tuple[int, ...], Decimal]()
    most, cap = (Decimal(2), Decimal("30.4")) if platform == "google_ads" else (Decimal("1.75"), Decimal(7))
    day = first
    while day <= last:
        sunday = day - timedelta(days=(day.weekday() + 1) % 7)
        period = (day.year, day.month) if platform == "google_ads" else (sunday.year, sunday.month, sunday.day)
        today = min(most, cap - spent.get(period, Decimal(0)))
        spent[period] = spent.get(period, Decimal(0)) + today
        billed += today * daily
        day += timedelta(days=1)
    return billed


@given(budgets(), flights(), st.sampled_from(["awareness", "traffic", "leads", "sales"]), st.permutations(PLATFORMS), st.integers(1, 2))
def test_no_split_can_be_billed_above_the_brief(
    budget: dict[str, str], flight: tuple[date, date], goal: str, order: list[Platform], many: int
) -> None:
    first, last = flight
    fields = data(budget=budget, goal=goal, platforms=order[:many], conversion_value=None, start=first.isoformat(), end=last.isoformat())
    try:
        asked = check_brief(fields)
    except InvalidInput as error:
        assert error.field in {"brief.budget.total", "brief.budget.monthly"}  # noqa: PT017 - too small a budget is refused by name
        return
    amount = check_budget(asked.budget)
    split = split_budget(asked, amount)
    assert sum((part.share for part in split.parts), Decimal(0)).quantize(Decimal("1e-9")) == 1
    assert len({(part.platform, part.kind) for part in split.parts}) == len(split.parts)
    left_out = [note for note in split.notes if note.startswith(("Google Ads is", "Meta is"))]
    assert len({part.platform for part in split.parts}) + len(left_out) == many
    for part in split.parts:
        assert part.daily.micros % part.daily.minor_unit_micros == 0
        assert minimum_daily(part.platform, amount.currency) <= part.daily
    if "total" in budget:
        assert sum(bill(part.platform, part.daily.micros, first, last) for part in split.parts) <= amount.micros
        # a flight that begins late or is cut short is billed no more
        late = first + timedelta(days=(last - first).days // 2)
        assert sum(bill(part.platform, part.daily.micros, late, last) for part in split.parts) <= amount.micros
    else:
        month = date(first.year, first.month, 1)
        end = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        assert sum(bill(part.platform, part.daily.micros, month, end) for part in split.parts) <= amount.micros


@given(flights(), st.sampled_from(PLATFORMS))
def test_the_worst_case_is_what_a_greedy_platform_bills(flight: tuple[date, date], platform: Platform) -> None:
    assert worst_case_days(platform, *flight) == bill(platform, 1, *flight)


def test_no_month_is_worse_than_the_worst_month() -> None:
    months = [date(year, month, 1) for year in range(2024, 2052) for month in range(1, 13)]
    ends = [(month + timedelta(days=32)).replace(day=1) - timedelta(days=1) for month in months]
    for platform in PLATFORMS:
        assert max(worst_case_days(platform, *pair) for pair in zip(months, ends, strict=True)) == worst_case_month(platform)


def test_the_examples_spend_most_of_their_budget() -> None:
    for file in examples():
        amount = check_budget(file.brief.budget)
        split = split_budget(file.brief, amount)
        days = Decimal("30.4") if file.brief.end is None else (file.brief.end - file.brief.start).days + 1
        planned = sum(part.daily.micros for part in split.parts) * days
        assert Decimal("0.9") * amount.micros < planned <= amount.micros


def test_a_platform_below_its_minimum_is_left_out_with_its_reason() -> None:
    small = brief(budget={"monthly": "48.00", "currency": "EUR"}, goal="sales", end=None)
    split = split_budget(small, Money.parse("48.00", "EUR"))
    assert [part.kind for part in split.parts] == ["search"]
    assert [part.platform for part in split.parts] == ["google_ads"]
    assert split.parts[0].share == 1
    assert split.parts[0].daily == Money.parse("1.57", "EUR")
    assert split.notes[0] == "Meta is left out: its part would be 0.54 EUR a day, below the minimum of 1.00 EUR"
    assert [note.split(" is left out")[0] for note in split.notes[1:]] == ["Performance Max", "Display"]


def test_the_refusal_names_a_budget_that_would_do() -> None:
    with pytest.raises(InvalidInput) as caught:
        brief(budget={"total": "20.00", "currency": "EUR"})
    assert caught.value.sentence == "20.00 EUR is below what any platform accepts for this flight; at least 30.40 EUR is needed"
    assert brief(budget={"total": "30.40", "currency": "EUR"}).budget.total == "30.40"


@pytest.mark.parametrize(
    ("platform", "currency", "least"),
    [
        ("meta_ads", "EUR", "1.00"),
        ("meta_ads", "JPY", "200"),
        ("meta_ads", "PLN", "2.00"),
        ("google_ads", "JOD", "0.500"),
        ("google_ads", "JPY", "200"),
    ],
)
def test_minima(platform: Platform, currency: str, least: str) -> None:
    assert minimum_daily(platform, currency) == Money.parse(least, currency)
