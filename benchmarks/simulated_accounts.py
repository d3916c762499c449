"""Simulated ad accounts with planted faults. Written, sizes included, before the verdicts that it tests, and knows nothing of them.

Not everything that moves is a fault: accounts have weekdays, trends, shocks that all campaigns share, waves of demand, announced budget
changes, days of weak delivery, and over-dispersed counts with heavy tails. One fault is planted in most of the accounts.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from benchmarks.simulated_lags import Counts, Floats, LagKind, draw_kind, spread

WARM_UP_DAYS = 60
TEST_DAYS = 28
DAYS = WARM_UP_DAYS + TEST_DAYS


class Plant(StrEnum):
    """What can be planted."""

    TRACKING_ACCOUNT = "tracking stopped, whole account"
    TRACKING_CAMPAIGN = "tracking stopped, one campaign"
    CPA = "cost per conversion up"
    CTR = "click-through down, one ad"
    SPEND_UP = "spend up"
    SPEND_DOWN = "spend down"
    FATIGUE = "creative fatigue"


# The sizes of the planted faults, fixed before any rule was written: what the figure is multiplied by.
SIZES = {
    Plant.TRACKING_ACCOUNT: 0.0,
    Plant.TRACKING_CAMPAIGN: 0.0,
    Plant.CPA: 0.3,  # conversion rate: a conversion costs 3.3 times as much
    Plant.CTR: 0.5,
    Plant.SPEND_UP: 2.5,
    Plant.SPEND_DOWN: 0.1,
    Plant.FATIGUE: 0.55,  # click-through, reached in equal daily steps over FATIGUE_DAYS
}
FATIGUE_DAYS = 12
# Where a fault can be planted: the least that the object has on a usual day. Also fixed beforehand.
FLOORS = {
    Plant.TRACKING_ACCOUNT: 25.0,  # conversions
    Plant.TRACKING_CAMPAIGN: 25.0,
    Plant.CPA: 60.0,
    Plant.CTR: 250.0,  # clicks of the ad
    Plant.FATIGUE: 250.0,
}


@dataclass(frozen=True)
class Fault:
    """A planted fault. onset: first day that it touches. due: the day from which its whole size is there."""

    kind: Plant
    campaign: int | None
    ad: int | None
    onset: int
    due: int


@dataclass(frozen=True)
class Account:
    """One account. Arrays are by campaign and day; those of ads by ad and day, `owner` says whose an ad is.

    increments: conversions by campaign, click day and the age at which they first show. announced: days on which ZAMC itself changed the
    budget of a campaign.
    """

    name: str
    platform: str
    first_weekday: int
    lags: LagKind
    owner: Counts
    ad_impressions: Counts
    ad_clicks: Counts
    spend: Floats
    increments: Counts
    announced: dict[int, list[int]] = field(default_factory=dict)
    fault: Fault | None = None

    @property
    def campaigns(self) -> int:
        return len(self.spend)

    def known(self, on: int) -> Counts:
        """Conversions by campaign and day as a reading in the morning of day `on` shows them; days from `on` on are zero."""
        campaigns, days, _ = self.increments.shape
        out = np.zeros((campaigns, days), dtype=np.int64)
        for day in range(min(on, days)):
            out[:, day] = self.increments[:, day, : on - day + 1].sum(axis=1)
        return out


def simulate(seed: int, *, days: int = DAYS, planted: bool = True, scale: float = 1.0) -> Account:
    """One account, drawn by its seed. scale multiplies its traffic."""
    rng = np.random.default_rng(seed)
    platform = "google_ads" if rng.random() < 0.55 else "meta_ads"
    campaigns = int(rng.choice([1, 2, 3, 4, 5, 6, 8, 10], p=[0.06, 0.1, 0.16, 0.18, 0.18, 0.14, 0.1, 0.08]))
    first_weekday = int(rng.integers(7))
    ads_of = rng.integers(2, 6, campaigns)
    owner = np.repeat(np.arange(campaigns), ads_of)
    click_rate = (rng.uniform(0.03, 0.06, campaigns) if platform == "google_ads" else rng.uniform(0.009, 0.025, campaigns))[owner]
    click_rate = click_rate * np.exp(rng.normal(0, 0.2, len(owner)))
    clicks_level = np.exp(rng.normal(np.log(1400), 0.9, campaigns)) * scale
    rate = np.exp(rng.normal(np.log(0.035), 0.5, campaigns))
    volume, demand_rate = _weather(rng, campaigns, days, first_weekday)
    announced = _announced(rng, campaigns, days, volume)
    fault = _plant(rng, clicks=clicks_level, rate=rate, ads_of=ads_of, owner=owner, days=days) if planted else None
    weight = np.concatenate([rng.dirichlet(np.full(n, 3.0)) for n in ads_of])
    ctr = click_rate[:, None] * _noise(rng, (len(owner), days), rng.uniform(0.03, 0.09), 0.25)
    ctr *= np.linspace(1, rng.uniform(0.9, 1.02, len(owner)), days).T
    volume, ctr, effect = _struck(fault, volume, ctr)
    # What is planted changes clicks through the rate of clicks, so impressions follow from the level before it.
    usual = (clicks_level[:, None] * volume)[owner] * weight[:, None] / click_rate[:, None]
    impressions = rng.poisson(usual * _noise(rng, usual.shape, 0.08, 0.3))
    ad_clicks = rng.poisson(np.minimum(impressions * ctr, impressions))
    clicks = np.stack([ad_clicks[owner == c].sum(axis=0) for c in range(campaigns)])
    price = np.exp(rng.normal(np.log(0.8), 0.4, campaigns))
    spend = price[:, None] * (clicks_level[:, None] * volume) * _noise(rng, volume.shape, rng.uniform(0.05, 0.12), 0.3)
    tau = rng.uniform(0.06, 0.16, campaigns)[:, None]
    mean = clicks * rate[:, None] * demand_rate * _noise(rng, volume.shape, tau, 0.2) * effect
    outage = rng.random(volume.shape) < rng.choice([0.0, 0.0, 0.004])
    totals = rng.poisson(np.where(outage, 0.5, 1.0) * mean)
    lags = draw_kind(rng, platform=platform)
    increments = spread(rng, lags, totals, first_weekday=first_weekday)
    return Account(f"simulated-{seed}", platform, first_weekday, lags, owner, impressions, ad_clicks, spend, increments, announced, fault)


def _noise(rng: np.random.Generator, shape: tuple[int, ...], size: "float | Floats", memory: float) -> Floats:
    """Factors around 1 with heavy tails and a memory from day to day."""
    steps = rng.standard_t(5, shape) / (5 / 3) ** 0.5
    out = np.empty(shape)
    out[..., 0] = steps[..., 0]
    for day in range(1, shape[-1]):
        out[..., day] = memory * out[..., day - 1] + (1 - memory**2) ** 0.5 * steps[..., day]
    return np.exp(np.clip(np.asarray(size) * out, -1.5, 1.5))


def _weather(rng: np.random.Generator, campaigns: int, days: int, first_weekday: int) -> tuple[Floats, Floats]:
    """What nobody is to blame for: volume[campaign, day] and a factor on the conversion rate[campaign, day]."""
    weekday = (first_weekday + np.arange(days)) % 7
    week = np.exp(rng.normal(0, 0.12, 7))
    rate_week = np.exp(rng.normal(0, 0.08, 7))
    trend = np.exp(np.linspace(0, rng.normal(0, 0.25), days))
    common = _noise(rng, (days,), rng.uniform(0.03, 0.1), 0.6)
    own_week = np.exp(rng.normal(0, 0.04, (campaigns, 7)))
    volume = week[weekday] * trend * common * own_week[:, weekday] * _noise(rng, (campaigns, days), rng.uniform(0.05, 0.11), 0.4)
    rate = np.tile(rate_week[weekday] * _noise(rng, (days,), rng.uniform(0.02, 0.07), 0.5), (campaigns, 1))
    for _ in range(rng.poisson(0.9)):
        start, length = int(rng.integers(20, days)), int(rng.integers(3, 9))
        volume[:, start : start + length] *= rng.choice([rng.uniform(1.25, 1.8), rng.uniform(0.6, 0.8)])
        rate[:, start : start + length] *= rng.uniform(0.8, 1.35)
    weak = rng.random((campaigns, days)) < 0.006
    return volume * np.where(weak, rng.uniform(0.55, 0.8, (campaigns, days)), 1.0), rate


def _announced(rng: np.random.Generator, campaigns: int, days: int, volume: Floats) -> dict[int, list[int]]:
    changes: dict[int, list[int]] = {}
    for campaign in range(campaigns):
        if rng.random() < 0.3:
            day = int(rng.integers(15, days - 1))
            volume[campaign, day:] *= rng.choice([rng.uniform(0.5, 0.8), rng.uniform(1.25, 2.0)])
            changes[campaign] = [day]
    return changes


def _plant(rng: np.random.Generator, *, clicks: Floats, rate: Floats, ads_of: Counts, owner: Counts, days: int) -> Fault | None:
    """At most one fault, of a kind for which the account has an object that is large enough."""
    if rng.random() > 0.85:
        return None
    per_ad = clicks[owner] / ads_of[owner]
    fits: dict[Plant, list[tuple[int | None, int | None]]] = {
        Plant.TRACKING_ACCOUNT: [(None, None)] if (clicks * rate).sum() >= FLOORS[Plant.TRACKING_ACCOUNT] and len(clicks) > 1 else [],
        Plant.SPEND_UP: [(c, None) for c in range(len(clicks))],
        Plant.SPEND_DOWN: [(c, None) for c in range(len(clicks))],
        **{k: [(c, None) for c in np.nonzero(clicks * rate >= FLOORS[k])[0].tolist()] for k in (Plant.TRACKING_CAMPAIGN, Plant.CPA)},
        **{k: [(int(owner[a]), a) for a in np.nonzero(per_ad >= FLOORS[k])[0].tolist()] for k in (Plant.CTR, Plant.FATIGUE)},
    }
    kinds = [kind for kind in Plant if fits[kind]]
    kind = kinds[int(rng.integers(len(kinds)))]
    campaign, ad = fits[kind][int(rng.integers(len(fits[kind])))]
    onset = int(rng.integers(days - TEST_DAYS + 1, days - 3))
    due = onset
    if kind is Plant.FATIGUE:
        onset = int(rng.integers(days - TEST_DAYS - 4, days - 3 - FATIGUE_DAYS))
        due = onset + FATIGUE_DAYS - 1
    return Fault(kind, campaign, ad, onset, due)


def _struck(fault: Fault | None, volume: Floats, ctr: Floats) -> tuple[Floats, Floats, Floats]:
    """volume, click-through by ad, and the factor on conversions, with the fault in them."""
    effect = np.ones_like(volume)
    if fault is None:
        return volume, ctr, effect
    size, days = SIZES[fault.kind], slice(fault.onset, None)
    if fault.kind is Plant.TRACKING_ACCOUNT:
        effect[:, days] *= size
    elif fault.kind in (Plant.TRACKING_CAMPAIGN, Plant.CPA):
        effect[fault.campaign, days] *= size
    elif fault.kind in (Plant.SPEND_UP, Plant.SPEND_DOWN):
        volume[fault.campaign, days] *= size
    elif fault.kind is Plant.CTR:
        ctr[fault.ad, days] *= size
    else:
        steps = np.clip((np.arange(ctr.shape[1]) - fault.onset + 1) / FATIGUE_DAYS, 0, 1)
        ctr[fault.ad] *= 1 - (1 - size) * steps
    return volume, ctr, effect
