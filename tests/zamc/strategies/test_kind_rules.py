"""Which kinds of campaign a budget goes to: all of it, no kind too small to learn, Performance Max only for conversions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.zamc.strategies.briefs import brief, examples
from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.brief_rules import check_budget
from zamc.strategies.budget_rules import minimum_daily, split_budget
from zamc.strategies.kind_rules import LEAST, divide_platform
from zamc.strategies.rules import brief_key
from zamc.strategies.schema import Channel, Goal

GOALS: tuple[Goal, ...] = ("awareness", "traffic", "leads", "sales")
FORECAST = {name: {"low": "1", "mid": "2", "high": "3"} for name in ("impressions", "clicks", "conversions")}


@given(st.integers(1, 10**7), st.sampled_from(["EUR", "JPY", "JOD"]), st.sampled_from(GOALS), st.booleans())
def test_kinds_share_a_platforms_budget_to_the_last_coin(units: int, currency: str, goal: Goal, conversions: bool) -> None:
    least = minimum_daily("google_ads", currency)
    daily = Money(max(units * least.minor_unit_micros, least.micros), currency)
    parts, notes = divide_platform("google_ads", goal, daily, minimum=least, conversions=conversions)
    assert sum(part.micros for part in parts.values()) == daily.micros
    for kind, part in parts.items():
        assert part.micros >= LEAST[kind] * least.micros
        assert part.micros % part.minor_unit_micros == 0
    assert ("performance_max" in parts) <= (conversions and goal in ("leads", "sales"))
    assert "search" in parts
    assert all("Its part goes to Search" in note for note in notes)
    offered = {"awareness": 2, "traffic": 2}.get(goal, 3)
    assert len(parts) + len(notes) == offered


def test_meta_has_one_kind() -> None:
    daily = Money.parse("5.00", "EUR")
    assert divide_platform("meta_ads", "sales", daily, minimum=minimum_daily("meta_ads", "EUR")) == ({"meta": daily}, [])


def test_a_kind_that_is_too_small_says_why_and_search_gets_its_part() -> None:
    daily, least = Money.parse("20.00", "EUR"), minimum_daily("google_ads", "EUR")
    parts, notes = divide_platform("google_ads", "leads", daily, minimum=least)
    assert parts == {"search": daily}
    assert notes[0] == (
        "Performance Max is left out: its part would be 7.00 EUR a day, less than 10.00 EUR (10 times the platform's minimum): "
        "below that its bidding sees too few conversions to learn from. Its part goes to Search"
    )
    parts, notes = divide_platform("google_ads", "leads", Money.parse("40.00", "EUR"), minimum=least)
    assert {kind: str(part) for kind, part in parts.items()} == {
        "search": "20.00 EUR",
        "performance_max": "14.00 EUR",
        "display": "6.00 EUR",
    }
    assert notes == []


def test_without_a_conversion_action_performance_max_has_nothing_to_bid_for() -> None:
    parts, notes = divide_platform(
        "google_ads", "sales", Money.parse("100.00", "EUR"), minimum=minimum_daily("google_ads", "EUR"), conversions=False
    )
    assert {kind: str(part) for kind, part in parts.items()} == {"search": "85.00 EUR", "display": "15.00 EUR"}
    assert "has no conversion action" in notes[0]


def test_the_examples_run_every_kind() -> None:
    found = {part.kind for file in examples() for part in split_budget(file.brief, check_budget(file.brief.budget)).parts}
    assert found == {"search", "performance_max", "display", "meta"}


def test_metas_budget_stands_where_each_language_gets_its_minimum() -> None:
    wide = {part.kind: part for part in split_budget(brief(), Money.parse("9000.00", "EUR")).parts}
    assert wide["meta"].budget_level == "ad_set"
    narrow = brief(budget={"monthly": "60.00", "currency": "EUR"}, goal="traffic", end=None, languages=["de", "en", "fr", "es"])
    assert {part.kind: part.budget_level for part in split_budget(narrow, Money.parse("60.00", "EUR")).parts}["meta"] == "campaign"


def test_plans_of_the_time_before_kinds_read_as_what_they_were() -> None:
    old = {"share": "1", "daily_budget_micros": 1, "objective": "leads", "forecast": FORECAST}
    assert Channel.model_validate({"platform": "google_ads", **old}).kind == "search"
    assert Channel.model_validate({"platform": "meta_ads", **old}).kind == "meta"
    with pytest.raises(ValidationError, match="no campaigns of kind display"):
        Channel.model_validate({"platform": "meta_ads", "kind": "display", **old})


def test_a_special_category_must_not_aim_at_a_neighbourhood() -> None:
    place = {"geo_targets": [{"name": "Lisbon", "radius_km": 3}]}
    assert brief(**place).geo_targets[0].radius_km == 3
    with pytest.raises(InvalidInput) as refused:
        brief(**place, special_category="housing")
    assert refused.value.field == "brief.geo_targets[0].radius_km"
    assert brief(geo_targets=[{"name": "Lisbon", "radius_km": 25}], special_category="housing").special_category == "housing"
    with pytest.raises(InvalidInput, match="must be one of"):
        brief(special_category="politics")


def test_a_brief_of_the_time_before_special_categories_is_still_the_same_brief() -> None:
    plain, special = brief(), brief(special_category="credit")
    assert brief_key(1, plain) != brief_key(1, special)
    assert brief_key(1, plain) == brief_key(1, plain.model_copy(update={"special_category": "none"}))
