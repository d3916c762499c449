"""Services that look things up: geo targets, customers, field metadata, constants."""

from typing import Any

import pytest

from sandbox.google.constants import GEO_TARGETS
from tests.sandbox.google.world import World, codes


def _suggest(world: World, *names: str, country: str = "", targets: tuple[str, ...] = ()) -> Any:
    made = world.client().get_type("SuggestGeoTargetConstantsRequest")
    if country:
        made.country_code = country
    made.locale = "en"
    if names:
        made.location_names.names.extend(names)
    if targets:
        made.geo_targets.geo_target_constants.extend(targets)
    service = world.client().get_service("GeoTargetConstantService")
    return service.suggest_geo_target_constants(request=made)


def test_places_are_found_by_their_names_in_any_language_and_case(world: World) -> None:
    answered = _suggest(world, "lisboa", "TOKYO", "münchen", "Munchen", "Nowhere")
    found = [(one.search_term, one.geo_target_constant.name) for one in answered.geo_target_constant_suggestions]
    assert found == [("lisboa", "Lisbon"), ("TOKYO", "Tokyo"), ("münchen", "Munich"), ("Munchen", "Munich")]
    lisbon = answered.geo_target_constant_suggestions[0]
    assert lisbon.geo_target_constant.parent_geo_target == "geoTargetConstants/2620"
    assert lisbon.geo_target_constant_parents[0].name == "Portugal"


def test_a_country_narrows_the_search(world: World) -> None:
    names = [one.geo_target_constant.name for one in _suggest(world, "New York", country="US").geo_target_constant_suggestions]
    assert names == ["New York", "New York"]
    assert len(_suggest(world, "New York", country="DE").geo_target_constant_suggestions) == 0


def test_places_are_found_by_id(world: World) -> None:
    answered = _suggest(world, targets=("geoTargetConstants/2276", "geoTargetConstants/1"))
    assert [one.geo_target_constant.country_code for one in answered.geo_target_constant_suggestions] == ["DE"]


def test_a_suggestion_needs_names_or_ids_of_a_known_country(world: World) -> None:
    prefix = "geo_target_constant_suggestion_error"
    assert codes(lambda: _suggest(world)) == [f"{prefix}.REQUEST_PARAMETERS_UNSET"]
    assert codes(lambda: _suggest(world, "Paris", country="XX")) == [f"{prefix}.INVALID_COUNTRY_CODE"]
    assert codes(lambda: _suggest(world, *("x" * 26))) == [f"{prefix}.LOCATION_NAME_LIMIT"]


def test_countries_and_languages_carry_the_platforms_ids(world: World) -> None:
    rows = world.search(
        "SELECT geo_target_constant.id, geo_target_constant.country_code FROM geo_target_constant"
        " WHERE geo_target_constant.target_type = 'Country'"
    )
    ids = {row.geo_target_constant.country_code: row.geo_target_constant.id for row in rows}
    assert (ids["DE"], ids["US"], ids["JP"], ids["NL"], ids["PT"]) == (2276, 2840, 2392, 2528, 2620)
    languages = world.search("SELECT language_constant.id, language_constant.code FROM language_constant")
    codes_of = {row.language_constant.code: row.language_constant.id for row in languages}
    assert [codes_of[code] for code in ("en", "de", "fr", "es", "ja", "pt")] == [1000, 1001, 1002, 1003, 1005, 1014]


def test_every_city_lies_in_a_country_of_the_table() -> None:
    for target in GEO_TARGETS.values():
        parent = GEO_TARGETS.get(target.parent or 0)
        assert (parent is None) == (target.target_type == "Country")
        assert parent is None or (parent.country, parent.target_type) == (target.country, "Country")


def test_accessible_customers_are_listed(world: World) -> None:
    world.add_customer("7777777777")
    service = world.client().get_service("CustomerService")
    found = list(service.list_accessible_customers().resource_names)
    assert found == ["customers/1234567890", "customers/7777777777"]


def _fields(world: World, query: str, **options: Any) -> list[Any]:
    made = world.client().get_type("SearchGoogleAdsFieldsRequest")
    made.query = query
    for name, value in options.items():
        setattr(made, name, value)
    return list(world.client().get_service("GoogleAdsFieldService").search_google_ads_fields(request=made))


def test_fields_are_described(world: World) -> None:
    enums = world.client().enums
    found = _fields(world, "SELECT name, category, data_type, selectable WHERE name = 'campaign.status'")
    assert [(one.name, one.selectable) for one in found] == [("campaign.status", True)]
    assert found[0].category == enums.GoogleAdsFieldCategoryEnum.ATTRIBUTE
    assert found[0].data_type == enums.GoogleAdsFieldDataTypeEnum.ENUM
    metrics = _fields(world, "SELECT name WHERE category = METRIC ORDER BY name", page_size=5)
    assert "metrics.cost_micros" in [one.name for one in metrics]
    assert codes(lambda: _fields(world, "SELECT nonsense")) == ["query_error.UNRECOGNIZED_FIELD"]


def test_one_field_is_described(world: World) -> None:
    service = world.client().get_service("GoogleAdsFieldService")
    found = service.get_google_ads_field(resource_name="googleAdsFields/keyword_view")
    assert list(found.attribute_resources) == ["customer", "campaign", "ad_group", "ad_group_criterion"]
    assert "metrics.clicks" in found.metrics
    assert "segments.date" in found.segments


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("campaign.id", "request_error.RESOURCE_NAME_MALFORMED"),
        ("googleAdsFields/nonsense", "request_error.RESOURCE_NOT_FOUND"),
    ],
)
def test_an_unknown_field_is_not_found(world: World, name: str, expected: str) -> None:
    service = world.client().get_service("GoogleAdsFieldService")
    assert codes(lambda: service.get_google_ads_field(resource_name=name)) == [expected]
