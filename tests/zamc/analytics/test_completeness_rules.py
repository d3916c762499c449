"""Curves rise to one, thin accounts lean on the prior, and what was simulated is learned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.analytics.completeness_rules import Curve, Floats, last_age, learn, prior_shares

META = prior_shares(last_age("meta_ads", None))
SHARES = np.array([0.1, 0.5, 0.7, 0.8, 0.88, 0.94, 0.98, 0.995, 1.0])


def triangle(days: int, per_day: float, *, shares: Floats = SHARES, seed: int = 1) -> Floats:
    """Poisson days as readings of each morning tell them; row 0 is the oldest day, the last one is a day old."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(per_day * np.diff(shares, prepend=0.0), (days, len(shares))).cumsum(axis=1).astype(float)
    ages = np.arange(len(shares))[None, :]
    counts[ages > np.arange(days, 0, -1)[:, None]] = np.nan
    return counts


def learned(counts: Floats, prior: Floats = META) -> Curve:
    days = len(counts)
    return learn(counts, weekdays=np.arange(days) % 7, days_ago=np.arange(days, 0, -1), prior=prior)


@pytest.mark.parametrize(
    ("platform", "window", "age"), [("google_ads", None, 31), ("meta_ads", None, 8), ("google_ads", 90, 91), ("x", None, 91)]
)
def test_a_day_is_complete_a_day_after_its_window(platform: str, window: int | None, age: int) -> None:
    assert last_age(platform, window) == age


def test_the_prior_is_what_was_published() -> None:
    shares = prior_shares(31)
    # A day's clicks are half a day old when it ends: between the 35 % of an hour and the 50 % of a day.
    assert 0.35 < shares[1] < 0.52
    assert shares[14] == pytest.approx(0.87, abs=0.02)
    assert prior_shares(8)[7] > 0.97


@given(st.integers(1, 90))
def test_a_prior_rises_to_one_for_every_window(window: int) -> None:
    shares = prior_shares(window + 1)
    assert (np.diff(shares) >= 0).all()
    assert shares[-1] == 1


def test_without_history_the_curve_is_the_prior() -> None:
    curve = learned(np.empty((0, len(META))))
    assert curve.mean_shares() == pytest.approx(META, abs=1e-6)
    assert (curve.own, curve.conversions) == (0.0, 0.0)


def test_with_much_history_the_curve_is_the_accounts_own() -> None:
    curve = learned(triangle(60, 400.0))
    assert curve.mean_shares() == pytest.approx(SHARES, abs=0.01)
    assert curve.own > 0.95
    assert curve.errors()[1] < 0.01


def test_a_thin_account_lies_between_its_own_and_the_prior() -> None:
    late = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0])
    thin, rich = learned(triangle(60, 0.5, shares=late)), learned(triangle(60, 400.0, shares=late))
    at = 2
    assert rich.mean_shares()[at] < thin.mean_shares()[at] < META[at]
    assert thin.own < rich.own
    assert thin.errors()[at] > rich.errors()[at]


def test_what_no_reading_tells_is_not_taken_for_zero() -> None:
    counts = triangle(60, 400.0)
    backfilled = counts.copy()
    backfilled[:30, :-1] = np.nan
    assert learned(backfilled).mean_shares() == pytest.approx(learned(counts).mean_shares(), abs=0.02)


def test_weekends_that_show_on_monday_are_learned() -> None:
    rng = np.random.default_rng(5)
    counts = np.zeros((70, len(SHARES)))
    for day in range(70):
        shown = rng.poisson(300 * np.diff(SHARES, prepend=0.0)).astype(float)
        for age in range(1, len(SHARES) - 2):
            if (day + age) % 7 == 5:
                shown[age + 2] += shown[age]
                shown[age] = 0
        counts[day] = shown.cumsum()
    curve = learned(counts)
    assert curve.weekdays[5] < 0.5
    assert curve.weekdays[0] > 1
    # Of a Friday's clicks less has shown after a day than of a Monday's.
    assert curve.shares(4)[1] < curve.shares(0)[1] - 0.03


def test_what_a_platform_takes_back_is_seen() -> None:
    counts = triangle(60, 400.0)
    counts[:, 6:] -= np.round(0.1 * counts[:, 6:])
    assert learned(counts).taken_back > 0.01
    assert learned(triangle(60, 400.0)).taken_back == 0


@given(st.integers(0, 2**32 - 1), st.floats(0, 200), st.integers(1, 40))
def test_whatever_comes_shares_are_usable(seed: int, per_day: float, days: int) -> None:
    counts = triangle(days, per_day, seed=seed)
    counts += np.random.default_rng(seed).integers(-3, 4, counts.shape)
    curve = learned(np.maximum(counts, 0))
    shares = np.array([curve.shares(weekday) for weekday in range(7)])
    assert np.isfinite(shares).all()
    assert (shares > 0).all()
    assert shares[:, -1] == pytest.approx(1.0)
    assert np.isfinite(curve.scatter).all()
    assert np.isfinite(curve.errors()).all()
    assert 0 <= curve.settled_age() <= curve.last_age
