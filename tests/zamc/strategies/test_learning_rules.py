"""A budget that teaches little says what is missing and what would do, in words for whoever pays it, and frightens nobody."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zamc.strategies.briefs import brief, examples
from zamc.llm.offline.writer import pitch_of
from zamc.money import MICROS
from zamc.strategies.learning_rules import FEWEST_CONVERSIONS, LEARNING_WEEK, in_short
from zamc.strategies.rules import build_plan
from zamc.strategies.schema import Outlook, Plan


def planned(total: str = "300.00", **changes: Any) -> Plan:
    asked = brief(budget={"total": total, "currency": "EUR"}, **changes)
    return build_plan(asked, pitch_of(asked, "Bluebird"), "Bluebird")


def seen(plan: Plan) -> Outlook:
    assert plan.outlook is not None
    return plan.outlook


def topics(plan: Plan) -> set[str]:
    return {each.topic for each in seen(plan).shortfalls}


def test_a_small_budget_says_how_much_or_how_long_would_do() -> None:
    plan = planned()
    comparison, meta = seen(plan).too_small
    short = {each.topic: each for each in seen(plan).shortfalls}
    assert comparison == (
        "About 8 conversions are expected in 30 days. From about 30 on, it shows which campaign wins them at less cost: that takes about "
        "113 days at this budget, or about 36.00 EUR a day (now 10.00 EUR). The campaigns run all the same; until then, compare them by "
        "their clicks"
    )
    assert (short["comparison"].days, short["comparison"].daily_budget_micros) == (113, 36 * MICROS)
    assert "on Meta (now 4.00 EUR)" in meta
    assert in_short(seen(plan), "EUR") == "30, to compare campaigns by, take 113 days or 36.00 EUR a day"


@settings(max_examples=25, deadline=None)
@given(st.integers(200, 60_000))
def test_the_budget_that_would_do_does(total: int) -> None:
    for each in seen(planned(f"{total}.00")).shortfalls:
        if each.topic == "comparison" and each.daily_budget_micros is not None:
            enough = planned(f"{each.daily_budget_micros * 30 // MICROS + 30}.00")
            assert seen(enough).conversions.mid >= FEWEST_CONVERSIONS * Decimal("0.9")


def test_metas_budget_that_would_do_is_metas_alone() -> None:
    plan = planned("3000.00")
    [meta] = [each for each in plan.channels if each.kind == "meta"]
    [short] = [each for each in seen(plan).shortfalls if each.topic == "meta_learning"]
    assert short.daily_budget_micros is not None
    grown = meta.forecast.conversions.mid * 7 * short.daily_budget_micros / meta.daily_budget_micros
    assert LEARNING_WEEK <= grown < LEARNING_WEEK * Decimal("1.1")


def test_where_only_an_ab_test_is_not_possible_nothing_is_too_small() -> None:
    plan = planned("30000.00")
    assert topics(plan) == {"test"}
    assert seen(plan).too_small == []
    assert in_short(seen(plan), "EUR") == "enough to learn from, not for an A/B test"
    assert all("The budget does for the campaign" in test.advice for test in plan.tests)


def test_a_large_budget_lacks_nothing() -> None:
    plan = planned("90000.00")
    assert (topics(plan), seen(plan).too_small, in_short(seen(plan), "EUR")) == (set(), [], "")


def test_a_goal_without_conversions_is_not_judged_by_them() -> None:
    plan = planned("300.00", goal="traffic", conversion_value=...)
    assert topics(plan) <= {"test"}


@pytest.mark.parametrize("total", ["200.00", "300.00", "1000.00", "3000.00"])
def test_no_sentence_says_that_a_campaign_should_not_run(total: str) -> None:
    plan = planned(total, platforms=["google_ads"])
    for sentence in seen(plan).too_small:
        assert "a day" in sentence or "compare campaigns by their clicks" in sentence
        assert not any(word in sentence.lower() for word in ("too small", "fail", "cannot", "impossible", "never"))


def test_the_examples_are_told_in_figures() -> None:
    for file in examples():
        plan = build_plan(file.brief, pitch_of(file.brief, file.project), file.project)
        for sentence in seen(plan).too_small:
            assert plan.flight.currency in sentence


def test_a_plan_of_the_time_before_shortfalls_is_read() -> None:
    old = seen(planned()).model_dump(mode="json")
    del old["shortfalls"]
    assert in_short(Outlook.model_validate(old), "EUR") == ""
