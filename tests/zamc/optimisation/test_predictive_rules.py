"""The shrinkage itself: what it gives back of its prior, what it learns, and whether its intervals hold what they promise."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.optimisation.predictive_rules import HALF_LIFE_DAYS, NOISE, Gamma, Observed, posterior, predicted, prior

MIDS = st.floats(min_value=0.005, max_value=1e7)
SPREADS = st.floats(min_value=2, max_value=20)
DAYS = st.lists(
    st.builds(
        Observed,
        count=st.floats(min_value=0, max_value=1e6),
        exposure=st.floats(min_value=0.05, max_value=1),
        age=st.integers(min_value=0, max_value=400),
    ),
    max_size=40,
)


@pytest.mark.parametrize(("mid", "spread"), [(1_000.0, 2.0), (50_000.0, 4.5), (2e6, 14.0)])
def test_without_a_day_the_forecast_of_many_is_the_prior(mid: float, spread: float) -> None:
    seen = predicted(prior(mid=mid, spread=spread), 10_000)
    assert seen.mid / 10_000 == pytest.approx(mid, rel=0.01)
    assert seen.high / seen.low == pytest.approx(spread, rel=0.02)


def test_a_prior_that_expects_nothing_gives_way_within_a_month() -> None:
    learnt = posterior(prior(mid=0.005, spread=2), [Observed(40, 1.0, 0)] * 30)
    assert learnt.mean > 10


def test_a_known_mean_leaves_what_poisson_and_the_days_vary() -> None:
    known = Gamma(shape=1e9, rate=1e9 / 10_000)
    seen = predicted(known, 1)
    assert seen.high - seen.low == pytest.approx(2 * 1.2816 * math.hypot(100, NOISE * 10_000), rel=0.02)


def test_the_exponential_prior_of_one_day_gives_the_geometric_distribution() -> None:
    """Gamma(1, 1) and one day: P(X <= k) = 1 - 2^-(k + 1), were it not for the noise between days, which only widens it."""
    seen = predicted(Gamma(shape=1, rate=1), 1)
    assert (seen.low, seen.mid, seen.high) == (0, 0, 3)


def test_summing_and_approximating_agree_where_they_meet() -> None:
    below, above = (predicted(Gamma(shape=20, rate=20 / mean), 1) for mean in (499.9, 500.1))
    for left, right in zip((below.low, below.mid, below.high), (above.low, above.mid, above.high), strict=True):
        assert left == pytest.approx(right, rel=0.005)


@given(mid=MIDS, spread=SPREADS, days=DAYS)
def test_the_mean_lies_between_the_belief_and_the_days(mid: float, spread: float, days: list[Observed]) -> None:
    belief = prior(mid=mid, spread=spread)
    learnt = posterior(belief, days)
    per_day = [day.count / day.exposure for day in days]
    assert min([belief.mean, *per_day]) * (1 - 1e-9) <= learnt.mean <= max([belief.mean, *per_day]) * (1 + 1e-9)
    assert learnt.rate >= belief.rate


@given(mid=MIDS, spread=SPREADS, days=DAYS, ahead=st.integers(min_value=1, max_value=400))
def test_an_interval_is_in_order_and_finite(mid: float, spread: float, days: list[Observed], ahead: int) -> None:
    seen = predicted(posterior(prior(mid=mid, spread=spread), days), ahead)
    assert 0 <= seen.low <= seen.mid <= seen.high < math.inf


@given(mid=st.floats(min_value=50, max_value=1e5), count=st.floats(min_value=50, max_value=1e5))
def test_every_further_day_of_the_same_count_makes_it_surer(mid: float, count: float) -> None:
    belief = prior(mid=mid, spread=4)
    widths = []
    for number in (1, 4, 16):
        learnt = posterior(belief, [Observed(count, 1.0, 0)] * number)
        widths.append(1 / learnt.shape)
    assert all(later < earlier for earlier, later in pairwise(widths))


def test_half_a_day_with_half_the_count_is_the_same_rate() -> None:
    belief = prior(mid=400, spread=4)
    half = posterior(belief, [Observed(50, 0.5, 0)] * 40)
    assert half.mean == pytest.approx(posterior(belief, [Observed(100, 1.0, 0)] * 20).mean)


def test_old_days_count_for_less() -> None:
    belief = prior(mid=100, spread=4)
    old = posterior(belief, [Observed(1_000, 1.0, HALF_LIFE_DAYS)] * 2)
    new = posterior(belief, [Observed(1_000, 1.0, 0)])
    assert old.mean == pytest.approx(new.mean)


@pytest.mark.parametrize(
    ("mid", "spread", "seen_days", "ahead"), [(3.0, 4.0, 7, 30), (50.0, 4.0, 0, 30), (50.0, 4.0, 7, 1), (3_000.0, 5.0, 7, 30)]
)
def test_four_of_five_intervals_hold_what_happens(mid: float, spread: float, seen_days: int, ahead: int) -> None:
    """Campaigns drawn from the prior, days drawn from the model: 80 % means 80 %."""
    chance = random.Random(20261122)  # noqa: S311 - a simulation, not a secret
    belief = prior(mid=mid, spread=spread)
    held = 0
    for _ in range(1_000):
        mean = chance.gammavariate(belief.shape, 1 / belief.rate)
        seen = predicted(posterior(belief, [Observed(_day(chance, mean), 1.0, 0) for _ in range(seen_days)]), ahead)
        held += seen.low <= sum(_day(chance, mean) for _ in range(ahead)) <= seen.high
    assert 0.76 <= held / 1_000 <= 0.86


def _day(chance: random.Random, mean: float) -> int:
    """A Poisson count whose mean varies from day to day; above 50 by its normal limit."""
    today = mean * chance.gammavariate(1 / NOISE**2, NOISE**2)
    if today > 50:
        return max(0, round(chance.gauss(today, math.sqrt(today))))
    count, passed = 0, chance.expovariate(1)
    while passed < today:
        count, passed = count + 1, passed + chance.expovariate(1)
    return count
