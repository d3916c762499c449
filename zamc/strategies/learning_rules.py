"""What a budget is too small to learn, in words for whoever pays it: what is missing, and which budget or how much time would do. Pure.

A budget that teaches little is no reason not to advertise: the sentences say what still works, and never that a campaign must not run.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from zamc.money import MICROS, Money
from zamc.strategies.outlook_schema import Outlook, Shortfall, Test
from zamc.strategies.schema import Channel

# Meta: an ad set leaves its learning phase after about 50 results in a week (Business Help, "About the learning phase").
LEARNING_WEEK = 50
# Fewer conversions than this in a whole flight tell no two campaigns apart: the price of one is known to a third at best (one standard
# error is 1 / sqrt(30) = 18 %).
FEWEST_CONVERSIONS = 30
_YEAR = 365
# Below this, what would do is a hundred times as much: no advice.
_HARDLY_ANY = Decimal("0.3")


@dataclass(frozen=True)
class Learning:
    """sentences: of what the budget is too small for; shortfalls: the same and A/B tests, in figures. Empty where nothing is missing."""

    sentences: tuple[str, ...]
    shortfalls: tuple[Shortfall, ...]


def learning(channels: Sequence[Channel], tests: Sequence[Test], outlook: Outlook, currency: str) -> Learning:
    """Figures follow the forecast, in which results grow in proportion to budget and days."""
    found = [each for each in (_comparison(channels, outlook, currency), _settling(channels, currency)) if each is not None]
    shortfalls = [shortfall for shortfall, _ in found]
    if tests and all(test.days_needed is None for test in tests):
        shortfalls.append(_test(tests))
    return Learning(tuple(sentence for _, sentence in found), tuple(shortfalls))


def _comparison(channels: Sequence[Channel], outlook: Outlook, currency: str) -> tuple[Shortfall, str] | None:
    expected = outlook.conversions.mid
    if channels[0].objective not in ("leads", "sales") or expected >= FEWEST_CONVERSIONS:
        return None
    now = sum(channel.daily_budget_micros for channel in channels)
    if expected < _HARDLY_ANY:
        return Shortfall(topic="comparison"), f"Hardly any conversion is expected in {outlook.days} days: compare campaigns by their clicks"
    many = "conversion is" if round(expected) == 1 else "conversions are"
    begun = f"About {max(expected, 1):.0f} {many} expected in {outlook.days} days"
    share = FEWEST_CONVERSIONS / expected
    days, daily = math.ceil(outlook.days * share), _money(now * share, currency)
    time = f"about {days} days at this budget" if days <= _YEAR else "more than a year at this budget"
    sentence = (
        f"{begun}. From about {FEWEST_CONVERSIONS} on, it shows which campaign wins them at less cost: that takes {time}, or about "
        f"{daily} a day (now {_money(now, currency)}). The campaigns run all the same; until then, compare them by their clicks"
    )
    return Shortfall(topic="comparison", days=days, daily_budget_micros=daily.micros), sentence


def _settling(channels: Sequence[Channel], currency: str) -> tuple[Shortfall, str] | None:
    meta = next((each for each in channels if each.kind == "meta" and each.objective in ("leads", "sales")), None)
    if meta is None or meta.forecast.conversions.mid * 7 >= LEARNING_WEEK:
        return None
    week = meta.forecast.conversions.mid * 7
    said = "less than one conversion" if week < 1 else f"about {week:.0f} conversion{'' if round(week) == 1 else 's'}"
    begun = f"Meta's results will go up and down: {said} a week will come from it, and it steadies from about {LEARNING_WEEK} on"
    if week < _HARDLY_ANY:
        return Shortfall(topic="meta_learning"), f"{begun}. Judge it by whole months"
    daily = _money(meta.daily_budget_micros * LEARNING_WEEK / week, currency)
    now = _money(meta.daily_budget_micros, currency)
    sentence = f"{begun}, which takes about {daily} a day on Meta (now {now}). Judge it by whole months rather than by days"
    return Shortfall(topic="meta_learning", daily_budget_micros=daily.micros), sentence


def _test(tests: Sequence[Test]) -> Shortfall:
    """Nothing but the A/B test depends on it; each test's own advice says what it needs."""
    waits = [math.ceil(2 * test.sample_size / test.traffic_per_day) for test in tests if test.traffic_per_day]
    return Shortfall(topic="test", days=min(waits, default=None))


def _money(micros: Decimal | int, currency: str) -> Money:
    """Rounded up to whole units: an estimate to the cent would promise too much."""
    return Money(math.ceil(micros / MICROS) * MICROS, currency)


def in_short(outlook: Outlook, currency: str) -> str:
    """The most important shortfall in a few words for a table; "" where there is none."""
    by_topic = {each.topic: each for each in outlook.shortfalls}
    if found := by_topic.get("comparison"):
        if found.days is None or found.daily_budget_micros is None:
            return "too few to compare campaigns by"
        time = f"{found.days} days" if found.days <= _YEAR else "over a year"
        return f"{FEWEST_CONVERSIONS}, to compare campaigns by, take {time} or {Money(found.daily_budget_micros, currency)} a day"
    if found := by_topic.get("meta_learning"):
        daily = found.daily_budget_micros
        return f"Meta steadies at {Money(daily, currency)} a day" if daily else "Meta's results will go up and down"
    return "enough to learn from, not for an A/B test" if "test" in by_topic else ""
