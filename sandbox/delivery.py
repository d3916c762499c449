"""What a live campaign earns on a day. Pure, and deterministic by (seed, platform, ids, date).

A day is cut into segments at every hour and at every change of state. Within a segment everything is constant, so what
has been earned never changes afterwards, whatever is edited later: budget flows in, clicks are bought as soon as it covers
their price, each click may convert, and each conversion becomes visible after its own lag.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sandbox.economy import (
    CHANNEL_TERMS,
    CLICK_PRICE,
    HOUR_WEIGHT,
    LAG_SHARES,
    MICROS,
    UNATTRIBUTED,
    Bucket,
    Campaign,
    CampaignDay,
    Cell,
    Facts,
    Pool,
    State,
    Terms,
    day_bounds,
    delivery_factor,
    minor_unit_micros,
    rng,
    total,
)

WEIGHT_UNIT: Final = 10_000
# Clicks that lead nowhere (likes, profile visits) come with every so many that do.
CLICKS_PER_OTHER: Final = 6
# As many as one budget can buy on a day, whatever it is: there are only so many people, and each click is looked at.
MOST_CLICKS: Final = 250_000


class Conversion(NamedTuple):
    """One conversion, visible from `at` on."""

    at: datetime
    lag_days: int
    view: bool
    value_micros: int


@dataclass(slots=True)
class Tally:
    """What one cell has earned, with conversions that are still to come."""

    impressions: int = 0
    clicks: int = 0
    other_clicks: int = 0
    cost_micros: int = 0
    conversions: list[Conversion] = field(default_factory=list)

    def facts(self, now: datetime) -> Facts:
        buckets: dict[tuple[int, bool], tuple[int, int]] = {}
        for conversion in self.conversions:
            if conversion.at <= now:
                key = (conversion.lag_days, conversion.view)
                count, value = buckets.get(key, (0, 0))
                buckets[key] = (count + 1, value + conversion.value_micros)
        by_lag = tuple(Bucket(*key, *buckets[key]) for key in sorted(buckets))
        return Facts(
            impressions=self.impressions,
            clicks=self.clicks,
            other_clicks=self.other_clicks,
            cost_micros=self.cost_micros,
            conversions=sum(b.conversions for b in by_lag),
            conversion_value_micros=sum(b.value_micros for b in by_lag),
            conversions_by_lag=by_lag,
        )


Tallies = Mapping[Cell | None, Tally]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of at most one hour with constant state. `share`: of the day's trade, 0 to 1, that happens until `until`."""

    state: State
    start: datetime
    end: datetime
    until: datetime
    hour: int
    share: float

    @property
    def complete(self) -> bool:
        return self.until == self.end


@dataclass(frozen=True, slots=True)
class Prices:
    """A pool's economics on one day: click price by hour in micros, click-through and conversion rate."""

    by_hour: tuple[int, ...]
    click_rate: float
    conversion_rate: float


def deliver(campaign: Campaign, when: date, now: datetime, *, seed: int) -> CampaignDay:
    """What the campaign earned on `when` (account time), as visible at `now` (UTC)."""
    over = now >= day_bounds(when, campaign.time_zone)[1]
    tallies = _finished_day(campaign, when, seed) if over else _day(campaign, when, now, seed)
    facts = {cell: tally.facts(now) for cell, tally in tallies.items()}
    cells = {cell: value for cell, value in facts.items() if cell is not None}
    return CampaignDay(
        campaign=total(list(facts.values())),
        groups={key: total([f for c, f in cells.items() if c.group == key]) for key in sorted({c.group for c in cells})},
        ads={key: total([f for c, f in cells.items() if c.ad == key]) for key in sorted({c.ad for c in cells if c.ad is not None})},
        keywords={
            key: total([f for c, f in cells.items() if c.keyword == key])
            for key in sorted({c.keyword for c in cells if c.keyword is not None})
        },
    )


@lru_cache(maxsize=4096)
def _finished_day(campaign: Campaign, when: date, seed: int) -> Tallies:
    """A day that is over earns no more; only conversions still arrive. Nobody may change what is returned."""
    return _day(campaign, when, day_bounds(when, campaign.time_zone)[1], seed)


def _day(campaign: Campaign, when: date, now: datetime, seed: int) -> Tallies:
    tallies: dict[Cell | None, Tally] = {}
    for pool in campaign.pools:
        _earn(campaign, pool, when, now, seed=seed, tallies=tallies)
    return tallies


def share_out(amount: int, weights: Sequence[int], phase: int) -> list[int]:
    """Share `amount` out by weight: whole numbers that sum exactly, without bias when `phase` is uniform in [0, sum)."""
    whole, running, before, shares = sum(weights), 0, 0, []
    for weight in weights:
        running += weight
        edge = (amount * running + phase) // whole
        shares.append(edge - before)
        before = edge
    return shares


def _segments(pool: Pool, when: date, now: datetime, time_zone: str) -> Iterator[Segment]:
    first, last = day_bounds(when, time_zone)
    zone, hours = ZoneInfo(time_zone), []
    moment = first
    while moment < last:
        hours.append((moment, moment.astimezone(zone).hour))
        moment += timedelta(hours=1)
    weight_of_day = sum(HOUR_WEIGHT[hour] for _, hour in hours)
    for state in pool.states:
        if not state.cells or state.end <= first or state.start >= last:
            continue
        for begin, hour in hours:
            start, end = max(begin, state.start), min(begin + timedelta(hours=1), state.end, last)
            until = min(end, now)
            if start >= until:
                continue
            share = HOUR_WEIGHT[hour] / weight_of_day * ((until - start) / timedelta(hours=1))
            yield Segment(state, start, end, until, hour, share)


def _prices(campaign: Campaign, pool: Pool, when: date, daily_micros: int, seed: int) -> Prices:
    terms = CHANNEL_TERMS.get(campaign.channel, Terms())
    random_pool = rng(seed, campaign.platform, pool.id, "economics")
    low, high = CLICK_PRICE.get(campaign.currency, CLICK_PRICE["USD"])
    level = random_pool.uniform(low * 1.15, high * 0.85) * terms.price
    unit = minor_unit_micros(campaign.currency)
    random_day = rng(seed, campaign.platform, pool.id, when, "prices")
    # A budget of a few clicks still buys some: the platform bids lower for it.
    highest = max(unit, daily_micros // 8)
    by_hour = tuple(max(unit, round(min(level * random_day.uniform(0.87, 1.15) * MICROS, highest) / unit) * unit) for _ in HOUR_WEIGHT)
    click_rate = random_pool.uniform(0.03, 0.06) if campaign.platform == "google" else random_pool.uniform(0.011, 0.03)
    seen = click_rate * random_day.uniform(0.95, 1.0) * terms.click_rate
    return Prices(by_hour, seen, random_pool.uniform(0.02, 0.08) * terms.conversion_rate)


def _earn(campaign: Campaign, pool: Pool, when: date, now: datetime, *, seed: int, tallies: dict[Cell | None, Tally]) -> None:
    factor = delivery_factor(seed, campaign.platform, pool.id, when, lifetime=pool.lifetime)
    purse, extra, bought, others = 0.0, 0.0, 0, 0
    prices: dict[int, Prices] = {}
    for segment in _segments(pool, when, now, campaign.time_zone):
        daily = segment.state.daily_micros
        if daily not in prices:
            prices[daily] = _prices(campaign, pool, when, daily, seed)
        price = prices[daily].by_hour[segment.hour]
        # What the people of this hour would cost is compared as a whole number: a budget may be too large for a float.
        flow = min(daily, MOST_CLICKS * price) * factor * segment.share
        purse += flow
        extra += flow / price * (1 / prices[daily].click_rate - 1)
        clicks, unclicked = int(purse // price), math.floor(extra)
        purse -= clicks * price
        extra -= unclicked
        bought += clicks
        other = bought // CLICKS_PER_OTHER - others
        others += other

        weights = _weights(segment.state.cells, seed)
        stream = rng(seed, campaign.platform, pool.id, segment.start.isoformat())
        phase = stream.randrange(sum(weights))
        shares = [_shares(n, weights, phase, complete=segment.complete) for n in (clicks, unclicked, other)]
        cells: list[Cell | None] = [*segment.state.cells, None]
        for cell, won, seen, liked in zip(cells, *shares, strict=True):
            tally = tallies.setdefault(cell, Tally())
            tally.impressions += seen + won
            tally.clicks += won
            tally.other_clicks += liked
            tally.cost_micros += won * price
            if segment.complete and campaign.tracked:
                tally.conversions += _convert(campaign, won, prices[daily].conversion_rate, after=segment.end, stream=stream)


def _weights(cells: Sequence[Cell], seed: int) -> list[int]:
    """One weight per cell, and a last one for what nobody is credited with."""
    weights = []
    for cell in cells:
        ad = rng(seed, cell.ad or cell.group, "ad").uniform(0.6, 1.4)
        weights.append(max(1, round(WEIGHT_UNIT * ad * rng(seed, cell.keyword, "word").uniform(0.3, 1.7))))
    return [*weights, max(1, round(sum(weights) * UNATTRIBUTED / (1 - UNATTRIBUTED)))]


def _shares(amount: int, weights: Sequence[int], phase: int, *, complete: bool) -> list[int]:
    if complete:
        return share_out(amount, weights, phase)
    # The running hour credits each cell with no more than it will surely have at the end: figures never fall.
    whole = sum(weights)
    sure = [amount * weight // whole for weight in weights[:-1]]
    return [*sure, amount - sum(sure)]


def _convert(campaign: Campaign, clicks: int, rate: float, *, after: datetime, stream: random.Random) -> Iterator[Conversion]:
    unit = minor_unit_micros(campaign.currency)
    for _ in range(clicks):
        if stream.random() >= rate:
            continue
        lag = _lag(stream)
        view = campaign.platform == "meta" and lag < timedelta(days=1) and stream.random() < 0.12
        value = round(campaign.conversion_value_micros * stream.uniform(0.7, 1.3) / unit) * unit
        yield Conversion(after + lag, lag.days, view, value)


def _lag(stream: random.Random) -> timedelta:
    pick, low = stream.random(), 0.0
    for edge, share in LAG_SHARES:
        if pick < share:
            break
        pick -= share
        low = edge
    return timedelta(days=stream.uniform(low, edge))
