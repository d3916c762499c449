"""What a plan aims for: targets from its forecast, its calendar, and stages of the funnel. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from zamc.strategies.budget_rules import Split
from zamc.strategies.kind_rules import NAMES, stage_of
from zamc.strategies.schema import Channel, Goal, Outlook, Phase, Stage, StageBudget, Target, Test

# Meta: an ad set leaves its learning phase after about 50 results in a week (Business Help, "About the learning phase"); Google: a bid
# strategy needs one to two conversion cycles (Google Ads Help 13020501). Two weeks cover both.
_LEARNING_DAYS = 14
_OPEN_DAYS = 30
_HUNDREDTH = Decimal("0.01")
_STAGES: tuple[Stage, ...] = ("awareness", "consideration", "conversion")


def planned_days(starts_on: date, ends_on: date | None) -> int:
    """Days that a forecast is about: the flight, or 30 of an open one."""
    return (ends_on - starts_on).days + 1 if ends_on else _OPEN_DAYS


def funnel(split: Split, goal: Goal) -> list[StageBudget]:
    """The budget by stage; all three are named, so that nothing at all for one of them is seen too."""
    found = []
    for stage in _STAGES:
        parts = [part for part in split.parts if stage_of(part.kind, goal) == stage]
        share, micros = sum((part.share for part in parts), Decimal(0)), sum(part.daily.micros for part in parts)
        found.append(StageBudget(stage=stage, share=share, daily_budget_micros=micros))
    return found


def targets(channels: Sequence[Channel], goal: Goal, outlook: Outlook) -> list[Target]:
    """What the whole plan should reach by its goal, and each campaign's own."""
    found = []
    if goal == "awareness":
        found.append(_at_least("impressions", outlook.impressions.mid, outlook.impressions.low))
    if goal in ("awareness", "traffic"):
        found.append(_at_least("clicks", outlook.clicks.mid, outlook.clicks.low))
    else:
        found.append(_at_least("conversions", outlook.conversions.mid, outlook.conversions.low))
        if outlook.cpa is not None:
            found.append(Target(metric="cpa", bound="at_most", value=outlook.cpa.mid, limit=outlook.cpa.high))
        if outlook.roas is not None:
            found.append(_at_least("roas", outlook.roas.mid, outlook.roas.low))
    return found + [target for channel in channels for target in _of_channel(channel, goal)]


def _of_channel(channel: Channel, goal: Goal) -> list[Target]:
    seen, where = channel.forecast, {"platform": channel.platform, "kind": channel.kind}
    if goal in ("leads", "sales") and seen.cpa is not None:
        return [Target(metric="cpa", bound="at_most", value=seen.cpa.mid, limit=seen.cpa.high, **where)]
    if not seen.clicks.low:
        return []
    daily = Decimal(channel.daily_budget_micros) / 1_000_000
    price, most = (_hundredths(daily / clicks) for clicks in (seen.clicks.mid, seen.clicks.low))
    return [Target(metric="cpc", bound="at_most", value=price, limit=most, **where)]


def _at_least(metric: str, value: Decimal, limit: Decimal) -> Target:
    return Target.model_validate({"metric": metric, "bound": "at_least", "value": value, "limit": limit})


def _hundredths(value: Decimal) -> Decimal:
    return value.quantize(_HUNDREDTH)


def schedule(starts_on: date, ends_on: date | None, tests: Sequence[Test]) -> list[Phase]:
    """The calendar: learning, a phase for each test that fits, running, and the last week of a flight with an end. Phases may overlap."""
    last = ends_on or date.max
    learnt = min(starts_on + timedelta(days=_LEARNING_DAYS - 1), last)
    phases = [Phase(name="Learning", starts_on=starts_on, ends_on=learnt, focus=_LEARNING)]
    for number, test in enumerate(tests, start=1):
        if test.starts_on is not None and test.kind is not None:
            phases.append(
                Phase(
                    name=f"Test {number}",
                    starts_on=test.starts_on,
                    ends_on=test.ends_on,
                    focus=f"{NAMES[test.kind]}: {test.hypothesis}"[:200],
                )
            )
    if learnt < last:
        closing = ends_on - timedelta(days=6) if ends_on else None
        running = learnt + timedelta(days=1)
        if closing is None or closing <= running:
            phases.append(Phase(name="Running", starts_on=running, ends_on=ends_on, focus=_RUNNING))
        else:
            phases.append(Phase(name="Running", starts_on=running, ends_on=closing - timedelta(days=1), focus=_RUNNING))
            phases.append(Phase(name="Closing", starts_on=closing, ends_on=ends_on, focus=_CLOSING))
    return phases


_LEARNING = "Change nothing but what is broken: bidding and delivery settle"
_CLOSING = "Spend what is left; late conversions still come"
_RUNNING = "Compare with the targets each week; move budget to where the next unit brings most"
