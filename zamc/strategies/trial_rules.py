"""A/B tests that a plan recommends: where, with how much traffic, how long, and what to do where that is more than there is. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from zamc.money import MICROS, Money
from zamc.strategies.budget_rules import Part
from zamc.strategies.forecast_rules import Context, beliefs, days_needed, forecast, sample_size
from zamc.strategies.kind_rules import NAMES
from zamc.strategies.schema import Goal, Test

TestMetric = Literal["ctr", "cvr", "cpa"]
# With an open end, a test that takes longer than a quarter is not worth its wait.
LONGEST_TEST_DAYS = 90
# The smallest relative difference that a test is sized for, per metric: what changes a decision, not what can be seen.
_LIFTS: dict[TestMetric, float] = {"ctr": 0.15, "cvr": 0.25, "cpa": 0.25}
_METRICS: dict[Goal, TestMetric] = {"awareness": "ctr", "traffic": "ctr", "leads": "cvr", "sales": "cvr"}
_UNITS: dict[TestMetric, str] = {"ctr": "impressions", "cvr": "clicks", "cpa": "clicks"}
# Below this part of the traffic that is needed, a longer flight is no advice.
_HOPELESS = 0.1


@dataclass(frozen=True)
class _Place:
    """A campaign in which a test may run, sized: sample per arm, and traffic a day for both."""

    part: Part
    metric: TestMetric
    per_arm: int
    traffic: Decimal


def recommended(
    parts: Sequence[Part], goal: Goal, hypotheses: Sequence[str], *, starts_on: date, ends_on: date | None, context: Context
) -> list[Test]:
    """One test per hypothesis, one after the other in the campaign where they end soonest.

    Performance Max is no place for one: it puts its ads together itself, and nothing is reported per ad.
    """
    places = [_sized(part, goal, _METRICS[goal], context) for part in parts if part.kind != "performance_max"]
    if not places:
        return []
    place = min(places, key=lambda each: each.per_arm / max(float(each.traffic), 1e-9))
    available = (ends_on - starts_on).days + 1 if ends_on else LONGEST_TEST_DAYS
    days = days_needed(place.per_arm, place.traffic, available=available)
    tests, begins = list[Test](), starts_on
    for hypothesis in hypotheses:
        fits = days is not None and (ends_on is None or begins + timedelta(days=days - 1) <= ends_on)
        ends = begins + timedelta(days=days - 1) if fits and days is not None else None
        tests.append(
            Test(
                hypothesis=hypothesis,
                metric=place.metric,
                sample_size=place.per_arm,
                days_needed=days,
                platform=place.part.platform,
                kind=place.part.kind,
                lift=Decimal(str(_LIFTS[place.metric])),
                traffic_per_day=place.traffic,
                starts_on=begins if ends else None,
                ends_on=ends,
                advice=_advice(place, goal, context, days=days, available=available, fits=fits),
            )
        )
        begins = ends + timedelta(days=1) if ends else begins
    return tests


def _sized(part: Part, goal: Goal, metric: TestMetric, context: Context) -> _Place:
    believed, expected = beliefs(part.kind, goal, part.daily.currency, context), forecast(part.kind, goal, part.daily, context)
    base, traffic = (believed.ctr.rate, expected.impressions.mid) if metric == "ctr" else (believed.cvr.rate, expected.clicks.mid)
    return _Place(part, metric, sample_size(min(base, 0.5), _LIFTS[metric]), traffic)


def _advice(place: _Place, goal: Goal, context: Context, *, days: int | None, available: int, fits: bool) -> str:
    """What the test needs, and where that is too much, what would help. One or two sentences."""
    unit, name = _UNITS[place.metric], NAMES[place.part.kind]
    needs = f"Needs {2 * place.per_arm:,} {unit} in {name}, {place.per_arm:,} for each of two ads"
    if fits:
        return f"{needs}: {days} days at about {place.traffic:,.0f} a day."
    if days is not None:
        return f"{needs}: {days} days, of which too few are left after the test before it; run one of them in the next flight."
    share = float(place.traffic) * available / (2 * place.per_arm)
    daily = Money(math.ceil(place.part.daily.micros / max(share, 1e-9) / MICROS) * MICROS, place.part.daily.currency)
    needed = f"it {needs[0].lower()}{needs[1:]}, and {available} days bring {share:.0%} of that"
    said = f"The budget does for the campaign, not for this test: {needed}."
    if place.metric != "ctr":
        clicks = _sized(place.part, goal, "ctr", context)
        if days_needed(clicks.per_arm, clicks.traffic, available=available) is not None:
            return (
                f"{said} {daily} a day there would do; or ask which ad is clicked more, which {clicks.per_arm:,} impressions each can tell."
            )
    would = "would do." if share >= _HOPELESS else "would do, so leave it out: nothing else depends on it."
    return f"{said} {daily} a day there {would}"
