"""The values of the simulated market: what a campaign is to it, what a day earns, and what clicks cost."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

MICROS: Final = 1_000_000

# Price of a click in whole units of currency, and the default value of a conversion.
CLICK_PRICE: Final[Mapping[str, tuple[float, float]]] = {
    "EUR": (0.40, 1.20), "USD": (0.50, 1.50), "GBP": (0.35, 1.05), "CHF": (0.45, 1.30), "JPY": (60, 150),
    "CAD": (0.60, 1.80), "AUD": (0.60, 1.90), "PLN": (1.20, 3.50), "SEK": (4.0, 12.0), "INR": (8, 30),
    "BRL": (0.8, 3.0), "MXN": (4, 15), "KRW": (300, 1200), "HUF": (70, 260), "JOD": (0.15, 0.60), "KWD": (0.08, 0.30), "BHD": (0.10, 0.35),
}  # fmt: skip
DECIMALS: Final[Mapping[str, int]] = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "JOD": 3, "KWD": 3, "BHD": 3}

# Share of impressions, clicks, cost and conversions that no ad, group or keyword is credited with.
UNATTRIBUTED: Final = 0.03
# Highest share of the daily budget spent on one day: Google bills up to 2x, Meta up to 1.75x.
OVERDELIVERY: Final[Mapping[str, float]] = {"google": 2.0, "meta": 1.75}
# Mean over the period in which the platform evens spend out (Google a month of 30.4 budgets, Meta a week of 7).
MEAN_DELIVERY: Final[Mapping[str, float]] = {"google": 0.98, "meta": 0.995}

HOUR_WEIGHT: Final = (2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 8, 9, 9, 7, 4)
# Upper edge in days of the conversion lag, and its share.
LAG_SHARES: Final = ((0.05, 0.35), (1.0, 0.30), (3.0, 0.17), (7.0, 0.10), (14.0, 0.05), (28.0, 0.03))


class Bucket(NamedTuple):
    """Conversions that came between `lag_days` and `lag_days` + 1 days after the click (or after the view)."""

    lag_days: int
    view: bool
    conversions: int
    value_micros: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What was earned, as far as it is visible. Conversions of all lags and of both clicks and views.

    `clicks` lead to the landing page; `other_clicks` (likes, profile visits) cost nothing and are shown by Meta only.
    """

    impressions: int = 0
    clicks: int = 0
    other_clicks: int = 0
    cost_micros: int = 0
    conversions: int = 0
    conversion_value_micros: int = 0
    conversions_by_lag: tuple[Bucket, ...] = ()

    def __add__(self, other: "Facts") -> "Facts":
        return total((self, other))

    def within(self, *, click_days: int = 0, view_days: int = 0) -> tuple[int, int]:
        """Conversions and their value in micros inside an attribution window."""
        hits = [b for b in self.conversions_by_lag if b.lag_days < (view_days if b.view else click_days)]
        return sum(b.conversions for b in hits), sum(b.value_micros for b in hits)


def total(parts: Sequence[Facts]) -> Facts:
    """The exact sum."""
    buckets: dict[tuple[int, bool], tuple[int, int]] = {}
    for bucket in (b for part in parts for b in part.conversions_by_lag):
        count, value = buckets.get(bucket[:2], (0, 0))
        buckets[bucket[:2]] = (count + bucket.conversions, value + bucket.value_micros)
    return Facts(
        impressions=sum(p.impressions for p in parts),
        clicks=sum(p.clicks for p in parts),
        other_clicks=sum(p.other_clicks for p in parts),
        cost_micros=sum(p.cost_micros for p in parts),
        conversions=sum(p.conversions for p in parts),
        conversion_value_micros=sum(p.conversion_value_micros for p in parts),
        conversions_by_lag=tuple(Bucket(*key, *buckets[key]) for key in sorted(buckets)),
    )


@dataclass(frozen=True)
class CampaignDay:
    """One campaign on one day of its account. `campaign` is the sum of `groups` and of what nobody is credited with."""

    campaign: Facts = field(default_factory=Facts)
    groups: Mapping[str, Facts] = field(default_factory=dict)
    ads: Mapping[str, Facts] = field(default_factory=dict)
    keywords: Mapping[str, Facts] = field(default_factory=dict)


class Cell(NamedTuple):
    """The finest grain: one ad of one group, reached by one keyword. None where there is none: an asset group has no ads."""

    group: str
    ad: str | None
    keyword: str | None


@dataclass(frozen=True, slots=True)
class State:
    """What was live in one budget pool from `start` (UTC) until `end`, with a daily budget in micros."""

    start: datetime
    end: datetime
    daily_micros: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """Whatever shares one budget: a campaign, or one ad set. States are in order and do not overlap."""

    id: str
    states: tuple[State, ...]
    lifetime: bool = False


@dataclass(frozen=True, slots=True)
class Campaign:
    """All that the market must know of a campaign."""

    platform: str
    account: str
    id: str
    currency: str
    time_zone: str
    pools: tuple[Pool, ...]
    conversion_value_micros: int = 0
    tracked: bool = True
    channel: str = ""


class Terms(NamedTuple):
    """How a channel differs from its platform's usual: factors on the price of a click, click-through and conversion rate."""

    price: float = 1.0
    click_rate: float = 1.0
    conversion_rate: float = 1.0


CHANNEL_TERMS: Final[Mapping[str, Terms]] = {"DISPLAY": Terms(0.55, 0.14, 0.35), "PERFORMANCE_MAX": Terms(0.8, 0.35, 0.85)}


# In these Meta counts budgets in whole units, in all others in hundredths, whatever ISO 4217 says of their coins
# (developers.facebook.com/docs/marketing-api/currencies).
META_WHOLE: Final = frozenset("CLP COP CRC HUF IDR ISK JPY KRW PYG TWD VND".split())


def meta_unit_micros(currency: str) -> int:
    return MICROS if currency in META_WHOLE else MICROS // 100


def minor_unit_micros(currency: str) -> int:
    return int(MICROS // 10 ** DECIMALS.get(currency, 2))


def rng(*parts: object) -> random.Random:
    """A random stream that depends on nothing but its name."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return random.Random(int.from_bytes(digest))  # noqa: S311 -- a simulation, not a secret


def day_bounds(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """The account's day as two moments in UTC; 23 to 25 hours apart."""
    zone, utc = ZoneInfo(time_zone), ZoneInfo("UTC")
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    return start.astimezone(utc), datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(utc)


@lru_cache(maxsize=4096)
def delivery_factor(seed: int, platform: str, pool: str, day: date, *, lifetime: bool) -> float:
    """Share of the daily budget that flows on that day; evens out over the month (Google) or the week (Meta)."""
    if lifetime:
        return MEAN_DELIVERY[platform]
    if platform == "google":
        first = day.replace(day=1)
        days = [first + timedelta(days=n) for n in range(((first + timedelta(days=31)).replace(day=1) - first).days)]
    else:
        # Meta's week begins on Sunday.
        first = day - timedelta(days=(day.weekday() + 1) % 7)
        days = [first + timedelta(days=n) for n in range(7)]
    raw = [rng(seed, platform, pool, d, "factor").uniform(0.75, 1.25) * (0.92 if d.weekday() >= 5 else 1.0) for d in days]
    return min(raw[days.index(day)] * MEAN_DELIVERY[platform] * len(raw) / sum(raw), OVERDELIVERY[platform] * 0.99)
