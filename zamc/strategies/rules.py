"""From a brief and a writer's pitch to a plan. Pure: what costs or aims is computed here and never taken from a model."""

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from zamc.errors import InvalidInput
from zamc.money import MICROS, Money
from zamc.strategies.aim_rules import funnel, planned_days, schedule, targets
from zamc.strategies.brief_rules import check_brief, check_budget, check_file, read_brief
from zamc.strategies.budget_rules import Split, split_budget
from zamc.strategies.forecast_rules import Context, Own, beliefs, forecast, outlook
from zamc.strategies.kind_rules import stage_of
from zamc.strategies.learning_rules import learning
from zamc.strategies.schema import Brief, CampaignKind, Channel, Flight, Goal, Pitch, Plan
from zamc.strategies.trial_rules import recommended

__all__ = ["brief_key", "build_plan", "canonical", "check_brief", "check_file", "plan_hash", "read_brief", "shift_flight"]


def build_plan(brief: Brief, pitch: Pitch, project_name: str, *, conversions: bool = True, history: Sequence[Own] = ()) -> Plan:
    """The typed strategy. The brief must have passed check_brief; raises InvalidInput when its budget fits no platform.

    conversions: whether the Google Ads account counts conversions, as far as is known. history: the project's own campaigns of this goal
    and currency.
    """
    if not pitch.messages:
        raise InvalidInput("pitch.messages", "a plan needs at least one message")
    amount = check_budget(brief.budget)
    worth = Money.parse(brief.conversion_value.amount, amount.currency) if brief.conversion_value is not None else None
    context = Context(brief.industry, tuple(history), worth.micros / MICROS if worth is not None else None)
    split = split_budget(brief, amount, conversions=conversions, returns=returns_of(brief.goal, amount.currency, context))
    channels = _channels(brief, split, context)
    tests = recommended(split.parts, brief.goal, pitch.hypotheses, starts_on=brief.start, ends_on=brief.end, context=context)
    days = planned_days(brief.start, brief.end)
    expected = outlook([(part.kind, part.daily) for part in split.parts], brief.goal, context, days=days)
    lacks = learning(channels, tests, expected, amount.currency)
    expected = expected.model_copy(update={"too_small": list(lacks.sentences), "shortfalls": list(lacks.shortfalls)})
    return Plan(
        pitch=pitch,
        flight=Flight(
            starts_on=brief.start,
            ends_on=brief.end,
            regions=brief.regions,
            geo_targets=brief.geo_targets,
            languages=brief.languages,
            landing_page=brief.landing_page,
            special_category=brief.special_category,
            currency=amount.currency,
            total_budget_micros=amount.micros if brief.budget.total is not None else None,
            monthly_budget_micros=amount.micros if brief.budget.monthly is not None else None,
        ),
        channels=channels,
        funnel=funnel(split, brief.goal),
        tests=tests,
        schedule=schedule(brief.start, brief.end, tests),
        targets=targets(channels, brief.goal, expected),
        outlook=expected,
        brand_name=project_name,
        brand=brief.brand,
        notes=list(split.notes),
    )


def returns_of(goal: Goal, currency: str, context: Context) -> dict[CampaignKind, float]:
    """How many times the documented return each kind of campaign has brought in this project; kinds without history are left out."""
    found: dict[CampaignKind, float] = {}
    for kind in dict.fromkeys(each.kind for each in context.history):
        learnt, known = (beliefs(kind, goal, currency, context, learnt=own).log_return(goal) for own in (True, False))
        found[kind] = math.exp(learnt - known)
    return found


def _channels(brief: Brief, split: Split, context: Context) -> list[Channel]:
    return [
        Channel(
            platform=part.platform,
            kind=part.kind,
            budget_level=part.budget_level,
            share=part.share,
            daily_budget_micros=part.daily.micros,
            objective=brief.goal,
            stage=stage_of(part.kind, brief.goal),
            forecast=forecast(part.kind, brief.goal, part.daily, context),
        )
        for part in split.parts
    ]


def shift_flight(brief: Brief, days: int) -> Brief:
    """The same brief with its whole flight moved by a number of days (earlier when negative). Used by the demo."""
    move = timedelta(days=days)
    return brief.model_copy(update={"start": brief.start + move, "end": brief.end + move if brief.end else None})


def canonical(data: Any) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: equal data has equal bytes (no fractions: they are text)."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def plan_hash(plan: Plan) -> str:
    """SHA-256 of the canonical plan in hex: what an approval binds."""
    return hashlib.sha256(canonical(plan.model_dump(mode="json"))).hexdigest()


def brief_key(project_id: object, brief: Brief) -> str:
    """SHA-256 of project and brief: the same brief asked for twice is one strategy."""
    asked = brief.model_dump(mode="json")
    if asked["special_category"] == "none":
        del asked["special_category"]  # a brief of the time before there was the field is still the same brief
    if asked["industry"] == "general":
        del asked["industry"]
    if asked["brand"]["sound"] == "silence":
        del asked["brand"]["sound"]
    return hashlib.sha256(canonical({"project": str(project_id), "brief": asked})).hexdigest()
