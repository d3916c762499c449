"""Create, read, list, change and delete, through the official SDK."""

import pytest
from facebook_business.adobjects.ad import Ad
from facebook_business.adobjects.adset import AdSet
from facebook_business.adobjects.campaign import Campaign
from facebook_business.exceptions import FacebookRequestError

from tests.sandbox.world import Advertiser, World, codes, png


def test_a_read_shows_the_fields_that_were_asked_for_and_the_id(brand: Advertiser) -> None:
    key = brand.campaign(name="Frühling")
    assert brand.get(key, fields="name,status") == {"id": key, "name": "Frühling", "status": "PAUSED"}
    assert brand.get(key) == {"id": key}


def test_budgets_are_text_and_times_stand_in_the_account_zone(brand: Advertiser) -> None:
    adset = brand.adset(brand.campaign(), end_time="2027-04-30T21:59:59+0000")
    shown = brand.get(adset, fields="daily_budget,lifetime_budget,end_time,start_time")
    assert shown["daily_budget"] == "2000"
    assert shown["lifetime_budget"] == "0"
    assert shown["end_time"] == "2027-04-30T23:59:59+0200"
    assert shown["start_time"].startswith("2027-03-01T09:0")


def test_what_is_not_said_gets_the_platform_s_defaults(brand: Advertiser) -> None:
    campaign = brand.campaign(status=None)
    adset = brand.adset(campaign, status=None)
    assert brand.get(campaign, fields="status,buying_type") == {"id": campaign, "status": "ACTIVE", "buying_type": "AUCTION"}
    shown = brand.get(adset, fields="status,bid_strategy,attribution_spec")
    assert shown["status"] == "ACTIVE"
    assert shown["bid_strategy"] == "LOWEST_COST_WITHOUT_CAP"
    assert {w["event_type"]: w["window_days"] for w in shown["attribution_spec"]} == {"CLICK_THROUGH": 7, "VIEW_THROUGH": 1}


def test_names_are_not_unique_and_a_second_create_makes_a_second_object(brand: Advertiser) -> None:
    first, second = brand.campaign(name="Same"), brand.campaign(name="Same")
    assert first != second
    found = brand.account.get_campaigns(params={"filtering": [{"field": "name", "operator": "CONTAIN", "value": "same"}]})
    assert {c["id"] for c in found} == {first, second}


def test_effective_status_follows_the_parents(brand: Advertiser) -> None:
    campaign, adset, (ad,) = brand.tree()
    assert brand.get(ad, fields="effective_status")["effective_status"] == "ACTIVE"
    AdSet(adset, api=brand.api).api_update(params={"status": "PAUSED"})
    assert brand.get(ad, fields="effective_status")["effective_status"] == "ADSET_PAUSED"
    AdSet(adset, api=brand.api).api_update(params={"status": "ACTIVE"})
    Campaign(campaign, api=brand.api).api_update(params={"status": "PAUSED"})
    assert brand.get(ad, fields="effective_status")["effective_status"] == "CAMPAIGN_PAUSED"
    assert brand.get(adset, fields="effective_status,status") == {"id": adset, "effective_status": "CAMPAIGN_PAUSED", "status": "ACTIVE"}


def test_delete_hides_an_object_and_all_below_it_but_reads_by_id_go_on(brand: Advertiser) -> None:
    campaign, _, (ad,) = brand.tree()
    assert brand.delete(campaign) == {"success": True}
    assert list(brand.account.get_campaigns()) == []
    assert brand.get(ad, fields="effective_status")["effective_status"] == "DELETED"
    deleted = brand.account.get_campaigns(params={"effective_status": ["DELETED"]})
    assert [c["id"] for c in deleted] == [campaign]
    with pytest.raises(FacebookRequestError) as refused:
        Campaign(campaign, api=brand.api).api_update(params={"status": "ACTIVE"})
    assert codes(refused.value)[0] == 100


def test_a_list_is_cut_into_pages_that_lose_and_repeat_nothing(brand: Advertiser) -> None:
    made = [brand.campaign(name=f"Page {n}") for n in range(7)]
    cursor = brand.account.get_campaigns(fields=["name"], params={"limit": 3, "summary": True})
    assert [c["id"] for c in cursor] == made[::-1]
    assert cursor.total() == 7
    page = brand.get(brand.id, "campaigns", limit=3)
    assert page["paging"]["next"].startswith(brand.world.url)
    assert "access_token" not in page["paging"]["next"]


def test_an_image_is_stored_once_by_its_content(brand: Advertiser, tmp_path: object) -> None:
    assert brand.image() == brand.image()
    wide = brand.image(width=16)
    found = brand.account.get_ad_images(params={"hashes": [wide]}, fields=["hash", "width", "height", "id"])
    assert [dict(i) for i in found] == [{"hash": wide, "width": 16, "height": 8, "id": f"{brand.id[4:]}:{wide}"}]
    assert len(list(brand.account.get_ad_images())) == 2


def test_an_image_file_can_be_uploaded_as_multipart(brand: Advertiser) -> None:
    answer = brand.api.call("POST", (brand.id, "adimages"), files={"card.png": ("card.png", png(4, 4), "image/png")}).json()
    assert answer["images"]["card.png"]["width"] == 4


def test_an_image_in_use_is_not_deleted(brand: Advertiser) -> None:
    used, spare = brand.image(), brand.image(width=9)
    brand.creative(image=used)
    assert brand.delete(brand.id, "adimages", hash=spare) == {"success": True}
    with pytest.raises(FacebookRequestError):
        brand.delete(brand.id, "adimages", hash=used)


def test_fields_reach_through_links_and_edges(brand: Advertiser) -> None:
    campaign, adset, (ad,) = brand.tree()
    shown = brand.get(ad, fields="adset{name,campaign{id}},creative{name,object_story_spec}")
    assert shown["adset"] == {"id": adset, "name": "Artists", "campaign": {"id": campaign}}
    assert shown["creative"]["object_story_spec"]["link_data"]["link"] == "https://example.org/"
    nested = brand.get(campaign, fields="name,adsets.limit(1){id,ads{name}}")
    assert nested["adsets"]["data"][0]["ads"]["data"] == [{"name": "Ad 0", "id": ad}]


def test_filters_compare_and_look_at_parents(brand: Advertiser) -> None:
    _, adset, ads = brand.tree(ads=3)
    by_parent = [{"field": "adset.id", "operator": "EQUAL", "value": adset}]
    assert {a["id"] for a in brand.account.get_ads(params={"filtering": by_parent})} == set(ads)
    some = [{"field": "id", "operator": "IN", "value": ads[:2]}]
    assert {a["id"] for a in brand.account.get_ads(params={"filtering": some})} == set(ads[:2])
    none = [{"field": "name", "operator": "STARTS_WITH", "value": "Zz"}]
    assert list(brand.account.get_ads(params={"filtering": none})) == []


def test_validate_only_checks_everything_and_keeps_nothing(brand: Advertiser) -> None:
    params = {
        "name": "Try",
        "objective": "OUTCOME_TRAFFIC",
        "special_ad_categories": [],
        "daily_budget": 1000,
        "execution_options": ["validate_only"],
    }
    assert brand.post(brand.id, "campaigns", **params) == {"success": True}
    assert list(brand.account.get_campaigns()) == []
    with pytest.raises(FacebookRequestError):
        brand.post(brand.id, "campaigns", **{**params, "daily_budget": 1})


def test_a_new_ad_waits_for_its_review_and_a_person_can_see_it_disapproved(world: World, brand: Advertiser) -> None:
    world.post("meta/settings", review_seconds=3600)
    try:
        _, _, (ad,) = brand.tree()
        assert brand.get(ad, fields="effective_status")["effective_status"] == "PENDING_REVIEW"
        world.clock.advance(3601)
        assert brand.get(ad, fields="effective_status")["effective_status"] == "ACTIVE"
    finally:
        world.post("meta/settings", review_seconds=0)
    world.post("edit", platform="meta", id=ad, body={"review": "DISAPPROVED"})
    shown = brand.get(ad, fields="effective_status,issues_info")
    assert shown["effective_status"] == "DISAPPROVED"
    assert shown["issues_info"][0]["level"] == "AD"


def test_a_new_creative_can_be_given_to_an_ad_and_its_content_never_changes(brand: Advertiser) -> None:
    _, _, (ad,) = brand.tree()
    other = brand.creative(link_data={"message": "Another text"})
    Ad(ad, api=brand.api).api_update(params={"creative": {"creative_id": other}})
    assert brand.get(ad, fields="creative")["creative"] == {"id": other}
    with pytest.raises(FacebookRequestError) as refused:
        brand.post(other, object_story_spec={"page_id": brand.page})
    assert codes(refused.value)[0] == 100


def test_accounts_pages_and_pixels_can_be_listed(brand: Advertiser) -> None:
    assert [p["id"] for p in brand.account.get_ads_pixels(fields=["name"])] == [brand.pixel]
    assert brand.get(brand.id, "promote_pages", fields="name")["data"] == [{"name": "Page", "id": brand.page}]
    assert brand.id in [a["id"] for a in brand.get("me", "adaccounts", limit=100)["data"]]


def test_targeting_search_finds_cities_and_languages(brand: Advertiser) -> None:
    (city,) = brand.get("search", type="adgeolocation", q="Lisb")["data"]
    assert (city["name"], city["country_code"]) == ("Lisbon", "PT")
    assert {"key": 11, "name": "Japanese"} in brand.get("search", type="adlocale", q="japan")["data"]
