"""How many conversions a click day will have in the end, with an 80 % interval. Pure.

Two things are known of a day: the conversions shown so far, of which the completeness curve says what share they are (the chain
ladder), and the clicks, of which past days say how many conversions they bring (Bornhuetter and Ferguson, PCAS 59, 1972; the rate is
learned from all days at once, each click counting as far as its day is complete: Cape Cod). A gamma prior on the day's rate joins them:
with c shown at completeness G and mu expected, the rest is negative binomial with mean (1 - G) (k + c) / (k / mu + G), where 1 / k is how
much days vary relative to the square of their mean. Early days rest on clicks, later ones on what has shown (England and Verrall, British
Actuarial Journal 8, 2002, section 7).

The variance of the rest adds what is not known of the curve and how much days scatter around it (completeness_rules).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from zamc.analytics.completeness_rules import Curve, Floats, Ints, dirichlet_scatter

Bools = NDArray[np.bool_]

Z80 = NormalDist().inv_cdf(0.9)
# Before an account has shown its own: variance of a day's conversions around clicks times rate, relative to the square of the mean.
_PRIOR_VARIATION = 0.03
_PRIOR_DAYS = 10.0
_LEAST_VARIATION = 0.002
_HALF_LIFE_DAYS = 14.0
# A campaign's rate is learned with so many conversions of the account's rate beside its own.
_PRIOR_RATE_CONVERSIONS = 5.0
# Campaigns of one account have lags of their own: the concentration of their shares around the account's curve, on top of the days' own.
CAMPAIGN_CONCENTRATION = 40.0


@dataclass(frozen=True, slots=True)
class Nowcasts:
    """By object and day: conversions in the end with an 80 % interval, the completeness that was assumed, and which days are settled."""

    conversions: Floats
    low: Floats
    high: Floats
    completeness: Floats
    settled: Bools


@dataclass(frozen=True, slots=True)
class Shares:
    """Completeness of some days: of each the share, the standard error of its logarithm, the scatter of the rest, whether it is settled,
    and whether its window is over (`over`: nothing more can come). taken_back is the curve's."""

    share: Floats
    error: Floats
    scatter: Floats
    settled: Bools
    over: Bools
    taken_back: float


def shares_of(curve: Curve, *, ages: Ints, weekdays: Ints) -> Shares:
    """Completeness of days of those ages (in whole days at their last reading) and weekdays (Monday is 0)."""
    table = np.stack([curve.shares(day) for day in range(7)])
    at = np.clip(ages, 0, curve.last_age)
    share = np.clip(table[weekdays, at], 1e-3, 1.0)
    over = ages >= curve.last_age
    settled = over | (ages >= curve.settled_age())
    return Shares(share, curve.errors()[at], curve.scatter[at], settled=settled, over=over, taken_back=curve.taken_back)


def nowcast(reported: Floats, clicks: Floats, shares: Shares, *, days_ago: Ints, of_campaigns: bool) -> Nowcasts:
    """reported[object, day] and clicks[object, day] as known now, of days whose completeness is `shares`; days_ago[day].

    Objects are campaigns of one account and one action (of_campaigns), or the account alone. After a day's window nothing more comes.
    """
    share = shares.share[None, :]
    weight = 0.5 ** (days_ago / _HALF_LIFE_DAYS)[None, :]
    used = clicks * share * weight
    whole_rate = (reported * weight).sum() / max(used.sum(), 1e-9)
    rate = ((reported * weight).sum(axis=1) + _PRIOR_RATE_CONVERSIONS) / (
        used.sum(axis=1) + _PRIOR_RATE_CONVERSIONS / max(whole_rate, 1e-9)
    )
    mean = np.maximum(clicks * rate[:, None], 1e-9)
    variation = _variation(reported, mean, shares)
    shape = 1 / variation[:, None]
    rest = (1 - share) * (shape + reported) / (shape / mean + share)
    total = reported + rest
    # How far the rest follows what was shown, and not the clicks: only so far do errors of the curve matter in full.
    follows = share * mean / (shape + share * mean)
    scatter = shares.scatter[None, :] + (dirichlet_scatter(share, CAMPAIGN_CONCENTRATION) if of_campaigns else 0.0)
    variance = rest + rest**2 / (shape + reported) + scatter * rest**2 + (total * shares.error[None, :]) ** 2 * np.maximum(follows, 0.3)
    low, high = _interval(rest, variance, floor=2 * shares.taken_back * reported)
    over = shares.over[None, :]
    return Nowcasts(
        conversions=np.where(over, reported, total),
        low=np.where(over, reported, reported + low),
        high=np.where(over, reported, reported + high),
        completeness=np.broadcast_to(np.where(shares.over, 1.0, shares.share)[None, :], reported.shape),
        settled=np.broadcast_to(shares.settled[None, :], reported.shape),
    )


def _variation(reported: Floats, mean: Floats, shares: Shares) -> Floats:
    """By object, the variance of days beyond Poisson around what their clicks say, relative to its square, from nearly complete days."""
    ripe = shares.share >= 0.8
    seen, due = reported[:, ripe], mean[:, ripe] * shares.share[ripe]
    excess = ((seen - due) ** 2 - due).sum(axis=1)
    squares = (due**2).sum(axis=1)
    found = np.clip(excess / np.maximum(squares, 1e-9), 0.0, 1.0)
    trust = ripe.sum() / (ripe.sum() + _PRIOR_DAYS) * (squares / (squares + due.sum(axis=1) + 1e-9))
    out: Floats = np.maximum(trust * found + (1 - trust) * _PRIOR_VARIATION, _LEAST_VARIATION)
    return out


def _interval(mean: Floats, variance: Floats, *, floor: Floats) -> tuple[Floats, Floats]:
    """The 10 % and 90 % points of a gamma distribution with that mean and variance (Wilson and Hilferty, PNAS 17, 1931, 684-688).

    floor >= 0: the distribution begins so far below zero, for platforms that take conversions back.
    """
    moved = np.maximum(mean + floor, 1e-9)
    spread = np.sqrt(np.maximum(variance + floor**2 / 4, 1e-12)) / moved / 3
    low, high = (moved * np.maximum(1 - spread**2 + z * spread, 0.0) ** 3 - floor for z in (-Z80, Z80))
    # Conversions come whole: with less than half a one at the low end, none may come.
    return np.minimum(np.where(np.abs(low) < 0.5, 0.0, low), mean), np.maximum(high, mean)
