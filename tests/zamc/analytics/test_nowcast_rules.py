"""Early days rest on clicks, later ones on what has shown; intervals hold what they promise; a day whose window is over is what it is."""

import numpy as np
import pytest

from tests.zamc.analytics.test_completeness_rules import META, SHARES, learned, triangle
from zamc.analytics.completeness_rules import Floats, Ints
from zamc.analytics.nowcast_rules import Nowcasts, nowcast, shares_of

DAYS = 40
AGO: Ints = np.arange(DAYS, 0, -1)


def estimate(reported: Floats, clicks: Floats, *, of_campaigns: bool = False) -> Nowcasts:
    curve = learned(triangle(60, 400.0))
    shares = shares_of(curve, ages=AGO, weekdays=np.arange(DAYS) % 7)
    return nowcast(reported, clicks, shares, days_ago=AGO, of_campaigns=of_campaigns)


def days_of(per_day: float, seed: int) -> tuple[Floats, Floats]:
    """What is known of DAYS days now, and what they will have in the end."""
    rng = np.random.default_rng(seed)
    shown = rng.poisson(per_day * np.diff(SHARES, prepend=0.0), (DAYS, len(SHARES))).cumsum(axis=1)
    known = shown[np.arange(DAYS), np.minimum(AGO, len(SHARES) - 1)]
    return known[None, :].astype(float), shown[:, -1].astype(float)


def test_a_day_whose_window_is_over_is_what_was_reported() -> None:
    known, _ = days_of(50, 1)
    found = estimate(known, np.full((1, DAYS), 1000.0))
    window_over = len(META) - 1
    old = window_over <= AGO
    assert (found.conversions[0, old] == known[0, old]).all()
    assert (found.low[0, old] == found.high[0, old]).all()
    assert found.settled[0, old].all()
    assert (found.completeness[0, old] == 1).all()
    assert not found.settled[0, -1]


def test_recent_days_are_made_whole() -> None:
    known, truth = days_of(200, 2)
    found = estimate(known, np.full((1, DAYS), 4000.0))
    assert known[0, -1] < 0.65 * truth[-1]
    assert found.conversions[0, -1] == pytest.approx(truth[-1], rel=0.2)
    assert (found.low <= found.conversions).all()
    assert (found.conversions <= found.high).all()


def test_a_day_without_conversions_yet_is_expected_to_get_what_its_clicks_bring() -> None:
    known, _ = days_of(20, 3)
    known[0, -1] = 0
    clicks = np.full((1, DAYS), 500.0)
    some = estimate(known, clicks).conversions[0, -1]
    clicks[0, -1] = 1500.0
    assert estimate(known, clicks).conversions[0, -1] > 1.5 * some > 0


def test_nothing_is_expected_where_nobody_clicked() -> None:
    found = estimate(np.zeros((2, DAYS)), np.zeros((2, DAYS)), of_campaigns=True)
    assert found.conversions.max() < 0.01
    assert np.isfinite(found.high).all()


def test_a_campaign_without_history_leans_on_its_account() -> None:
    known, _ = days_of(200, 4)
    both = np.vstack([known, np.zeros((1, DAYS))])
    clicks = np.vstack([np.full(DAYS, 4000.0), np.zeros(DAYS)])
    clicks[1, -1] = 400.0
    found = estimate(both, clicks, of_campaigns=True)
    assert 1 < found.conversions[1, -1] < 40


def test_intervals_of_poisson_days_hold_about_four_fifths() -> None:
    held = []
    for seed in range(120):
        known, truth = days_of(60, 100 + seed)
        found = estimate(known, np.full((1, DAYS), 1000.0))
        held += [found.low[0, -age] <= truth[-age] <= found.high[0, -age] for age in (1, 2, 3)]
    assert 0.75 <= np.mean(held) <= 0.93


def test_campaigns_get_wider_intervals_than_their_account_would() -> None:
    known, _ = days_of(60, 7)
    clicks = np.full((1, DAYS), 1000.0)
    narrow, wide = estimate(known, clicks), estimate(known, clicks, of_campaigns=True)
    assert wide.high[0, -3] > narrow.high[0, -3]
