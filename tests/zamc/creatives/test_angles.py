"""Variants of copy can be told apart: every field that has several lines has several angles, as far as the brief has anything to say."""

import re
from collections import defaultdict
from collections.abc import Sequence

import pytest

from tests.zamc.creatives.copies import example_plans, planned
from tests.zamc.strategies.briefs import brief
from zamc.creatives.copy import CopySet, compose_copy
from zamc.creatives.copy_desk import Desk, Said
from zamc.creatives.limits import FIELDS, Field
from zamc.creatives.written import Origin, WrittenCopy, WrittenLine
from zamc.strategies.schema import Brief, Plan, Platform

RULES = {"offer", "proof", "product", "brand", "action", "discover"}
ORIGIN = Origin("openai", "m", "copy-1", "hash", "id", 0, cache_hit=False)
SETS = [
    pytest.param(plan, asked, platform, language, id=f"{plan.brand_name}-{platform}-{language}")
    for plan, asked in example_plans()
    for platform in asked.platforms
    for language in asked.languages
]


def angles_of(made: CopySet) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for note in made.provenance:
        found[re.sub(r"\[\d+\]", "", note["field"])].append(note["angle"])
    return found


@pytest.mark.parametrize(("plan", "asked", "platform", "language"), SETS)
def test_every_field_of_every_placement_has_variants_by_angle(plan: Plan, asked: Brief, platform: Platform, language: str) -> None:
    made = compose_copy(plan, asked, platform, language)
    found = angles_of(made)
    assert {field.name for field in FIELDS[platform] if field.least} <= set(found)
    if platform == "meta_ads":
        assert {"cards.headline", "cards.description"} <= set(found)
    else:
        assert "long_headlines" in found
    [check] = [each for each in made.checks if each["check"] == "angles"]
    alike = [name for name, angles in found.items() if len(angles) > 1 and len(set(angles)) == 1]
    assert check.get("alike", []) == alike
    # Where the brief has no line in the language there are frames alone, of which few are as short as a description.
    assert set(alike) <= ({"descriptions"} if language not in ("en", "ja", "pt") else set()), alike
    assert all(set(angles) <= RULES for angles in found.values())
    assert sum(check["lines"].values()) == len(made.provenance)


def test_a_models_angles_are_those_that_it_names() -> None:
    asked = brief()
    lines = [
        WrittenLine("primary_texts", "Fresh coffee beans within 3 days.", "benefit", "brief.claims[1]"),
        WrittenLine("primary_texts", "Order fresh coffee beans online.", "offer", "brief.offer"),
        WrittenLine("primary_texts", "Roasted in Bremen, fresh on your table.", "proof", "brief.claims[0]"),
    ]
    made = compose_copy(planned(asked, "Bluebird"), asked, "meta_ads", "en", WrittenCopy(tuple(lines), (), ORIGIN))
    assert angles_of(made)["primary_texts"] == ["benefit", "offer", "proof"]


def desk() -> Desk:
    asked = brief()
    return Desk.of(planned(asked, "Bluebird"), asked, "meta_ads", "en")


def said(*pairs: tuple[str, str]) -> list[Said]:
    return [Said(text, source, "verbatim", "en") for text, source in pairs]


CLAIMS = [
    ("Roasted in Bremen", "brief.claims[0]"),
    ("Beans arrive within 3 days", "brief.claims[1]"),
    ("Fresh coffee beans", "brief.offer"),
]


@pytest.mark.parametrize(
    ("most", "chosen"),
    [(1, ["Roasted in Bremen"]), (2, ["Roasted in Bremen", "Fresh coffee beans"]), (3, [text for text, _ in CLAIMS]), (0, [])],
)
def test_the_last_of_lines_that_are_all_of_one_angle_gives_way_to_another(most: int, chosen: Sequence[str]) -> None:
    assert [each.text for each in desk().choose_in(Field("headlines", 40, 1, 5), said(*CLAIMS), most)] == chosen


def test_what_fails_a_check_gives_no_variety() -> None:
    bad = [*CLAIMS[:2], ("BEST BEANS EVER!!!", "brief.offer")]
    assert [each.text for each in desk().choose_in(Field("headlines", 40, 1, 5), said(*bad), 2)] == [text for text, _ in CLAIMS[:2]]


def test_a_set_with_nothing_else_to_say_says_so() -> None:
    asked = brief(
        product="Beans", offer="Beans", claims=["Beans roasted in Bremen by people who like it", "Beans that arrive within 3 days at home"]
    )
    made = compose_copy(planned(asked, "Bluebird"), asked, "google_ads", "en")
    alike = next(each for each in made.checks if each["check"] == "angles").get("alike", [])
    assert alike == [name for name, angles in angles_of(made).items() if len(angles) > 1 and len(set(angles)) == 1]
