"""Everything that a plan must hold is in it, whoever wrote its words; and the schema refuses what does not fit."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from tests.zamc.llm.wire import draft
from tests.zamc.strategies.briefs import brief, examples
from zamc.llm.acceptance import accept
from zamc.llm.draft import PitchDraft
from zamc.llm.offline.writer import pitch_of
from zamc.strategies.rules import build_plan
from zamc.strategies.schema import Brief, Plan


def _by_rules(asked: Brief, name: str = "Bluebird") -> Plan:
    return build_plan(asked, pitch_of(asked, name), name)


def _by_a_model(asked: Brief, name: str = "Bluebird") -> Plan:
    words, _ = accept(PitchDraft.model_validate(draft(asked)), asked, name)
    return build_plan(asked, words, name)


@pytest.mark.parametrize("write", [_by_rules, _by_a_model])
@pytest.mark.parametrize("goal", ["awareness", "traffic", "leads", "sales"])
def test_nothing_that_the_plan_needs_is_missing(write: Any, goal: str) -> None:
    asked = brief(goal=goal)
    plan: Plan = write(asked)
    pitch = plan.pitch
    assert pitch.positioning
    assert pitch.personas
    assert {each.platform for each in pitch.audiences} == {"google_ads", "meta_ads"}
    assert {channel.platform for channel in plan.channels} == {"google_ads", "meta_ads"}
    assert sum(channel.share for channel in plan.channels) == 1
    assert [stage.stage for stage in plan.funnel] == ["awareness", "consideration", "conversion"]
    assert sum(stage.share for stage in plan.funnel) == 1
    assert sum(stage.daily_budget_micros for stage in plan.funnel) == sum(channel.daily_budget_micros for channel in plan.channels)
    assert {word.match_type for word in pitch.keywords} <= {"EXACT", "PHRASE", "BROAD"}
    assert pitch.keywords
    assert pitch.negative_keywords
    assert {message.language for message in pitch.messages} == set(asked.languages)
    assert pitch.creative_direction
    assert plan.tests
    assert all(test.hypothesis and test.sample_size and test.advice for test in plan.tests)
    assert plan.schedule[0].starts_on == asked.start
    assert plan.schedule[-1].ends_on == asked.end
    assert plan.targets
    assert pitch.risks
    assert plan.outlook is not None
    assert plan.outlook.days == 30
    if goal in ("leads", "sales"):
        assert {"conversions", "cpa"} <= {target.metric for target in plan.targets}


def test_the_examples_have_it_too() -> None:
    for file in examples():
        plan = _by_rules(file.brief, file.project)
        assert all([plan.funnel, plan.tests, plan.schedule, plan.targets, plan.outlook, plan.pitch.personas])
        assert {each.platform for each in plan.pitch.audiences} == set(file.brief.platforms)


@pytest.mark.parametrize(
    "missing",
    ["positioning", "personas", "audiences", "messages", "keywords", "negative_keywords", "creative_direction", "hypotheses", "risks"],
)
def test_a_models_answer_must_have_every_part(missing: str) -> None:
    answer = draft(brief())
    del answer[missing]
    with pytest.raises(ValidationError, match="Field required"):
        PitchDraft.model_validate(answer)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("personas", []), ("audiences", []), ("messages", []), ("budget", {"total": "1.00"}), ("landing_page", "https://evil.example/"),
        ("audiences", [{"platform": "tiktok", "name": "a", "description": "b"}]),
        ("keywords", [{"language": "en", "text": "coffee", "match_type": "FUZZY"}]),
        ("audiences", [{"platform": "meta_ads", "name": "a", "description": "b", "age_min": 13}]),
    ],
)  # fmt: skip
def test_a_models_answer_may_have_no_other(part: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        PitchDraft.model_validate(draft(brief()) | {part: value})


def test_phases_lie_within_the_flight_and_cover_it() -> None:
    for days in (1, 5, 14, 15, 20, 21, 22, 60, 400):
        asked = brief(end=str(brief().start + timedelta(days=days - 1)), budget={"total": f"{100 * days}.00", "currency": "EUR"})
        phases = [phase for phase in _by_rules(asked).schedule if not phase.name.startswith("Test")]
        assert phases[0].starts_on == asked.start
        assert phases[-1].ends_on == asked.end
        for before, after in pairwise(phases):
            assert before.ends_on is not None
            assert before.starts_on <= before.ends_on
            assert after.starts_on == before.ends_on + timedelta(days=1)


def test_an_open_flight_runs_on() -> None:
    asked = brief(end=None, budget={"monthly": "3000.00", "currency": "EUR"})
    plan = _by_rules(asked)
    assert (plan.schedule[-1].name, plan.schedule[-1].ends_on) == ("Running", None)
    assert plan.outlook is not None
    assert plan.outlook.days == 30


def test_targets_stand_on_the_bad_side_of_their_limit() -> None:
    for target in _by_rules(brief()).targets:
        if target.limit is not None:
            assert target.value >= target.limit if target.bound == "at_least" else target.value <= target.limit


def test_a_plan_of_earlier_times_is_still_one() -> None:
    data = _by_rules(brief()).model_dump(mode="json")
    for name in ("funnel", "schedule", "targets", "outlook"):
        del data[name]
    del data["pitch"]["personas"]
    for audience in data["pitch"]["audiences"]:
        del audience["platform"]
    for channel in data["channels"]:
        del channel["stage"], channel["forecast"]["cpa"], channel["forecast"]["roas"], channel["forecast"]["campaigns"]
    data["tests"] = [{name: test[name] for name in ("hypothesis", "metric", "sample_size", "days_needed")} for test in data["tests"]]
    plan = Plan.model_validate(data)
    assert plan.outlook is None
    assert plan.channels[0].share > Decimal(0)
