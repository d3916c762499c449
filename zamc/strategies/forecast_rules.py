"""What a budget will probably buy, from documented means and a project's own campaigns, and how much traffic a test needs.

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
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist

from zamc.money import MICROS, Money
from zamc.strategies import rate_rules as rates
from zamc.strategies.industry_rules import KNOWN_SPREAD, factors
from zamc.strategies.interval_rules import Amount, Interval, of_amount, of_count, total
from zamc.strategies.rates import units_per_dollar
from zamc.strategies.schema import CampaignKind, Forecast, Goal, Industry, Outlook, Range, Ratio


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


@dataclass(frozen=True)
class Own:
    """One past campaign of the project, of the same goal and currency: what it brought, what it cost in units of the currency, its days."""

    kind: CampaignKind
    impressions: int
    clicks: int
    conversions: float
    cost: float
    days: int


@dataclass(frozen=True)
class Context:
    """What a forecast rests on beside kind, goal and budget. conversion_value: in units of the currency, None without one."""

    industry: Industry = "general"
    history: tuple[Own, ...] = ()
    conversion_value: float | None = None

    def of(self, kind: CampaignKind) -> tuple[Own, ...]:
        return tuple(each for each in self.history if each.kind == kind)


@dataclass(frozen=True)
class Beliefs:
    """What is believed of a campaign: clicks per unit of money, clicks per impression, conversions per click."""

    clicks_per_unit: rates.Belief
    ctr: rates.Belief
    cvr: rates.Belief

    def log_return(self, goal: Goal) -> float:
        """The logarithm of what a unit of money brings of what the goal wants: impressions, clicks or conversions."""
        if goal == "awareness":
            return self.clicks_per_unit.centre - self.ctr.centre
        return self.clicks_per_unit.centre + (self.cvr.centre if goal in ("leads", "sales") else 0.0)


def beliefs(kind: CampaignKind, goal: Goal, currency: str, context: Context, *, learnt: bool = True) -> Beliefs:
    """The prior of platform, goal and industry, shrunk to the project's own campaigns of that kind (unless `learnt` is false)."""
    known, differs = prior(kind, goal), factors(context.industry, kind)
    price = known.cpc_dollars * differs.cpc * float(units_per_dollar(currency))
    own = context.of(kind) if learnt else ()
    return Beliefs(
        rates.learn(
            rates.prior(1 / price, known.cpc_spread * (KNOWN_SPREAD if differs.cpc_known else 1)),
            [rates.Seen(each.clicks, each.cost, each.days) for each in own],
        ),
        rates.learn(
            rates.prior(known.ctr * differs.ctr, known.ctr_spread * (KNOWN_SPREAD if differs.ctr_known else 1)),
            [rates.Seen(each.clicks, each.impressions, each.days) for each in own],
        ),
        rates.learn(
            rates.prior(known.cvr * differs.cvr, known.cvr_spread * (KNOWN_SPREAD if differs.cvr_known else 1)),
            [rates.Seen(each.conversions, each.clicks, each.days) for each in own],
        ),
    )


def amounts(believed: Beliefs, cost: float, *, days: int | None = None) -> tuple[Amount, Amount, Amount]:
    """Impressions, clicks and conversions that `cost` units of money buy. days: over how many, whose weather adds to the spread of totals.

    Errors of the factors are taken as independent.
    """
    weather = rates.NOISE / math.sqrt(days) if days else 0.0
    price, ctr, cvr = (each.spread for each in (believed.clicks_per_unit, believed.ctr, believed.cvr))
    clicks = cost * believed.clicks_per_unit.rate
    return (
        Amount(clicks / believed.ctr.rate, math.hypot(price, ctr, weather)),
        Amount(clicks, math.hypot(price, weather)),
        Amount(clicks * believed.cvr.rate, math.hypot(price, cvr, weather)),
    )


def forecast(kind: CampaignKind, goal: Goal, daily: Money, context: Context | None = None) -> Forecast:
    """Impressions, clicks and conversions per day (means over the flight), CPA and ROAS, with 80 % intervals."""
    context = context or Context()
    cost = daily.micros / MICROS
    impressions, clicks, conversions = map(of_amount, amounts(beliefs(kind, goal, daily.currency, context), cost))
    return Forecast(
        impressions=_range(impressions),
        clicks=_range(clicks),
        conversions=_range(conversions),
        cpa=price_of(conversions, cost),
        roas=value_of(conversions, cost, context.conversion_value),
        campaigns=len(context.of(kind)),
    )


def outlook(channels: Sequence[tuple[CampaignKind, Money]], goal: Goal, context: Context, *, days: int) -> Outlook:
    """What all campaigns (kind and daily budget) bring together in `days`."""
    found = [amounts(beliefs(kind, goal, daily.currency, context), daily.micros / MICROS * days, days=days) for kind, daily in channels]
    impressions, clicks, conversions = (of_count(total(parts)) for parts in zip(*found, strict=True))
    micros = sum(daily.micros for _, daily in channels) * days
    return Outlook(
        days=days,
        spend_micros=micros,
        impressions=_range(impressions),
        clicks=_range(clicks),
        conversions=_range(conversions),
        cpa=price_of(conversions, micros / MICROS, whole=True),
        roas=value_of(conversions, micros / MICROS, context.conversion_value),
    )


def price_of(bought: Interval, cost: float, *, whole: bool = False) -> Ratio | None:
    """What one of them costs; None where not even the middle of the interval has one.

    whole: they are counted, so that half of one is allowed for at each end: a budget is never spent to the cent, and an end that just
    fits would be missed by that alone.
    """
    if bought.mid <= 0:
        return None
    half = 0.5 if whole else 0.0
    low, mid = cost / (bought.high + half), cost / bought.mid
    return Ratio(low=_rounded(low), mid=_rounded(mid), high=_rounded(cost / (bought.low - half)) if bought.low > half else None)


def value_of(conversions: Interval, cost: float, value: float | None) -> Ratio | None:
    """Return on ad spend: value over cost; None where a conversion has no value."""
    if value is None:
        return None
    low, mid, high = (_rounded(value * count / cost) for count in (conversions.low, conversions.mid, conversions.high))
    return Ratio(low=low, mid=mid, high=high)


def _range(interval: Interval) -> Range:
    return Range(low=_rounded(interval.low), mid=_rounded(interval.mid), high=_rounded(interval.high))


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
