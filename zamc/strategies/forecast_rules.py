"""What a budget will probably buy, before there is any history, and how much traffic a test needs.

Priors: WordStream/LocaliQ, "Search Advertising Benchmarks 2024" (all industries: CTR 6.42 %, CPC 4.66 USD, CVR 6.96 %) and "Facebook Ads
Benchmarks 2024" (leads: CTR 2.53 %, CPC 1.88 USD, CVR 8.78 %; traffic: CTR 1.57 %, CPC 0.77 USD). They are means of mostly North American
accounts; for search we take a third of the CPC, because benchmark accounts bid on commercial categories and our keywords begin with
brand and long phrases. Awareness and sales on Meta, and awareness and traffic on search, are not in the reports: interpolated, and their
intervals are wider. Display: WordStream, "Google Ads Benchmarks" 2018, the last of that house with the Display Network (all industries:
CTR 0.46 %, CPC 0.63 USD, CVR 0.77 %); its awareness and traffic are interpolated. Performance Max: an ASSUMPTION, for no public table of
it is known to us: between search and display, nearer to search in conversions, with the widest intervals. `spread` is the standard
deviation of the natural logarithm between industries in those tables (0.4 to 0.9).
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist

from zamc.money import MICROS, Money
from zamc.strategies.rates import units_per_dollar
from zamc.strategies.schema import CampaignKind, Forecast, Goal, Range

_Z80 = NormalDist().inv_cdf(0.9)  # both ends of an 80 % interval


@dataclass(frozen=True)
class Prior:
    """Means of ratios (ctr: clicks per impression, cvr: conversions per click), price of a click in USD, and log spreads."""

    ctr: float
    cpc_dollars: float
    cvr: float
    ctr_spread: float = 0.40
    cpc_spread: float = 0.50
    cvr_spread: float = 0.60


_PRIORS: dict[CampaignKind, dict[Goal, Prior]] = {
    "search": {
        "awareness": Prior(0.045, 1.30, 0.020, ctr_spread=0.55, cvr_spread=0.80),
        "traffic": Prior(0.060, 1.30, 0.030, ctr_spread=0.50, cvr_spread=0.80),
        "leads": Prior(0.0642, 1.55, 0.0696),
        "sales": Prior(0.0642, 1.55, 0.035, cvr_spread=0.70),
    },
    "performance_max": {
        "awareness": Prior(0.010, 0.80, 0.015, ctr_spread=0.90, cpc_spread=0.70, cvr_spread=0.90),
        "traffic": Prior(0.015, 0.80, 0.020, ctr_spread=0.90, cpc_spread=0.70, cvr_spread=0.90),
        "leads": Prior(0.018, 1.05, 0.045, ctr_spread=0.90, cpc_spread=0.70, cvr_spread=0.90),
        "sales": Prior(0.018, 1.05, 0.025, ctr_spread=0.90, cpc_spread=0.70, cvr_spread=0.90),
    },
    "display": {
        "awareness": Prior(0.0040, 0.55, 0.0030, ctr_spread=0.60, cvr_spread=0.90),
        "traffic": Prior(0.0046, 0.60, 0.0050, ctr_spread=0.50, cvr_spread=0.90),
        "leads": Prior(0.0046, 0.63, 0.0077, cvr_spread=0.80),
        "sales": Prior(0.0046, 0.63, 0.0060, cvr_spread=0.80),
    },
    "meta": {
        "awareness": Prior(0.010, 0.90, 0.010, ctr_spread=0.55, cvr_spread=0.90),
        "traffic": Prior(0.0157, 0.77, 0.015, cvr_spread=0.90),
        "leads": Prior(0.0253, 1.88, 0.0878),
        "sales": Prior(0.0150, 1.20, 0.025, cvr_spread=0.80),
    },
}


def prior(kind: CampaignKind, goal: Goal) -> Prior:
    """The documented prior of a kind of campaign and goal."""
    return _PRIORS[kind][goal]


def forecast(kind: CampaignKind, goal: Goal, daily: Money) -> Forecast:
    """Impressions, clicks and conversions per day with 80 % intervals; log-normal errors of the factors are taken as independent."""
    known = prior(kind, goal)
    price = known.cpc_dollars * float(units_per_dollar(daily.currency))
    clicks = daily.micros / MICROS / price
    return Forecast(
        impressions=_range(clicks / known.ctr, math.hypot(known.cpc_spread, known.ctr_spread)),
        clicks=_range(clicks, known.cpc_spread),
        conversions=_range(clicks * known.cvr, math.hypot(known.cpc_spread, known.cvr_spread)),
    )


def _range(mid: float, spread: float) -> Range:
    wide = math.exp(_Z80 * spread)
    return Range(low=_rounded(mid / wide), mid=_rounded(mid), high=_rounded(mid * wide))


def _rounded(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def sample_size(base: float, lift: float, *, significance: float = 0.05, power: float = 0.8) -> int:
    """Trials per arm of a two-sided test of two proportions, base against base * (1 + lift).

    n = (z(1-a/2) sqrt(2 p (1-p)) + z(power) sqrt(p1 (1-p1) + p2 (1-p2)))^2 / (p2 - p1)^2 with p the mean of both
    (Fleiss, Levin, Paik: Statistical Methods for Rates and Proportions, 3rd ed., formula 4.14 without continuity correction).
    Raises ValueError unless 0 < base, base * (1 + lift) < 1 and lift is not 0.
    """
    first, second = base, base * (1 + lift)
    if not (0 < first < 1 and 0 < second < 1) or lift == 0:
        raise ValueError("both proportions must lie between 0 and 1 and differ")
    mean = (first + second) / 2
    normal = NormalDist()
    noise = normal.inv_cdf(1 - significance / 2) * math.sqrt(2 * mean * (1 - mean))
    signal = normal.inv_cdf(power) * math.sqrt(first * (1 - first) + second * (1 - second))
    return math.ceil((noise + signal) ** 2 / (second - first) ** 2)


def days_needed(per_arm: int, daily_traffic: Decimal, *, available: int, arms: int = 2) -> int | None:
    """Whole days until every arm has per_arm trials; None when that takes longer than the available days: too small to learn."""
    if daily_traffic <= 0:
        return None
    days = math.ceil(per_arm * arms / daily_traffic)
    return days if days <= available else None
