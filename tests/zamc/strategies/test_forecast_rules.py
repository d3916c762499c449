"""Forecasts: priors by platform, goal and industry, shrunk to a project's own history; what tests need; and where budget goes."""

import math
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.strategies.briefs import brief
from zamc.llm.offline.writer import pitch_of
from zamc.money import Money
from zamc.strategies import rate_rules as rates
from zamc.strategies.forecast_rules import Context, Own, forecast, outlook
from zamc.strategies.industry_rules import factors
from zamc.strategies.interval_rules import Amount, of_amount, of_count, total
from zamc.strategies.return_rules import moved
from zamc.strategies.rules import build_plan, returns_of
from zamc.strategies.schema import Plan

DAILY = Money.parse("155.00", "USD")
SHARES = {"search": Decimal("0.50"), "performance_max": Decimal("0.35"), "display": Decimal("0.15")}


def own(kind: str = "search", *, clicks: int = 4_000, conversions: int = 80, price: float = 1.0, ctr: float = 0.05, days: int = 30) -> Own:
    return Own(kind, round(clicks / ctr), clicks, conversions, clicks * price, days)  # type: ignore[arg-type]  # the kinds of the schema


def planned(total_budget: str = "3000.00", history: tuple[Own, ...] = (), **changes: object) -> Plan:
    asked = brief(budget={"total": total_budget, "currency": "EUR"}, **changes)
    return build_plan(asked, pitch_of(asked, "Bluebird"), "Bluebird", history=history)


def test_a_projects_own_campaigns_pull_the_forecast_and_narrow_it() -> None:
    alone = forecast("search", "sales", DAILY)
    some = forecast("search", "sales", DAILY, Context(history=(own(conversions=40),)))
    many = forecast("search", "sales", DAILY, Context(history=(own(conversions=40),) * 12))
    assert alone.conversions.mid > some.conversions.mid * Decimal("0.9")
    assert many.clicks.mid == pytest.approx(Decimal(155), rel=Decimal("0.03"))
    assert many.conversions.mid == pytest.approx(Decimal("1.55"), rel=Decimal("0.07"))
    widths = [float(each.conversions.high / each.conversions.low) for each in (alone, some, many)]
    assert widths == sorted(widths, reverse=True)
    assert [each.campaigns for each in (alone, some, many)] == [0, 1, 12]


@given(st.integers(0, 400), st.integers(1, 5_000))
def test_shrinkage_lies_between_the_prior_and_what_was_seen(count: int, trials: int) -> None:
    prior = rates.prior(0.03, 0.6)
    learnt = rates.learn(prior, [rates.Seen(count, trials, 10)])
    low, high = sorted((prior.centre, math.log((count + 0.5) / trials)))
    assert low - 1e-9 <= learnt.centre <= high + 1e-9
    assert learnt.between <= prior.between


def test_campaigns_that_differ_a_lot_keep_the_next_one_uncertain() -> None:
    prior = rates.prior(0.03, 0.6)
    alike = [rates.Seen(300, 10_000, 30)] * 10
    unlike = [rates.Seen(100 if index % 2 else 900, 10_000, 30) for index in range(10)]
    assert rates.learn(prior, alike).spread < 0.6 * prior.spread < rates.learn(prior, unlike).spread
    assert rates.learn(prior, []) == prior
    assert rates.learn(prior, [rates.Seen(5, 0, 1)]) == prior


def test_another_kinds_history_says_nothing() -> None:
    assert forecast("display", "sales", DAILY, Context(history=(own(),))) == forecast("display", "sales", DAILY)


def test_an_industry_moves_the_prior_as_its_table_says() -> None:
    general, legal = (forecast("search", "leads", DAILY, context) for context in (Context(), Context(industry="legal")))
    assert float(general.clicks.mid / legal.clicks.mid) == pytest.approx(8.94 / 4.66, rel=0.001)
    assert float(legal.conversions.mid / legal.clicks.mid) == pytest.approx(0.0696 * 5.64 / 6.96, rel=0.01)
    assert legal.clicks.high / legal.clicks.low < general.clicks.high / general.clicks.low
    assert factors("legal", "meta").cpc == pytest.approx(math.sqrt(8.94 / 4.66))
    assert factors("general", "search").cpc == 1.0


def test_cpa_and_roas_are_those_of_the_conversions() -> None:
    seen = forecast("search", "sales", DAILY, Context(conversion_value=20.0))
    assert seen.cpa is not None
    assert seen.roas is not None
    assert float(seen.cpa.mid) == pytest.approx(155 / float(seen.conversions.mid), rel=0.01)
    assert float(seen.roas.mid) == pytest.approx(20 * float(seen.conversions.mid) / 155, rel=0.02)
    assert seen.cpa.high is not None
    assert seen.cpa.low < seen.cpa.mid < seen.cpa.high
    assert forecast("search", "sales", DAILY).roas is None


def test_where_perhaps_nothing_converts_a_conversion_has_no_highest_price() -> None:
    few = outlook([("search", Money.parse("5.00", "EUR"))], "sales", Context(conversion_value=20.0), days=7)
    assert few.conversions.low == 0
    assert few.cpa is None or few.cpa.high is None
    assert few.roas is not None
    assert few.roas.low == 0


@pytest.mark.parametrize(("mid", "spread"), [(0.4, 0.5), (3.0, 0.6), (25.0, 0.8), (280.0, 0.5), (5_000.0, 0.3)])
def test_an_interval_of_counts_holds_80_percent_and_hardly_more_where_it_can(mid: float, spread: float) -> None:
    interval = of_count(Amount(mid, spread))
    dice = random.Random(7)  # noqa: S311 - a simulation
    inside = 0
    for _ in range(4_000):
        mean = mid * math.exp(spread * dice.gauss(0, 1))
        inside += interval.low <= _poisson(dice, mean) <= interval.high
    assert inside / 4_000 >= 0.78
    if mid >= 3:
        assert inside / 4_000 <= 0.86


def _poisson(dice: random.Random, mean: float) -> float:
    if mean > 500:
        return round(dice.gauss(mean, math.sqrt(mean)))
    count, left = 0, dice.expovariate(1)
    while left < mean:
        count, left = count + 1, left + dice.expovariate(1)
    return count


def test_a_sum_of_one_is_that_one_and_of_many_is_surer() -> None:
    assert total([Amount(50.0, 0.5)]).mid == pytest.approx(50.0)
    four = total([Amount(50.0, 0.5)] * 4)
    assert four.spread < 0.3
    assert 200 < four.mid < 4 * 50 * math.exp(0.125)
    assert of_amount(Amount(10.0, 0.5)).high == pytest.approx(10 * math.exp(0.5 * 1.2816), rel=1e-3)


def test_budget_goes_where_the_next_unit_brings_most() -> None:
    context = Context(history=(own("search", conversions=280), own("meta", conversions=40)))
    returns = returns_of("sales", "EUR", context)
    assert returns["search"] > 1 > returns["meta"]
    before, after = planned(), planned(history=context.history)
    share = {each.kind: each.share for each in before.channels}, {each.kind: each.share for each in after.channels}
    assert share[1]["search"] > share[0]["search"]
    assert share[1]["meta"] < share[0]["meta"]
    assert sum(share[1].values()) == 1
    assert sum(each.daily_budget_micros for each in after.channels) <= sum(each.daily_budget_micros for each in before.channels) * 1.05


@given(st.dictionaries(st.sampled_from(sorted(SHARES)), st.floats(0.01, 100.0)))
def test_at_the_moved_shares_the_marginal_return_is_the_same_for_all_that_are_not_at_a_limit(returns: dict[str, float]) -> None:
    shares = moved(SHARES, returns)  # type: ignore[arg-type]  # the kinds of the schema
    assert float(sum(shares.values())) == pytest.approx(1.0)
    times = {kind: returns.get(kind, 1.0) for kind in SHARES}
    inner = [kind for kind in SHARES if 1 / 3 < times[kind] ** 2 < 3]
    # The table's shares define each response's size: at them, and with returns as expected, marginal returns are equal.
    marginal = [times[kind] * (float(SHARES[kind]) / float(shares[kind])) ** 0.5 for kind in inner]  # type: ignore[index]  # as above
    assert all(each == pytest.approx(marginal[0], rel=1e-6) for each in marginal)
    assert not returns or all(shares[kind] > 0 for kind in shares)


def test_without_history_shares_stay_as_the_table_has_them() -> None:
    assert moved(SHARES, {}) == SHARES  # type: ignore[arg-type]  # the kinds of the schema
    assert returns_of("sales", "EUR", Context()) == {}


def test_a_test_says_how_much_traffic_it_needs_and_how_long_that_takes() -> None:
    plan = planned("900000.00")
    first, second = plan.tests
    assert first.traffic_per_day is not None
    assert first.days_needed == math.ceil(2 * first.sample_size / first.traffic_per_day)
    assert first.starts_on == plan.flight.starts_on
    assert second.starts_on is not None
    assert first.ends_on is not None
    assert second.starts_on > first.ends_on
    assert f"{2 * first.sample_size:,}" in first.advice
    assert first.kind != "performance_max"
    assert plan.outlook is not None
    assert "test" not in {each.topic for each in plan.outlook.shortfalls}


def test_a_budget_that_is_too_small_to_learn_says_so_and_what_would_do() -> None:
    plan = planned("300.00")
    assert plan.outlook is not None
    assert any("which campaign wins them at less cost" in said for said in plan.outlook.too_small)
    assert {each.topic for each in plan.outlook.shortfalls} == {"comparison", "meta_learning", "test"}
    for test in plan.tests:
        assert (test.days_needed, test.starts_on, test.ends_on) == (None, None, None)
        assert test.advice.startswith("The budget does for the campaign, not for this test")
        assert "EUR a day" in test.advice


def test_a_second_test_that_does_not_fit_says_so() -> None:
    tests = [planned(f"{amount}.00").tests for amount in range(10_000, 120_000, 5_000)]
    partly = [pair for pair in tests if pair[0].ends_on is not None and pair[1].ends_on is None]
    assert partly
    assert all("run one of them in the next flight" in second.advice for _, second in partly)
