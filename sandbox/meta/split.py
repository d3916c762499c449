"""Breakdowns: the same facts by age, gender, country or placement, in whole numbers that sum exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from sandbox.delivery import share_out
from sandbox.economy import rng
from sandbox.market import Bucket, Facts

VALUES: Final = {
    "age": {"18-24": 18, "25-34": 30, "35-44": 22, "45-54": 15, "55-64": 9, "65+": 6},
    "gender": {"female": 52, "male": 45, "unknown": 3},
    "country": {"DE": 30, "FR": 25, "ES": 20, "NL": 15, "PL": 10},
    "publisher_platform": {"facebook": 55, "instagram": 38, "audience_network": 5, "messenger": 2},
    "impression_device": {"iphone": 40, "android_smartphone": 42, "desktop": 18},
    "device_platform": {"mobile_app": 78, "mobile_web": 7, "desktop": 15},
}


@dataclass(frozen=True)
class Share:
    """One row of a breakdown and its weight."""

    values: tuple[tuple[str, str], ...]
    weight: int


def shares(breakdowns: Sequence[str], key: str) -> list[Share]:
    """Every combination of values, weighted a little differently for each object."""
    found = []
    for combination in product(*(VALUES[b].items() for b in breakdowns)):
        values = tuple(zip(breakdowns, (v for v, _ in combination), strict=True))
        weight = 1.0
        for _, share in combination:
            weight *= share
        found.append(Share(values, max(1, round(weight * rng(key, values).uniform(0.8, 1.2)))))
    return found


def facts(whole: Facts, parts: Sequence[Share], *, unit_micros: int) -> list[Facts]:
    """`whole` shared out over the rows; money in whole minor units of `unit_micros`."""
    weights = [p.weight for p in parts]
    half = sum(weights) // 2
    columns = {name: share_out(getattr(whole, name), weights, half) for name in ("impressions", "clicks", "other_clicks")}
    columns["cost_micros"] = [n * unit_micros for n in share_out(whole.cost_micros // unit_micros, weights, half)]
    counts = [share_out(b.conversions, weights, half) for b in whole.conversions_by_lag]
    # Each part's value in whole minor units too, as amounts are shown: rounded parts would add up to more than the whole.
    values = [
        share_out(b.value_micros // unit_micros, given, b.conversions // 2)
        for b, given in zip(whole.conversions_by_lag, counts, strict=True)
    ]
    out = []
    for n in range(len(parts)):
        buckets = tuple(
            Bucket(b.lag_days, b.view, counts[k][n], values[k][n] * unit_micros)
            for k, b in enumerate(whole.conversions_by_lag)
            if counts[k][n]
        )
        out.append(
            Facts(
                **{name: column[n] for name, column in columns.items()},
                conversions=sum(b.conversions for b in buckets),
                conversion_value_micros=sum(b.value_micros for b in buckets),
                conversions_by_lag=buckets,
            )
        )
    return out
