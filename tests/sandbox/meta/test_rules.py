"""Every rule of the platform that a launch can break, with the code that the platform answers."""

from typing import Any

import pytest
from facebook_business.adobjects.adset import AdSet
from facebook_business.adobjects.campaign import Campaign
from facebook_business.exceptions import FacebookRequestError

from tests.sandbox.world import Advertiser, World, codes, targeting

# The SDK warns of a wrong value and sends it all the same.
pytestmark = pytest.mark.filterwarnings("ignore:value of:UserWarning")


def refused(brand: Advertiser, method: str, *args: Any, **changes: Any) -> FacebookRequestError:
    with pytest.raises(FacebookRequestError) as caught:
        getattr(brand, method)(*args, **changes)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "subcode", "blamed"),
    [
        ({"special_ad_categories": None}, None, "special_ad_categories"),
        ({"special_ad_categories": ["HOUSING"]}, 2490446, "special_ad_category_country"),
        ({"special_ad_categories": ["POLITICS"]}, None, "special_ad_categories[0]"),
        ({"objective": "LINK_CLICKS"}, 1815753, "objective"),
        ({"objective": "MORE"}, None, "objective"),
        ({"is_adset_budget_sharing_enabled": None}, 4834011, "is_adset_budget_sharing_enabled"),
        ({"daily_budget": 99}, 1885272, "daily_budget"),
        ({"daily_budget": 10**30}, 1885273, "daily_budget"),
        ({"lifetime_budget": 10**12 + 1}, 1885273, "lifetime_budget"),
        ({"daily_budget": "9" * 5000}, None, "daily_budget"),
        ({"daily_budget": 1000, "lifetime_budget": 9000}, 1487060, "daily_budget"),
        ({"daily_budget": "10.50"}, None, "daily_budget"),
        ({"daily_budget": -100}, None, "daily_budget"),
        ({"name": " "}, None, "name"),
        ({"name": "x" * 401}, 1487106, "name"),
        ({"status": "ARCHIVED"}, None, "status"),
        ({"status": "LIVE"}, None, "status"),
        ({"colour": "red"}, None, "colour"),
    ],
)
def test_a_campaign_is_refused(brand: Advertiser, changes: dict[str, Any], subcode: int | None, blamed: str) -> None:
    error = refused(brand, "campaign", **changes)
    assert codes(error) == (100, subcode)
    assert error.api_blame_field_specs()[0] == [blamed]
    assert error.http_status() == 400
    assert list(brand.account.get_campaigns()) == []


@pytest.mark.parametrize(
    ("changes", "subcode"),
    [
        ({"daily_budget": None}, 1487061),
        ({"daily_budget": 99}, 1885272),
        ({"daily_budget": 10**30}, 1885273),
        ({"daily_budget": None, "lifetime_budget": 9000}, 1487058),
        ({"daily_budget": None, "lifetime_budget": 150, "end_time": "2027-04-01T00:00:00Z"}, 1885272),
        ({"billing_event": "LINK_CLICKS", "optimization_goal": "LINK_CLICKS", "daily_budget": 400}, 1885272),
        ({"billing_event": "THRUPLAY"}, 2446404),
        ({"billing_event": None}, None),
        ({"optimization_goal": "APP_INSTALLS"}, 2490408),
        ({"bid_strategy": "COST_CAP"}, 1815857),
        ({"bid_strategy": "LOWEST_COST_WITHOUT_CAP", "bid_amount": 100}, 2446149),
        ({"promoted_object": None}, 1815089),
        ({"destination_type": "ON_AD"}, 1815715),
        ({"bid_strategy": "LOWEST_COST_WITH_MIN_ROAS"}, 1885650),
        ({"promoted_object": {"pixel_id": "1", "custom_event_type": "LEAD"}}, 1487930),
        ({"end_time": "2026-01-01T00:00:00Z"}, 1487057),
        ({"start_time": "2027-05-02T00:00:00Z", "end_time": "2027-05-01T00:00:00Z"}, 1487056),
        ({"end_time": "2027-03-01T08:20:00Z"}, 1487094),
        ({"end_time": "tomorrow"}, None),
        ({"campaign_id": "42"}, 1885154),
        ({"targeting": None}, None),
        ({"targeting": {"targeting_automation": {"advantage_audience": 0}}}, 1885364),
        ({"targeting": {"geo_locations": {"countries": ["DE"]}}}, 1870227),
        ({"targeting": targeting(age_max=45, targeting_automation={"advantage_audience": 1})}, 1870189),
        ({"targeting": targeting("XX")}, 1487756),
        ({"targeting": targeting(age_min=12)}, 1487143),
        ({"targeting": targeting(locales=[999])}, 1487477),
        ({"targeting": targeting(moon_phase="full")}, None),
        ({"targeting": targeting(publisher_platforms=["myspace"])}, None),
        (
            {
                "targeting": {
                    "geo_locations": {
                        "custom_locations": [{"latitude": 38.7, "longitude": -9.1, "radius": 300, "distance_unit": "kilometer"}]
                    },
                    "targeting_automation": {"advantage_audience": 0},
                }
            },
            1487079,
        ),
        ({"dsa_beneficiary": None}, 3858079),
        ({"dsa_payor": None}, 3858081),
        ({"dsa_payor": "x" * 513}, 1487106),
    ],
)
def test_an_ad_set_is_refused(brand: Advertiser, changes: dict[str, Any], subcode: int | None) -> None:
    campaign = brand.campaign()
    if changes.get("billing_event") == "LINK_CLICKS":
        changes = {**changes, "promoted_object": None}
    error = refused(brand, "adset", campaign, **changes)
    assert codes(error) == (100, subcode)
    assert list(brand.account.get_ad_sets()) == []


def test_only_ads_shown_in_the_eu_must_name_who_pays(brand: Advertiser) -> None:
    campaign = brand.campaign()
    here = {"custom_locations": [{"latitude": 38.71, "longitude": -9.13, "radius": 3, "distance_unit": "kilometer"}]}
    spec = {"geo_locations": here, "targeting_automation": {"advantage_audience": 0}}
    assert codes(refused(brand, "adset", campaign, targeting=spec, dsa_payor=None))[1] == 3858081
    assert brand.adset(campaign, targeting=spec)
    assert brand.adset(campaign, targeting=targeting("US", "CA"), dsa_beneficiary=None, dsa_payor=None)


def test_a_budget_stands_on_the_campaign_or_on_the_ad_set_but_not_on_both(brand: Advertiser) -> None:
    cbo = brand.campaign(daily_budget=5000, is_adset_budget_sharing_enabled=None)
    assert codes(refused(brand, "adset", cbo)) == (100, 1885621)
    assert brand.adset(cbo, daily_budget=None)
    abo = brand.campaign()
    brand.adset(abo)
    with pytest.raises(FacebookRequestError) as caught:
        Campaign(abo, api=brand.api).api_update(params={"daily_budget": 5000})
    assert codes(caught.value) == (100, 1885621)


def test_the_minimum_is_told_in_the_money_of_the_account(world: World) -> None:
    tokyo = world.advertiser(currency="JPY", zone="Asia/Tokyo")
    campaign = tokyo.campaign()
    japan = {"targeting": targeting("JP"), "dsa_beneficiary": None, "dsa_payor": None}
    error = refused(tokyo, "adset", campaign, daily_budget=149, **japan)
    assert codes(error) == (100, 1885272)
    assert "150 JPY" in error.body()["error"]["error_user_msg"]
    assert tokyo.get(tokyo.adset(campaign, daily_budget=150, **japan), fields="daily_budget")["daily_budget"] == "150"


@pytest.mark.parametrize(
    ("link_data", "subcode"),
    [
        ({"image_hash": "0" * 32}, 1487242),
        ({"image_hash": None}, 1885252),
        ({"link": "ftp://example.org"}, 1487851),
        ({"link": None}, 1487851),
        ({"message": "x" * 1025}, 1487106),
        ({"name": "x" * 256}, 1487106),
        ({"call_to_action": {"type": "BUY_A_BOAT"}}, None),
        ({"sparkle": True}, None),
    ],
)
def test_a_creative_is_refused(brand: Advertiser, link_data: dict[str, Any], subcode: int | None) -> None:
    data = {k: v for k, v in {"image_hash": brand.image(), "link": "https://example.org/", **link_data}.items() if v is not None}
    error = refused(brand, "creative", object_story_spec={"page_id": brand.page, "link_data": data})
    assert codes(error) == (100, subcode)


def test_a_creative_needs_a_page_of_the_account_content_and_a_short_name(world: World, brand: Advertiser) -> None:
    stranger = world.advertiser()
    spec = {"page_id": stranger.page, "link_data": {"link": "https://example.org/", "image_hash": brand.image()}}
    assert codes(refused(brand, "creative", object_story_spec=spec)) == (100, 1487202)
    assert codes(refused(brand, "creative", object_story_spec=None)) == (100, 1815166)
    assert codes(refused(brand, "creative", name="x" * 101)) == (100, 1487106)


def test_an_asset_feed_has_limits_of_its_own(brand: Advertiser) -> None:
    feed: dict[str, Any] = {
        "images": [{"hash": brand.image()}],
        "bodies": [{"text": f"Text {n}"} for n in range(6)],
        "link_urls": [{"website_url": "https://example.org/"}],
        "ad_formats": ["SINGLE_IMAGE"],
    }
    story = {"page_id": brand.page}
    assert codes(refused(brand, "creative", object_story_spec=story, asset_feed_spec=feed)) == (100, 1885396)
    assert brand.creative(object_story_spec=story, asset_feed_spec={**feed, "bodies": feed["bodies"][:5]})


def test_an_ad_needs_an_ad_set_and_a_creative_of_its_account(world: World, brand: Advertiser) -> None:
    adset = brand.adset(brand.campaign())
    assert codes(refused(brand, "ad", "42")) == (100, 1487016)
    assert codes(refused(brand, "ad", adset, world.advertiser().creative())) == (100, 1487015)
    assert codes(refused(brand, "post", brand.id, "ads", name="Ad", adset_id=adset, creative={})) == (100, None)


def test_a_picture_must_be_a_picture(brand: Advertiser) -> None:
    for data in ("bm90IGEgcGljdHVyZQ==", "%%%"):
        with pytest.raises(FacebookRequestError) as caught:
            brand.account.create_ad_image(params={"bytes": data})
        assert codes(caught.value) == (100, 1487411)


def test_what_was_published_keeps_its_goal_and_its_promoted_object(brand: Advertiser) -> None:
    adset = AdSet(brand.adset(brand.campaign()), api=brand.api)
    other = {"pixel_id": brand.pixel, "custom_event_type": "PURCHASE"}
    adset.api_update(params={"promoted_object": other})
    adset.api_update(params={"status": "ACTIVE"})
    adset.api_update(params={"promoted_object": other, "name": "Same object, another name"})
    with pytest.raises(FacebookRequestError) as caught:
        adset.api_update(params={"promoted_object": {**other, "custom_event_type": "LEAD"}})
    assert codes(caught.value) == (100, 3260011)


def test_a_budget_changes_four_times_an_hour(world: World, brand: Advertiser) -> None:
    adset = AdSet(brand.adset(brand.campaign()), api=brand.api)
    for step in range(1, 5):
        adset.api_update(params={"daily_budget": 2000 + step})
    adset.api_update(params={"daily_budget": 2004})
    with pytest.raises(FacebookRequestError) as caught:
        adset.api_update(params={"daily_budget": 3000})
    assert codes(caught.value) == (613, 1487632)
    world.clock.advance(3601)
    adset.api_update(params={"daily_budget": 3000})
    assert brand.get(adset["id"], fields="daily_budget")["daily_budget"] == "3000"


def test_objects_that_are_not_there_fields_and_edges_that_are_not_known(brand: Advertiser) -> None:
    campaign = brand.campaign()
    cases: list[tuple[str, tuple[str, ...], dict[str, str], tuple[int, int | None]]] = [
        ("GET", ("123456",), {}, (100, 33)),
        ("POST", ("123456",), {"status": "PAUSED"}, (100, 33)),
        ("DELETE", (brand.page,), {}, (100, 33)),
        ("GET", (campaign,), {"fields": "wings"}, (100, None)),
        ("GET", (campaign,), {"fields": "id,{name}"}, (2500, None)),
        ("GET", (campaign, "feathers"), {}, (100, None)),
        ("POST", (campaign, "feathers"), {}, (100, 33)),
        ("POST", (brand.id, "adspixels"), {"name": "x"}, (100, 33)),
        ("GET", (brand.id, "campaigns"), {"limit": "0"}, (100, None)),
        ("GET", (brand.id, "campaigns"), {"limit": "9999"}, (1, None)),
        ("GET", (brand.id, "campaigns"), {"after": "bm9wZQ=="}, (100, None)),
        ("GET", (brand.id, "campaigns"), {"filtering": "[{}]"}, (100, None)),
        ("GET", (brand.id, "campaigns"), {"filtering": '[{"field":"wings","operator":"EQUAL","value":1}]'}, (100, None)),
        ("GET", (brand.id, "campaigns"), {"filtering": '[{"field":"name","operator":"LIKE","value":1}]'}, (100, None)),
        ("GET", (campaign, "ads", "more"), {}, (2500, None)),
    ]
    for method, path, params, wanted in cases:
        with pytest.raises(FacebookRequestError) as caught:
            brand.api.call(method, path, params)
        assert codes(caught.value) == wanted, (method, path, params)


@pytest.mark.parametrize(
    ("objective", "goal", "more"),
    [
        ("OUTCOME_AWARENESS", "REACH", {}),
        ("OUTCOME_AWARENESS", "THRUPLAY", {}),
        ("OUTCOME_TRAFFIC", "LINK_CLICKS", {"destination_type": "WEBSITE"}),
        ("OUTCOME_TRAFFIC", "LANDING_PAGE_VIEWS", {"destination_type": "WEBSITE"}),
        ("OUTCOME_ENGAGEMENT", "POST_ENGAGEMENT", {"destination_type": "ON_POST"}),
        ("OUTCOME_LEADS", "OFFSITE_CONVERSIONS", {"promoted_object": "LEAD"}),
        ("OUTCOME_SALES", "OFFSITE_CONVERSIONS", {"promoted_object": "PURCHASE", "destination_type": "WEBSITE"}),
        ("OUTCOME_SALES", "VALUE", {"promoted_object": "PURCHASE", "bid_strategy": "LOWEST_COST_WITH_MIN_ROAS",
                                    "bid_constraints": {"roas_average_floor": 20000}}),
        ("OUTCOME_SALES", "OFFSITE_CONVERSIONS", {"promoted_object": "PURCHASE", "bid_strategy": "COST_CAP", "bid_amount": 900}),
    ],
)  # fmt: skip
def test_each_objective_takes_its_goals(brand: Advertiser, objective: str, goal: str, more: dict[str, Any]) -> None:
    campaign = brand.campaign(objective=objective)
    event = more.get("promoted_object")
    promoted = {"pixel_id": brand.pixel, "custom_event_type": event} if event else None
    made = brand.adset(campaign, optimization_goal=goal, **{**more, "promoted_object": promoted})
    assert brand.get(made, fields="optimization_goal")["optimization_goal"] == goal


@pytest.mark.parametrize("objective", ["OUTCOME_AWARENESS", "OUTCOME_TRAFFIC"])
def test_conversions_are_no_goal_of_awareness_or_traffic(brand: Advertiser, objective: str) -> None:
    assert codes(refused(brand, "adset", brand.campaign(objective=objective))) == (100, 2490408)


@pytest.mark.parametrize(
    "spec",
    [
        targeting(age_min=21),
        targeting(age_max=50),
        targeting(genders=[1]),
        targeting(excluded_geo_locations={"countries": ["AT"]}),
        {
            "geo_locations": {"custom_locations": [{"latitude": 52.5, "longitude": 13.4, "radius": 5, "distance_unit": "kilometer"}]},
            "targeting_automation": {"advantage_audience": 0},
        },
    ],
)
@pytest.mark.parametrize("category", ["HOUSING", "EMPLOYMENT", "CREDIT", "FINANCIAL_PRODUCTS_SERVICES"])
def test_ads_about_homes_jobs_and_money_choose_nobody(brand: Advertiser, category: str, spec: dict[str, Any]) -> None:
    campaign = brand.campaign(special_ad_categories=[category], special_ad_category_country=["DE"])
    assert codes(refused(brand, "adset", campaign, targeting=spec)) == (100, 2909038)
    made = brand.adset(campaign)
    with pytest.raises(FacebookRequestError) as caught:
        brand.post(made, targeting=spec)
    assert codes(caught.value) == (100, 2909038)
    assert brand.adset(brand.campaign(), targeting=spec)


def test_ads_that_bring_people_to_a_website_need_a_link(brand: Advertiser) -> None:
    story = {"page_id": brand.page, "text_data": {"message": "No link"}}
    creative = brand.creative(object_story_spec=story)
    traffic = brand.adset(brand.campaign(objective="OUTCOME_TRAFFIC"), optimization_goal="REACH", promoted_object=None)
    assert codes(refused(brand, "ad", traffic, creative)) == (100, 1487851)
    seen = brand.adset(brand.campaign(objective="OUTCOME_AWARENESS"), optimization_goal="REACH", promoted_object=None)
    assert brand.ad(seen, creative)
