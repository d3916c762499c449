"""How late conversions are in simulated ad accounts. Written before the rules that it tests, and knows nothing of them.

A click's lag is a mixture of three kinds of people: those who buy at once (exponential), those who come back (log-normal) and those who
take their time (Weibull), cut off at the attribution window. Each campaign has weights of its own, each click day departs from them
(Dirichlet), lags get longer or shorter over the months, the platform reports up to 15 hours late, in some accounts most of a weekend's
conversions show on Monday, and in some the platform takes a share back days later.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

# Readings happen in the morning: at age a, a click of hour u was made a + READ_AT - u days ago.
READ_AT = 0.27
_HOURS = (np.arange(24) + 0.5) / 24
_HOUR_WEIGHT = np.array([2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 8, 9, 9, 7, 4], dtype=float)


@dataclass(frozen=True)
class LagKind:
    """One account's lags. window_days: what the platform credits. monday: share of a weekend's conversions that show on Monday."""

    window_days: int
    weights: tuple[float, float, float]
    soon_days: float
    back_median_days: float
    back_spread: float
    slow_days: float
    delay_days: float
    concentration: float
    drift: float
    monday: float
    taken_back: float

    @property
    def ages(self) -> int:
        """Ages 0 .. ages - 1 at which a conversion may first show."""
        return self.window_days + 4


def draw_kind(rng: np.random.Generator, *, platform: str) -> LagKind:
    """An account's lags, drawn from what accounts are like."""
    window = 7 if platform == "meta_ads" else 30
    return LagKind(
        window_days=window,
        weights=tuple(rng.dirichlet((5.0, 3.0, 1.6))),
        soon_days=rng.uniform(0.02, 0.15),
        back_median_days=rng.uniform(0.8, 2.2),
        back_spread=rng.uniform(0.6, 1.1),
        slow_days=rng.uniform(4, 11),
        delay_days=rng.uniform(0.1, 0.62),
        concentration=float(np.exp(rng.uniform(np.log(60), np.log(600)))),
        drift=rng.normal(0, 0.15),
        monday=rng.uniform(0.3, 0.7) if rng.random() < 0.35 else 0.0,
        taken_back=rng.uniform(0.01, 0.05) if rng.random() < 0.15 else 0.0,
    )


def _cumulative(kind: LagKind, weights: Floats, elapsed: Floats, stretch: float) -> Floats:
    """Share of a click's conversions within `elapsed` days, of those inside the window."""
    from math import erf

    def raw(days: Floats) -> Floats:
        x = np.maximum(days, 1e-9)
        back = np.array([0.5 * (1 + erf(np.log(v / (kind.back_median_days * stretch)) / (kind.back_spread * 2**0.5))) for v in x.flat])
        soon, slow = 1 - np.exp(-x / kind.soon_days), 1 - np.exp(-((x / (kind.slow_days * stretch)) ** 1.3))
        return weights[0] * soon + weights[1] * back.reshape(x.shape) + weights[2] * slow

    whole = raw(np.array([float(kind.window_days)]))[0]
    return np.where(elapsed <= 0, 0.0, np.minimum(raw(np.minimum(elapsed, kind.window_days)) / whole, 1.0))


def age_shares(kind: LagKind, weights: Floats, stretch: float) -> Floats:
    """Share of a day's conversions that first show at each age, in the mean. Sums to 1."""
    ages = np.arange(kind.ages)[:, None, None]
    elapsed = ages + READ_AT - _HOURS[None, :, None] - kind.delay_days * np.array([0.1, 0.5, 0.9])[None, None, :]
    shown = _cumulative(kind, weights, elapsed, stretch).mean(axis=2) @ (_HOUR_WEIGHT / _HOUR_WEIGHT.sum())
    shown[-1] = 1.0
    return np.diff(np.maximum.accumulate(shown), prepend=0.0)


def spread(rng: np.random.Generator, kind: LagKind, totals: Counts, *, first_weekday: int) -> Counts:
    """From conversions[campaign, day] to increments[campaign, day, age]; first_weekday is that of day 0 (Monday is 0).

    Increments may be negative where the platform takes conversions back; they sum to what is left in the end.
    """
    campaigns, days = totals.shape
    out = np.zeros((campaigns, days, kind.ages), dtype=np.int64)
    for campaign in range(campaigns):
        own = np.maximum(np.array(kind.weights) * np.exp(rng.normal(0, 0.3, 3)), 1e-6)
        own /= own.sum()
        early, late = (age_shares(kind, own, float(np.exp(kind.drift * step))) for step in (-0.5, 0.5))
        mix = np.linspace(0, 1, days)[:, None]
        shares = (1 - mix) * early + mix * late
        noisy = rng.gamma(np.maximum(shares * kind.concentration, 1e-4))
        out[campaign] = rng.multinomial(totals[campaign], noisy / noisy.sum(axis=1, keepdims=True))
    if kind.monday:
        _delay_weekends(rng, out, kind.monday, first_weekday)
    if kind.taken_back:
        _take_back(rng, out, kind.taken_back)
    return out


def _delay_weekends(rng: np.random.Generator, increments: Counts, share: float, first_weekday: int) -> None:
    _, days, ages = increments.shape
    shown_on = (first_weekday + np.arange(days)[:, None] + np.arange(ages)[None, :]) % 7
    for weekday, wait in ((5, 2), (6, 1)):
        day, age = np.nonzero((shown_on == weekday) & (np.arange(ages)[None, :] + wait < ages))
        moved = rng.binomial(np.maximum(increments[:, day, age], 0), share)
        # No two cells of one weekday move to the same place: plain indexing adds each once.
        increments[:, day, age] -= moved
        increments[:, day, age + wait] += moved


def _take_back(rng: np.random.Generator, increments: Counts, share: float) -> None:
    _, days, ages = increments.shape
    for day in range(days):
        if rng.random() < 0.6:
            age = int(rng.integers(3, min(ages, 20)))
            seen = increments[:, day, :age].sum(axis=1)
            increments[:, day, age] -= rng.binomial(np.maximum(seen, 0), share)
