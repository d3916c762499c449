"""A rate of a campaign to come (clicks per money, clicks per impression, conversions per click): a prior, shrunk to a project's history.

On the logarithm of the rate, with normal distributions on three levels (a random-effects model: Gelman et al., Bayesian Data Analysis,
3rd ed., section 5.4; for rates: DerSimonian and Laird, Controlled Clinical Trials 7, 1986, 177-188):

    a project's own level     m   ~ N(centre, between^2)      how projects differ from the documented mean
    a campaign's rate         r_i ~ N(m, within^2)            how campaigns of one project differ from each other
    what was seen of it       x_i ~ N(r_i, s_i^2)             s_i^2 = 1 / (count + 1/2) + NOISE^2 / days

x_i is the logarithm of (count + 1/2) / trials. `within` is itself learned: the prior's, worth _WORTH campaigns, together with the moment
estimate of the project's own. Pure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

# Standard deviation between whole days, as a share of the mean, as in zamc.optimisation.predictive_rules.
NOISE = 0.25
# Of a prior's variance, the part that is between campaigns of one project. An assumption: the published tables do not part the two.
_WITHIN_SHARE = 0.3
# How many of a project's own campaigns the prior of `within` is worth.
_WORTH = 2.5
_Z80 = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of the logarithm of a rate; standard deviations are of logarithms."""

    centre: float
    between: float
    within: float

    @property
    def spread(self) -> float:
        """Of a new campaign's rate."""
        return math.hypot(self.between, self.within)

    @property
    def rate(self) -> float:
        """The median of a new campaign's rate."""
        return math.exp(self.centre)


@dataclass(frozen=True, slots=True)
class Seen:
    """One campaign of the past: how often it happened, out of how much, on how many days."""

    count: float
    trials: float
    days: int


def prior(rate: float, spread: float) -> Belief:
    """A documented mean rate > 0, and the standard deviation of logarithms between accounts."""
    return Belief(math.log(rate), spread * math.sqrt(1 - _WITHIN_SHARE), spread * math.sqrt(_WITHIN_SHARE))


def learn(belief: Belief, campaigns: Sequence[Seen]) -> Belief:
    """The belief after a project's own campaigns. Those without trials say nothing."""
    usable = [each for each in campaigns if each.trials > 0]
    if not usable:
        return belief
    rates = [math.log((each.count + 0.5) / each.trials) for each in usable]
    noise = [1 / (each.count + 0.5) + NOISE**2 / max(1, each.days) for each in usable]
    within = _within(belief.within**2, rates, noise)
    weights = [1 / (within + own) for own in noise]
    precision = 1 / belief.between**2 + sum(weights)
    centre = (belief.centre / belief.between**2 + sum(w * x for w, x in zip(weights, rates, strict=True))) / precision
    return Belief(centre, math.sqrt(1 / precision), math.sqrt(within) * _estimated(len(usable) - 1))


def _estimated(freedom: int) -> float:
    """How much wider an 80 % interval is because `within` is estimated: a quantile of Student's t over the normal's, to first order
    (Abramowitz and Stegun 26.7.5). 1 where nothing was estimated."""
    return 1 + (_Z80**2 + 1) / (4 * (_WORTH + freedom)) if freedom else 1.0


def _within(known: float, rates: Sequence[float], noise: Sequence[float]) -> float:
    """The variance between campaigns of one project: the prior's and DerSimonian and Laird's estimate, weighed by what each is worth."""
    freedom = len(rates) - 1
    if freedom == 0:
        return known
    weights = [1 / own for own in noise]
    whole = sum(weights)
    mean = sum(w * x for w, x in zip(weights, rates, strict=True)) / whole
    surplus = sum(w * (x - mean) ** 2 for w, x in zip(weights, rates, strict=True)) - freedom
    estimate = max(0.0, surplus / (whole - sum(w * w for w in weights) / whole))
    return (_WORTH * known + freedom * estimate) / (_WORTH + freedom)
