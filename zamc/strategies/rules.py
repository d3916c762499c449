"""From a brief and a writer's pitch to a plan. Pure: what costs or aims is computed here and never taken from a model."""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from zamc.errors import InvalidInput
from zamc.strategies.brief_rules import check_brief, check_budget, check_file, read_brief
from zamc.strategies.budget_rules import Split, split_budget
from zamc.strategies.forecast_rules import days_needed, forecast, prior, sample_size
from zamc.strategies.schema import Brief, Channel, Flight, Goal, Pitch, Plan, Test

__all__ = ["brief_key", "build_plan", "canonical", "check_brief", "check_file", "plan_hash", "read_brief", "shift_flight"]

# With an open end, a test that takes longer than a quarter is not worth its wait.
_LONGEST_TEST_DAYS = 90
# The smallest relative difference that a test is sized for, per metric: what changes a decision, not what can be seen.
_LIFTS: dict[str, float] = {"ctr": 0.15, "cvr": 0.25, "cpa": 0.25}
_METRICS: dict[Goal, Literal["ctr", "cvr", "cpa"]] = {"awareness": "ctr", "traffic": "ctr", "leads": "cvr", "sales": "cvr"}


def build_plan(brief: Brief, pitch: Pitch, project_name: str, *, conversions: bool = True) -> Plan:
    """The typed strategy. The brief must have passed check_brief; raises InvalidInput when its budget fits no platform.

    conversions: whether the Google Ads account counts conversions, as far as is known.
    """
    if not pitch.messages:
        raise InvalidInput("pitch.messages", "a plan needs at least one message")
    amount = check_budget(brief.budget)
    split = split_budget(brief, amount, conversions=conversions)
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
        channels=_channels(brief, split),
        tests=_tests(brief, split, pitch.hypotheses),
        brand_name=project_name,
        brand=brief.brand,
        notes=list(split.notes),
    )


def _channels(brief: Brief, split: Split) -> list[Channel]:
    return [
        Channel(
            platform=part.platform,
            kind=part.kind,
            budget_level=part.budget_level,
            share=part.share,
            daily_budget_micros=part.daily.micros,
            objective=brief.goal,
            forecast=forecast(part.kind, brief.goal, part.daily),
        )
        for part in split.parts
    ]


def _tests(brief: Brief, split: Split, hypotheses: Sequence[str]) -> list[Test]:
    """One test per hypothesis, run one after the other in the campaign where it ends soonest.

    Performance Max is no place for one: it puts its ads together itself, and nothing is reported per ad.
    """
    metric = _METRICS[brief.goal]
    available = (brief.end - brief.start).days + 1 if brief.end else _LONGEST_TEST_DAYS
    sized = []
    for part in split.parts:
        if part.kind == "performance_max":
            continue
        known, expected = prior(part.kind, brief.goal), forecast(part.kind, brief.goal, part.daily)
        base, traffic = (known.ctr, expected.impressions.mid) if metric == "ctr" else (known.cvr, expected.clicks.mid)
        per_arm = sample_size(base, _LIFTS[metric])
        sized.append((per_arm / max(float(traffic), 1e-9), per_arm, traffic))
    _, per_arm, traffic = min(sized)
    days = days_needed(per_arm, traffic, available=available)
    return [Test(hypothesis=hypothesis, metric=metric, sample_size=per_arm, days_needed=days) for hypothesis in hypotheses]


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
    return hashlib.sha256(canonical({"project": str(project_id), "brief": asked})).hexdigest()
