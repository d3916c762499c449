"""Keywords, places, languages and circles: what the platform refuses."""

from typing import Any

import pytest

from tests.sandbox.google.campaigns import request, whole_campaign
from tests.sandbox.google.changes import Change, clear, put, refusal
from tests.sandbox.google.world import World

CRITERIA = [
    (put("keyword.text", ""), "criterion_error.INVALID_KEYWORD_TEXT", "keyword.text"),
    (put("keyword.text", "x" * 81), "criterion_error.KEYWORD_TEXT_TOO_LONG", "keyword.text"),
    (put("keyword.text", "a b c d e f g h i j k"), "criterion_error.KEYWORD_HAS_TOO_MANY_WORDS", "keyword.text"),
    (put("keyword.text", "what?"), "criterion_error.KEYWORD_HAS_INVALID_CHARS", "keyword.text"),
    (put("keyword.match_type", 0), "field_error.REQUIRED", "keyword.match_type"),
    (clear("keyword"), "criterion_error.CONCRETE_TYPE_REQUIRED", "criterion"),
    (clear("ad_group"), "field_error.REQUIRED", "ad_group"),
]


@pytest.mark.parametrize(("change", "code", "path"), CRITERIA)
def test_a_keyword_is_checked(world: World, change: Change, code: str, path: str) -> None:
    group = whole_campaign(world).ad_group
    wanted = request(world)
    change(wanted.keyword(group, "other"))
    assert refusal(wanted) == (code, path)


def _proximity(**fields: Any) -> Change:
    def change(criterion: Any) -> None:
        criterion.proximity.radius = fields.get("radius", 10.0)
        if "point" in fields:
            criterion.proximity.geo_point.latitude_in_micro_degrees = fields["point"]
        if "city" in fields:
            criterion.proximity.address.city_name = fields["city"]
            criterion.proximity.address.country_code = fields.get("country", "")

    return change


TARGETS = [
    (put("location.geo_target_constant", "geoTargetConstants/1"), "criterion_error.INVALID_CRITERION_ID"),
    (put("location.geo_target_constant", "Germany"), "request_error.RESOURCE_NAME_MALFORMED"),
    (put("language.language_constant", "languageConstants/1"), "criterion_error.INVALID_CRITERION_ID"),
    (_proximity(radius=0.0, point=1), "criterion_error.INVALID_PROXIMITY_RADIUS"),
    (_proximity(), "criterion_error.PROXIMITY_GEOPOINT_AND_ADDRESS_BOTH_CANNOT_BE_NULL"),
    (_proximity(point=91_000_000), "criterion_error.INVALID_LATITUDE"),
    (_proximity(city="Lisbon"), "criterion_error.INVALID_PROXIMITY_ADDRESS"),
    (clear("location"), "campaign_criterion_error.CONCRETE_TYPE_REQUIRED"),
    (put("bid_modifier", 11.0), "range_error.TOO_HIGH"),
    (put("negative", True), "campaign_criterion_error.CANNOT_TARGET_AND_EXCLUDE"),
]


@pytest.mark.parametrize(("change", "code"), TARGETS)
def test_a_campaigns_targeting_is_checked(world: World, change: Change, code: str) -> None:
    wanted = request(world)
    change(wanted.location(whole_campaign(world).campaign))
    assert refusal(wanted)[0] == code


def test_a_circle_around_a_city_can_be_targeted(world: World) -> None:
    wanted = request(world)
    _proximity(city="Lisbon", country="PT")(wanted.location(whole_campaign(world).campaign))
    wanted.send()
    row = world.search(
        "SELECT campaign_criterion.proximity.address.city_name, campaign_criterion.proximity.radius"
        " FROM campaign_criterion WHERE campaign_criterion.type = PROXIMITY"
    )[0]
    assert (row.campaign_criterion.proximity.address.city_name, row.campaign_criterion.proximity.radius) == ("Lisbon", 10.0)
