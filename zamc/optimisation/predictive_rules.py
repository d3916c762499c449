"""Gamma-Poisson shrinkage: a belief about a mean per day, what days of counts teach it, and what it says of days to come. Pure.

Conjugate model: counts are Poisson with a mean per day that is itself uncertain, mean ~ Gamma(shape, rate); with a count y in e days it
is Gamma(shape + y, rate + e), and a future count is negative binomial (Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.6).
Counts of ads vary more than Poisson from day to day (weekday, auction, pacing): the variance of a day is taken as m + (NOISE m)^2. A day
then teaches what 1 / phi of a Poisson day does, phi = 1 + NOISE^2 m (quasi-likelihood: McCullagh and Nelder, Generalized Linear Models,
2nd ed., section 9.2), and never more than 1 / NOISE^2 counts, however large it is. Older days count for less, since campaigns drift.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

# Standard deviation between whole days, as a share of the mean. An assumption until an account has enough days to estimate its own.
NOISE = 0.25
HALF_LIFE_DAYS = 28
# No prior outweighs a month of days, however surely it says that next to nothing will happen.
_MOST_PRIOR_DAYS = 30.0
Z80 = NormalDist().inv_cdf(0.9)  # both ends of an 80 % interval
_TAILS = (0.1, 0.5, 0.9)
# Up to here the negative binomial is summed count by count; above, a gamma distribution differs by less than a thousandth.
_SUMMED = 500.0


@dataclass(frozen=True, slots=True)
class Gamma:
    """A belief about a mean per day: shape > 0 counts, rate > 0 days."""

    shape: float
    rate: float

    @property
    def mean(self) -> float:
        """Counts per day."""
        return self.shape / self.rate


@dataclass(frozen=True, slots=True)
class Observed:
    """A count >= 0 in `exposure` days (0 to 1: how much of the day it was live), `age` whole days ago."""

    count: float
    exposure: float
    age: int


@dataclass(frozen=True, slots=True)
class Interval:
    """The 10 %, 50 % and 90 % points of a predictive distribution: an 80 % interval around the median."""

    low: float
    mid: float
    high: float


def prior(*, mid: float, spread: float) -> Gamma:
    """The gamma distribution whose median is `mid` > 0 and whose 90 % point is `spread` > 1 times its 10 % point.

    By Wilson and Hilferty (PNAS 17, 1931, 684-688) the cube root of a gamma variate is normal: a quantile is
    shape / rate * (1 - s^2 + z s)^3 with s = 1 / (3 sqrt(shape)). Solved for s and then for the rate. Accurate from a shape of 1 on, that
    is up to a spread of 23. A belief worth more than 30 days keeps its mean and is made as wide as one worth 30.
    """
    root = spread ** (1 / 3)
    slope = Z80 * (root + 1) / (root - 1)
    s = (math.sqrt(slope * slope + 4) - slope) / 2
    shape = 1 / (9 * s * s)
    rate = shape * (1 - s * s) ** 3 / mid
    return Gamma(shape, rate) if rate <= _MOST_PRIOR_DAYS else Gamma(shape * _MOST_PRIOR_DAYS / rate, _MOST_PRIOR_DAYS)


def posterior(belief: Gamma, days: Sequence[Observed]) -> Gamma:
    """What remains of the belief after those days. Its mean lies between the belief's and the (weighted) mean of the days."""
    weights = [0.5 ** (day.age / HALF_LIFE_DAYS) for day in days]
    count = sum(weight * day.count for weight, day in zip(weights, days, strict=True))
    exposure = sum(weight * day.exposure for weight, day in zip(weights, days, strict=True))
    phi = 1 + NOISE**2 * (belief.shape + count) / (belief.rate + exposure)
    return Gamma(belief.shape + count / phi, belief.rate + exposure / phi)


def predicted(belief: Gamma, days: int) -> Interval:
    """The total count of the next `days` >= 1 days.

    Mean d m; variance d m (Poisson) + d NOISE^2 E[m^2] (days) + d^2 Var[m] (what is not known of m): the negative binomial with that mean
    and variance. With NOISE = 0 it is the exact predictive distribution.
    """
    mean = belief.mean * days
    uncertain = belief.shape / belief.rate**2
    excess = days * NOISE**2 * (belief.mean**2 + uncertain) + days**2 * uncertain
    if mean <= _SUMMED:
        return _summed(mean, mean * mean / excess)
    s = math.sqrt(mean + excess) / (3 * mean)
    low, mid, high = (mean * max(0.0, 1 - s * s + z * s) ** 3 for z in (-Z80, 0.0, Z80))
    return Interval(low, mid, high)


def _summed(mean: float, size: float) -> Interval:
    """Quantiles of the negative binomial with that mean and variance mean + mean^2 / size: the least k with P(X <= k) >= q."""
    term = math.exp(-size * math.log1p(mean / size))
    reached, k = term, 0
    points: list[float] = []
    for tail in _TAILS:
        while reached < tail:
            term *= (size + k) / (k + 1) * mean / (size + mean)
            k += 1
            reached += term
        points.append(float(k))
    return Interval(*points)
