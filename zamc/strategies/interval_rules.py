"""80 % intervals of what a campaign, or several together, will bring in a number of days. Pure.

A mean that is only known up to a log-normal factor, and counts that scatter around it like Poisson's: their mixture is summed over 64
equally likely values of the factor. Of a count, the interval is the narrowest of whole numbers around the equal-tailed one that still
holds 80 %. Sums of log-normal parts are taken as log-normal with the same mean and variance (Fenton, IRE Transactions on Communications
Systems 8, 1960, 57-67).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

Z80 = NormalDist().inv_cdf(0.9)  # both ends of an 80 % interval
_SHARE = 0.8
_POINTS = 64
_FACTORS = tuple(NormalDist().inv_cdf((index + 0.5) / _POINTS) for index in range(_POINTS))
# Above, the scatter of single events is added to the spread of logarithms: it differs by less than half of one event.
_SUMMED = 300.0


@dataclass(frozen=True, slots=True)
class Amount:
    """A log-normal quantity: its median > 0 and the standard deviation of its logarithm."""

    mid: float
    spread: float


@dataclass(frozen=True, slots=True)
class Interval:
    """The ends of an 80 % interval and the median within."""

    low: float
    mid: float
    high: float


def total(parts: Sequence[Amount]) -> Amount:
    """The sum of independent amounts."""
    means = [part.mid * math.exp(part.spread**2 / 2) for part in parts]
    variance = sum(mean**2 * math.expm1(part.spread**2) for mean, part in zip(means, parts, strict=True))
    mean = sum(means)
    spread = math.sqrt(math.log1p(variance / mean**2))
    return Amount(mean / math.exp(spread**2 / 2), spread)


def of_amount(amount: Amount) -> Interval:
    """Of a quantity that does not come in pieces, such as a mean per day."""
    wide = math.exp(Z80 * amount.spread)
    return Interval(amount.mid / wide, amount.mid, amount.mid * wide)


def of_count(amount: Amount) -> Interval:
    """Of a whole number whose mean is `amount`."""
    if amount.mid > _SUMMED:
        return of_amount(Amount(amount.mid, math.hypot(amount.spread, 1 / math.sqrt(amount.mid))))
    chances = _mixture(amount)
    low, mid, high = (_least(chances, share) for share in ((1 - _SHARE) / 2, 0.5, (1 + _SHARE) / 2))
    held = sum(chances[low : high + 1])
    while low < high:
        # The median stays inside.
        ends = ((chances[low], 1, 0), (chances[high], 0, 1))
        chance, up, down = min(end for end in ends if low + end[1] <= mid <= high - end[2])
        if held - chance < _SHARE:
            break
        held, low, high = held - chance, low + up, high - down
    return Interval(float(low), float(mid), float(high))


def _mixture(amount: Amount) -> list[float]:
    """The chances of 0, 1, 2 ... until nearly all are told."""
    means = [amount.mid * math.exp(amount.spread * factor) for factor in _FACTORS]
    terms = [math.exp(-mean) for mean in means]
    chances = [sum(terms) / _POINTS]
    told = chances[0]
    while told < (1 + _SHARE) / 2 + 0.05:
        number = len(chances)
        terms = [_next(term, mean, number) for term, mean in zip(terms, means, strict=True)]
        chances.append(sum(terms) / _POINTS)
        told += chances[-1]
    return chances


def _next(term: float, mean: float, number: int) -> float:
    """The Poisson chance of `number` from that of the number before; afresh where that was too small to be told."""
    if term > 0:
        return term * mean / number
    return math.exp(number * math.log(mean) - mean - math.lgamma(number + 1))


def _least(chances: Sequence[float], share: float) -> int:
    told = 0.0
    for number, chance in enumerate(chances):
        told += chance
        if told >= share:
            return number
    return len(chances) - 1
