"""Whether an ad wears out: its click-through falls slowly against the account's other ads, not from one day to the next. Pure.

The last three days are compared with two to five weeks ago. The noise of a day is learned from differences of neighbouring days, which a
slow fall hardly touches (von Neumann, Annals of Mathematical Statistics 12, 1941, 367-395). A fall is slow when a slope explains the last
three weeks better than any single step (least squares on the logarithm).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from zamc.analytics.verdict_statistics_rules import student_tail

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FATIGUE_RATIO = 0.7
_LATELY, _GAP, _BEFORE = 3, 14, 21
_FITTED = 20
_LEAST_DAYS = _LATELY + _GAP + 7
# Days have a memory: their mean is less certain than that of independent ones.
_MEMORY = 1.4


@dataclass(frozen=True, slots=True)
class Fade:
    """seen and expected: clicks of the last `days` days, and those that the earlier click-through would have brought."""

    days: int
    seen: float
    expected: float
    ratio: float
    p: float
    gradual: bool
    matters: bool


def faded(clicks: Floats, impressions: Floats, weekdays: Ints, weather: Floats) -> Fade | None:
    """One ad's days up to yesterday; weather: by day, what the other ads' click-through did. None without enough days."""
    shown = impressions > 0
    if shown[-_LEAST_DAYS:].sum() < _LEAST_DAYS - 2 or len(clicks) < _LEAST_DAYS:
        return None
    before = slice(max(0, len(clicks) - _LATELY - _GAP - _BEFORE), len(clicks) - _LATELY - _GAP)
    level = clicks[before].sum() / max(float((impressions * weather)[before].sum()), 1e-9)
    if level <= 0:
        return None
    due = impressions * weather * level
    logs = np.log((clicks + 0.5) / (due + 0.5))
    logs -= _weekly(logs, weekdays)
    window = logs[-(_LATELY + _GAP + _BEFORE) :]
    noise = float(np.sqrt(max(np.median(np.diff(window) ** 2) / 2 / 0.455, 1e-4)))
    drop = float(logs[-_LATELY:].mean() - logs[before].mean())
    error = _MEMORY * noise * (1 / _LATELY + 1 / max(before.stop - before.start, 1)) ** 0.5
    p = student_tail(-drop / error, min(25.0, len(window) - 2.0))
    ratio = float(np.exp(drop))
    gradual = ratio < 1 and _is_slope(logs[-_FITTED:])
    seen, expected = float(clicks[-_LATELY:].sum()), float(due[-_LATELY:].sum())
    return Fade(_LATELY, seen, expected, ratio, p, gradual, matters=gradual and ratio <= FATIGUE_RATIO)


def _weekly(logs: Floats, weekdays: Ints) -> Floats:
    """The ad's own week, from what is left after a running mean of a week."""
    smooth = np.convolve(np.pad(logs, 3, mode="edge"), np.full(7, 1 / 7), mode="valid")
    rest = logs - smooth
    means = np.array([np.median(rest[weekdays == day]) if (weekdays == day).any() else 0.0 for day in range(7)])
    weekly: Floats = 0.6 * means[weekdays]
    return weekly


def _is_slope(logs: Floats) -> bool:
    """A level, then a slope, against a level, then another: which leaves less unexplained."""
    steps, slopes = _shapes(len(logs))
    return min(_unexplained(logs, shape) for shape in slopes) < min(_unexplained(logs, shape) for shape in steps)


@cache
def _shapes(n: int) -> tuple[list[Floats], list[Floats]]:
    """Shapes of n days, each centred and of length 1: steps down after 2 to n - 2 days, and slopes down that begin early or late."""
    days = np.arange(n)
    steps = [(days >= at).astype(float) for at in range(2, n - 1)]
    slopes = [np.maximum(days - start, 0).astype(float) for start in range(0, n - 4, 2)]
    return [_unit(shape) for shape in steps], [_unit(shape) for shape in slopes]


def _unit(shape: Floats) -> Floats:
    centred = shape - shape.mean()
    unit: Floats = centred / np.sqrt((centred**2).sum())
    return unit


def _unexplained(logs: Floats, shape: Floats) -> float:
    """Squares that are left after the best fall of that shape."""
    centred = logs - logs.mean()
    return float((centred**2).sum() - min(float(centred @ shape), 0.0) ** 2)
