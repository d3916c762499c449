"""What a day should have brought, and how far from that it is: weekdays, slow drift and the account's weather taken out. Pure.

The expectation of a day is its exposure (impressions, spend ...) times the object's rate of the weeks before, with exponentially falling
weights, times the account's factor of the weekday, times what the day did to the account's other objects alike (their median). The last two
days never teach their own expectation. Counts are compared as 2 sqrt(count + 3/8) (Anscombe, Biometrika 35, 1948, 246-254), whose
variance is near 1 for Poisson counts whatever their mean; how much larger it is in truth is learned from the object's own past days, as
they were expected by the same rule.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_HALF_LIFE_DAYS = 8.0
_PRIOR_WEEKDAY_DAYS = 1.5
OTHERS = 2  # fewer objects beside one's own do not show the weather
_CLIP = 4.0  # robust standard deviations at which a past day stops widening the scale
WINDOWS = (1, 2)  # days that are judged together: the last one, and the last two
LAST, BOTH = 0, 1  # their columns
HISTORY_DAYS = 14  # of an object, before it is judged
_PRIOR_EARLY = 40.0  # conversions that weigh as much as the account's curve when an object's own lags are learned


@dataclass(frozen=True, slots=True)
class Early:
    """Conversions by object and day as readings one and two days later showed them (NaN where there was none), and by day which share of
    the day's conversions that is. Recent days are compared with these: with what past days had shown when they were as young."""

    one: Floats
    two: Floats
    share_one: Floats
    share_two: Floats


@dataclass(frozen=True, slots=True)
class Expected:
    """By object: for each window (1 and 2 days) what was seen and expected, the distance in standard deviations, and the scale.

    history: days that an object was expected from. freedom: degrees of freedom of the scale. variation: variance of counts beyond Poisson,
    relative to the square of the mean. weather[day]: factor of the account's other objects, 1 where there are too few.
    """

    seen: Floats
    mean: Floats
    distance: Floats
    variation: Floats
    history: Ints
    freedom: Floats
    weather: Floats

    def ratio(self) -> Floats:
        """Seen over expected, by object and window."""
        ratio: Floats = (self.seen + 0.5) / (self.mean + 0.5)
        return ratio


def weekday_factors(counts: Floats, exposure: Floats, weekdays: Ints, usable: Bools) -> Floats:
    """The account's factor of each weekday on a rate (Monday first), pooled over objects and shrunk towards 1."""
    used = np.where(usable, exposure, 0.0)
    rate = np.where(usable, counts, 0.0).sum(axis=1) / np.maximum(used.sum(axis=1), 1e-9)
    due = (used * rate[:, None]).sum(axis=0)
    came = np.where(usable, counts, 0.0).sum(axis=0)
    days = due > 0
    if not days.any():
        return np.ones(7)
    ratio = np.ones_like(due)
    ratio[days] = came[days] / due[days]
    factors = np.ones(7)
    for day in range(7):
        own = ratio[days & (weekdays == day)]
        if len(own):
            # A median, so that one bad day is not a weekday.
            factors[day] = (np.median(own) * len(own) + _PRIOR_WEEKDAY_DAYS) / (len(own) + _PRIOR_WEEKDAY_DAYS)
    return np.maximum(factors, 0.05)


def rates(counts: Floats, exposure: Floats, teaches: Bools) -> tuple[Floats, Ints]:
    """By object and day, the rate that the days up to two days before teach, and how many days that were (with any exposure)."""
    objects, days = counts.shape
    decay = 0.5 ** (1 / _HALF_LIFE_DAYS)
    rate, known = np.full((objects, days), np.nan), np.zeros((objects, days), dtype=np.int64)
    came, due, taught = np.zeros(objects), np.zeros(objects), np.zeros(objects, dtype=np.int64)
    for day in range(2, days):
        learn = teaches[:, day - 2] & (exposure[:, day - 2] > 0)
        came = np.where(learn, decay * came + counts[:, day - 2], came)
        due = np.where(learn, decay * due + exposure[:, day - 2], due)
        taught = taught + learn
        rate[:, day] = np.where(due > 0, came / np.maximum(due, 1e-12), np.nan)
        known[:, day] = taught
    return rate, known


def weather(logs: Floats) -> Floats:
    """By object and day, the median of the other objects' logarithms; 0 where fewer than two others tell.

    Of the two in the middle of an even number the one nearer to 0 counts, and 0 when they disagree: one fault is nobody's weather.
    """
    finite = np.isfinite(logs)
    ordered = np.sort(np.where(finite, logs, np.inf), axis=0)
    rank = np.where(finite, np.argsort(np.argsort(np.where(finite, logs, np.inf), axis=0), axis=0), len(logs))
    others = finite.sum(axis=0)[None, :] - finite
    middle = [np.clip(at + (at >= rank), 0, len(logs) - 1) for at in ((others - 1) // 2, others // 2)]
    low, high = (np.take_along_axis(ordered, at, axis=0) for at in middle)
    known = (others >= OTHERS) & np.isfinite(low) & np.isfinite(high)
    agreed = np.where(np.sign(low) == np.sign(high), np.where(np.abs(low) < np.abs(high), low, high), 0.0)
    return np.where(known, agreed, 0.0)


def expect(counts: Floats, exposure: Floats, *, weekdays: Ints, teaches: Bools, is_count: bool, alike: bool = True) -> Expected:
    """counts[object, day] given exposure[object, day], up to yesterday. teaches: days that may teach (not those of a known fault).

    is_count: compared as counts; otherwise as amounts, by their logarithm. alike: the objects share their weather, which is taken out.
    """
    objects, days = counts.shape
    factors = weekday_factors(counts[:, : days - 2], exposure[:, : days - 2], weekdays[: days - 2], teaches[:, : days - 2])
    due = exposure * factors[weekdays][None, :]
    rate, known = rates(counts, due, teaches)
    # The days that are judged, and their past, are expected by the rate of two days before.
    mean = due * np.nan_to_num(rate)
    valid = np.isfinite(rate) & (due > 0)
    logs = np.where(valid & (mean > 0), np.log((counts + 0.5) / (mean + 0.5)), np.nan)
    common = weather(logs) if alike and objects > OTHERS else np.zeros_like(logs)
    mean = mean * np.exp(common)
    seen_of, mean_of, distance_of, variations, frees = [], [], [], [], []
    for window in WINDOWS:
        # Both days of a window are expected by the rate that neither of them taught: the second day's rate would have learned nothing
        # of the first, which is what rates() sees to.
        seen = counts[:, window - 1 :] if window == 1 else counts[:, 1:] + counts[:, :-1]
        wanted = mean[:, window - 1 :] if window == 1 else _two_days(mean, due, rate, common)
        ok = valid[:, window - 1 :] if window == 1 else valid[:, 1:] & (due[:, :-1] > 0)
        moved = _moved(seen, wanted, is_count=is_count)
        past = ok & teaches[:, window - 1 :]
        past[:, -2:] = False
        past &= known[:, window - 1 :] >= HISTORY_DAYS // 2
        scale, free = _scale(moved, past, floor=1.0 if is_count else 0.05)
        seen_of.append(seen[:, -1])
        mean_of.append(np.where(ok[:, -1], wanted[:, -1], 0.0))
        distance_of.append(np.where(ok[:, -1], moved[:, -1] / scale, 0.0))
        frees.append(free)
        usual = np.array([np.mean(wanted[n, past[n]]) if past[n].any() else 0.0 for n in range(objects)])
        variations.append(np.maximum(scale**2 - 1, 0.02) / np.maximum(usual, 1.0))
    return Expected(
        seen=np.stack(seen_of, axis=1), mean=np.stack(mean_of, axis=1), distance=np.stack(distance_of, axis=1),
        variation=np.stack(variations, axis=1), history=known[:, -1], freedom=np.minimum(*frees), weather=np.exp(common),
    )  # fmt: skip


def expect_early(
    counts: Floats, clicks: Floats, completeness: Floats, early: Early, *, weekdays: Ints, teaches: Bools, alike: bool
) -> Expected:
    """The same for conversions of the last two days, which are still coming in: what shows after one and after two days.

    The rate of a click is learned from all that is known of the days before; how it shows after so short a time (lags of an object's own,
    and how they vary) from the same two ages of past days, which is also where the scale comes from.
    """
    objects, days = counts.shape
    due = clicks * completeness[None, :]
    factors = weekday_factors(counts[:, : days - 2], due[:, : days - 2], weekdays[: days - 2], teaches[:, : days - 2])
    rate, known = rates(counts, due * factors[weekdays][None, :], teaches)
    whole = clicks * factors[weekdays][None, :] * np.nan_to_num(rate)
    one, two = whole * early.share_one[None, :], whole * early.share_two[None, :]
    seen, mean = early.one[:, 1:] + early.two[:, :-1], one[:, 1:] + two[:, :-1]
    ok = np.isfinite(seen) & np.isfinite(rate[:, 1:]) & np.isfinite(rate[:, :-1]) & (mean > 0)
    seen = np.where(ok, seen, 0.0)
    past = ok & teaches[:, 1:] & teaches[:, :-1] & (known[:, 1:] >= HISTORY_DAYS // 2)
    past[:, -2:] = False
    usual = np.where(past, seen, 0.0).sum(axis=1) + _PRIOR_EARLY, np.where(past, mean, 0.0).sum(axis=1) + _PRIOR_EARLY
    mean = mean * (usual[0] / usual[1])[:, None]
    logs = np.where(ok, np.log((seen + 0.5) / (mean + 0.5)), np.nan)
    common = weather(logs) if alike and objects > OTHERS else np.zeros_like(logs)
    mean = mean * np.exp(common)
    moved = _moved(seen, mean, is_count=True)
    scale, freedom = _scale(moved, past, floor=1.0)
    typical = np.where(past, mean, 0.0).sum(axis=1) / np.maximum(past.sum(axis=1), 1)
    last = np.where(ok[:, -1], early.one[:, -1], 0.0), one[:, -1] * (mean[:, -1] / np.maximum(one[:, -1] + two[:, -2], 1e-9))
    variation = np.maximum(scale**2 - 1, 0.02) / np.maximum(typical, 1.0)
    return Expected(
        seen=np.stack([last[0], seen[:, -1]], axis=1), mean=np.stack([last[1], np.where(ok[:, -1], mean[:, -1], 0.0)], axis=1),
        distance=np.stack([np.zeros(objects), np.where(ok[:, -1], moved[:, -1] / scale, 0.0)], axis=1),
        variation=np.stack([variation, variation], axis=1), history=known[:, -1], freedom=freedom,
        weather=np.exp(np.pad(common, ((0, 0), (1, 0)))),
    )  # fmt: skip


def _two_days(mean: Floats, due: Floats, rate: Floats, common: Floats) -> Floats:
    """The day before the last one, too, is expected by what was known before either."""
    earlier = due[:, :-1] * np.nan_to_num(rate[:, :-1]) * np.exp(common[:, :-1])
    return mean[:, 1:] + earlier


def _moved(seen: Floats, mean: Floats, *, is_count: bool) -> Floats:
    if is_count:
        return 2 * (np.sqrt(np.maximum(seen, 0) + 0.375) - np.sqrt(mean + 0.375))
    return np.log((seen + 1e-6) / (mean + 1e-6))


def _scale(moved: Floats, past: Bools, *, floor: float) -> tuple[Floats, Floats]:
    """By object the spread of past days around their expectation, and its degrees of freedom. Objects with few days lean on the others."""
    objects = len(moved)
    squares, sizes = np.zeros(objects), past.sum(axis=1).astype(float)
    for n in range(objects):
        own = moved[n, past[n]]
        if len(own):
            robust = max(1.4826 * float(np.median(np.abs(own))), floor / 2)
            squares[n] = (np.clip(own, -_CLIP * robust, _CLIP * robust) ** 2).sum()
    pooled = squares.sum() / max(sizes.sum(), 1.0) if sizes.sum() else floor**2
    prior = 6.0
    variance = (squares + prior * max(pooled, floor**2)) / (sizes + prior)
    return np.maximum(np.sqrt(variance), floor), np.maximum(sizes, 3.0)
