"""Tails against published tables, and what many tests at once may cost."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.analytics.verdict_statistics_rules import at_most, discoveries, student_tail


@pytest.mark.parametrize(
    ("t", "freedom", "tail"),
    # Abramowitz and Stegun, table 26.10 (one tail), and the closed forms of 1 and 2 degrees of freedom.
    [
        (2.228, 10, 0.025),
        (3.169, 10, 0.005),
        (4.587, 10, 0.0005),
        (2.042, 30, 0.025),
        (1.0, 1, 0.25),
        (0.0, 7, 0.5),
        (6.0, 2, 0.5 - 6 / (2 * math.sqrt(38))),
    ],
)
def test_the_tail_of_students_t_is_the_published_one(t: float, freedom: float, tail: float) -> None:
    assert student_tail(t, freedom) == pytest.approx(tail, rel=2e-3)
    assert student_tail(-t, freedom) == pytest.approx(1 - tail, rel=2e-3)


@given(st.floats(0, 8), st.floats(2, 200))
def test_heavier_tails_never_fall_below_the_normal_one(t: float, freedom: float) -> None:
    assert student_tail(t, freedom) >= (1 - NormalDist().cdf(t)) * (1 - 1e-6) - 1e-12


def test_far_out_the_tail_is_small_but_not_zero() -> None:
    assert 0 < student_tail(12, 40) < 1e-13


@given(st.integers(0, 30), st.floats(0.1, 40), st.floats(0, 1))
def test_a_counts_tail_is_a_probability_that_rises(count: int, mean: float, variation: float) -> None:
    assert 0 < at_most(count, mean, variation) <= at_most(count + 1, mean, variation) <= 1


def test_without_variation_a_count_is_poisson() -> None:
    poisson = sum(math.exp(-5) * 5**k / math.factorial(k) for k in range(3))
    assert at_most(2, 5, 0) == pytest.approx(poisson, rel=1e-4)
    assert at_most(0, 5, 0.5) > at_most(0, 5, 0)


def test_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    # Their own example (1995, table 1): 4 of 15 are rejected at 0.05.
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert discoveries(p_values, 0.05) == [True] * 4 + [False] * 11
    assert discoveries(p_values[::-1], 0.05) == [False] * 11 + [True] * 4
    assert discoveries([], 0.05) == []


def test_without_any_effect_hardly_a_family_says_anything() -> None:
    rng = np.random.default_rng(3)
    told = sum(any(discoveries(list(rng.random(40)), 0.05)) for _ in range(2000))
    assert told / 2000 == pytest.approx(0.05, abs=0.02)
