"""Student's t and the negative binomial without a library for them, and what many tests at once cost. Pure.

What all of an account's ads share is taken out before they are tested, so what is left of dependence between them is positive or small:
the procedure is that of Benjamini and Hochberg (Journal of the Royal Statistical Society B 57, 1995, 289-300), which holds the false
discovery rate then (Benjamini and Yekutieli, Annals of Statistics 29, 2001, theorem 1.2). Whether it does is measured:
benchmarks/verdicts.py.
"""

import math
from collections.abc import Sequence

_TINY = 1e-300


def student_tail(t: float, freedom: float) -> float:
    """P(T > t) of Student's t with that many degrees of freedom (Abramowitz and Stegun 26.7.1, through the incomplete beta function)."""
    tail = 0.5 * _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))
    return tail if t >= 0 else 1 - tail


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function by its continued fraction (Abramowitz and Stegun 26.5.8, evaluated after Lentz)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 300):
        for term in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return front * fraction


def at_most(count: float, mean: float, variation: float) -> float:
    """P(X <= count) of a count with that mean whose variance is mean + variation * mean^2: negative binomial, Poisson for 0."""
    if mean <= 0:
        return 1.0
    size = 1 / max(variation, 1e-6)
    logs = -size * math.log1p(mean / size)
    total = math.exp(logs)
    for k in range(int(count)):
        logs += math.log((size + k) / (k + 1)) + math.log(mean / (size + mean))
        total += math.exp(logs)
    return min(max(total, _TINY), 1.0)


def discoveries(p_values: Sequence[float], level: float) -> list[bool]:
    """Which of these hypotheses are rejected at that false discovery rate."""
    m = len(p_values)
    order = sorted(range(m), key=lambda n: p_values[n])
    last = max((rank for rank, n in enumerate(order, 1) if p_values[n] <= level * rank / m), default=0)
    found = [False] * m
    for n in order[:last]:
        found[n] = True
    return found
