"""What becomes of ads after they are made: review, verdicts, learning, and accounts that may not advertise."""

from collections.abc import Iterator

import pytest
from facebook_business.adobjects.ad import Ad
from facebook_business.adobjects.adset import AdSet
from facebook_business.exceptions import FacebookRequestError

from tests.sandbox.world import Advertiser, World, codes


@pytest.fixture(autouse=True)
def _at_once(world: World) -> Iterator[None]:
    yield
    world.post("meta/settings", review_seconds=0, process_seconds=0)


def status(brand: Advertiser, key: str) -> str:
    return str(brand.get(key, fields="effective_status")["effective_status"])


def spent(brand: Advertiser, ad: str) -> list[dict[str, str]]:
    return list(brand.get(ad, "insights", fields="spend", date_preset="maximum")["data"])


def test_an_ad_is_processed_then_reviewed_then_active(world: World, brand: Advertiser) -> None:
    world.post("meta/settings", review_seconds=3600, process_seconds=60)
    _, _, (ad,) = brand.tree()
    assert status(brand, ad) == "IN_PROCESS"
    world.clock.advance(61)
    assert status(brand, ad) == "PENDING_REVIEW"
    assert brand.get(ad, fields="configured_status,status")["configured_status"] == "ACTIVE"
    world.clock.advance(3600)
    assert status(brand, ad) == "ACTIVE"


def test_a_text_against_the_policies_is_disapproved_when_the_review_is_over_and_never_serves(world: World, brand: Advertiser) -> None:
    world.post("meta/settings", review_seconds=3600)
    campaign, adset, _ = brand.tree(ads=0)
    ad = brand.ad(adset, brand.creative(link_data={"message": "Get rich quick with our course"}), status="ACTIVE")
    assert status(brand, ad) == "PENDING_REVIEW"
    assert "ad_review_feedback" not in brand.get(ad, fields="ad_review_feedback")
    world.clock.advance(3601)
    shown = Ad(ad, api=brand.api).api_get(fields=["effective_status", "ad_review_feedback", "issues_info", "status"])
    assert (shown["effective_status"], shown["status"]) == ("DISAPPROVED", "ACTIVE")
    assert list(shown["ad_review_feedback"]["global"]) == ["Unacceptable Business Practices"]
    assert shown["issues_info"][0]["error_type"] == "HARD_ERROR"
    world.clock.advance(2 * 86_400)
    assert spent(brand, ad) == []
    Ad(ad, api=brand.api).api_update(params={"creative": {"creative_id": brand.creative()}})
    assert status(brand, ad) == "PENDING_REVIEW"
    world.clock.advance(2 * 86_400)
    assert status(brand, ad) == "ACTIVE"
    assert float(spent(brand, ad)[0]["spend"]) > 0
    assert brand.get(campaign, fields="effective_status")["effective_status"] == "ACTIVE"


def test_a_person_can_decide_a_review(world: World, brand: Advertiser) -> None:
    world.post("meta/settings", review_seconds=3600)
    campaign, _, (ad,) = brand.tree()
    world.post("meta/review", id=ad, verdict="APPROVED")
    assert status(brand, ad) == "ACTIVE"
    world.post("meta/review", id=ad, verdict="DISAPPROVED", feedback={"Tobacco": "No."})
    assert brand.get(ad, fields="ad_review_feedback")["ad_review_feedback"]["global"] == {"Tobacco": "No."}
    world.post("meta/review", id=campaign, verdict="WITH_ISSUES", issue={"error_code": 1885366, "error_summary": "No funds"})
    shown = brand.get(campaign, fields="effective_status,issues_info")
    assert shown["effective_status"] == "WITH_ISSUES"
    assert (shown["issues_info"][0]["level"], shown["issues_info"][0]["error_code"]) == ("CAMPAIGN", 1885366)
    assert world.admin("POST", "meta/review", {"id": ad, "verdict": "MAYBE"})[0] == 400
    assert world.admin("POST", "meta/review", {"id": "7", "verdict": "APPROVED"})[0] == 404


def stage(brand: Advertiser, adset: str) -> dict[str, object]:
    return dict(brand.get(adset, fields="learning_stage_info")["learning_stage_info"])


def test_an_ad_set_learns_until_it_has_fifty_events_or_a_week_has_passed(world: World, brand: Advertiser) -> None:
    _, rich, _ = brand.tree(daily_budget=300_000)
    _, poor, _ = brand.tree(daily_budget=200)
    assert stage(brand, rich)["status"] == "LEARNING"
    world.clock.advance(8 * 86_400)
    assert stage(brand, rich) == {**stage(brand, rich), "status": "SUCCESS", "conversions": 50}
    assert stage(brand, poor)["status"] == "FAIL"
    before = stage(brand, rich)["last_sig_edit_ts"]
    AdSet(rich, api=brand.api).api_update(params={"daily_budget": 310_000})
    assert stage(brand, rich)["last_sig_edit_ts"] == before
    AdSet(rich, api=brand.api).api_update(params={"daily_budget": 600_000})
    assert (stage(brand, rich)["status"], stage(brand, rich)["last_sig_edit_ts"] == before) == ("LEARNING", False)


def test_who_owes_money_can_stop_ads_but_not_start_them(world: World, brand: Advertiser) -> None:
    _, adset, (ad,) = brand.tree()
    world.post("meta/status", account=brand.id, account_status=3)
    assert brand.get(brand.id, fields="account_status")["account_status"] == 3
    assert status(brand, ad) == "PENDING_BILLING_INFO"
    for attempt in (brand.campaign, lambda: brand.post(adset, status="ACTIVE")):
        with pytest.raises(FacebookRequestError) as caught:
            attempt()
        assert codes(caught.value) == (100, 1359188)
    assert brand.post(ad, status="PAUSED") == {"success": True}
    world.post("meta/status", account=brand.id, account_status=2)
    with pytest.raises(FacebookRequestError) as caught:
        brand.post(ad, status="PAUSED")
    assert codes(caught.value)[0] == 368
    assert brand.get(brand.id, fields="account_status,disable_reason")["disable_reason"] == 1
    world.post("meta/status", account=brand.id, account_status=1)
    assert brand.campaign()
    assert world.admin("POST", "meta/status", {"account": brand.id, "account_status": 4})[0] == 400
    assert world.admin("POST", "meta/status", {"account": ad, "account_status": 1})[0] == 404
