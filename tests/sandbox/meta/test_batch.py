"""Batches: up to fifty calls in one request, each counted and answered on its own."""

import json
from typing import Any

import pytest
from facebook_business.adobjects.campaign import Campaign
from facebook_business.exceptions import FacebookRequestError

from tests.sandbox.world import Advertiser, World, codes, png

PLAIN = {"objective": "OUTCOME_TRAFFIC", "special_ad_categories": [], "daily_budget": 1000, "status": "PAUSED"}


def test_a_batch_makes_what_it_can_and_tells_each_caller(brand: Advertiser) -> None:
    batch = brand.api.new_batch()
    good: list[Any] = []
    bad: list[Any] = []
    for name in ("One", "", "Three"):
        brand.account.create_campaign(params={**PLAIN, "name": name}, batch=batch, success=good.append, failure=bad.append)
    assert batch.execute() is None
    assert [len(good), len(bad)] == [2, 1]
    assert codes(bad[0].error())[0] == 100
    assert {h["name"] for h in good[0].headers()} >= {"X-Business-Use-Case-Usage", "X-Ad-Account-Usage", "Content-Type"}
    assert {c["name"] for c in brand.account.get_campaigns(fields=["name"])} == {"One", "Three"}


def test_reads_and_changes_go_into_one_batch(brand: Advertiser) -> None:
    key = brand.campaign()
    batch = brand.api.new_batch()
    shown: list[Any] = []
    Campaign(key, api=brand.api).api_update(params={"name": "Renamed"}, batch=batch)
    Campaign(key, api=brand.api).api_get(fields=["name"], batch=batch, success=lambda r: shown.append(r.json()))
    batch.execute()
    assert shown == [{"id": key, "name": "Renamed"}]


def test_a_later_call_can_use_the_result_of_an_earlier_one(brand: Advertiser) -> None:
    calls = [
        {"method": "POST", "relative_url": f"v26.0/{brand.id}/campaigns", "name": "made",
         "body": "name=Chain&objective=OUTCOME_TRAFFIC&special_ad_categories=[]&daily_budget=1000"},
        {"method": "GET", "relative_url": "{result=made:$.id}?fields=name"},
    ]  # fmt: skip
    answers = brand.api.call("POST", (), {"batch": calls}).json()
    assert [a["code"] for a in answers] == [200, 200]
    assert json.loads(answers[1]["body"])["name"] == "Chain"


def test_an_answer_that_never_came_is_null_and_the_sdk_hands_back_a_new_batch(world: World, brand: Advertiser) -> None:
    world.post("faults", platform="meta", method="POST adaccount/campaigns", fault="timeout_after_commit", skip=1)
    batch = brand.api.new_batch()
    for name in ("First", "Second"):
        brand.account.create_campaign(params={**PLAIN, "name": name}, batch=batch)
    again = batch.execute()
    assert again is not None
    assert len(again) == 1
    assert {c["name"] for c in brand.account.get_campaigns(fields=["name"])} == {"First", "Second"}


def test_every_call_of_a_batch_counts(world: World, brand: Advertiser) -> None:
    before = len([c for c in world.calls("GET campaign") if c["account"] == brand.id])
    key = brand.campaign()
    calls = [{"method": "GET", "relative_url": key}] * 50
    assert len(brand.api.call("POST", (), {"batch": calls}).json()) == 50
    assert len([c for c in world.calls("GET campaign") if c["account"] == brand.id]) == before + 50
    with pytest.raises(FacebookRequestError) as caught:
        brand.api.call("POST", (), {"batch": [*calls, calls[0]]})
    assert codes(caught.value)[0] == 100


def test_a_batch_that_is_no_list_is_refused(brand: Advertiser) -> None:
    for batch in ("nonsense", "{}", '[{"method":"GET"}]'):
        with pytest.raises(FacebookRequestError):
            brand.api.call("POST", (), {"batch": batch})


def test_several_ad_sets_of_one_campaign_do_not_go_into_one_batch(brand: Advertiser) -> None:
    campaign = brand.campaign()
    first, second, other = brand.adset(campaign), brand.adset(campaign), brand.adset(brand.campaign())
    body = "status=PAUSED"
    calls = [{"method": "POST", "relative_url": key, "body": body} for key in (first, second, other, first)]
    answers = brand.api.call("POST", (), {"batch": calls}).json()
    assert [a["code"] for a in answers] == [200, 400, 200, 200]
    new = [{"method": "POST", "relative_url": f"{brand.id}/adsets", "body": f"campaign_id={campaign}"}] * 2
    answers = brand.api.call("POST", (), {"batch": new}).json()
    said = [json.loads(a["body"])["error"]["message"] for a in answers]
    assert "one batch" in said[1]
    assert "one batch" not in said[0]


def test_a_picture_can_be_attached_to_a_call_of_a_batch(brand: Advertiser) -> None:
    calls = [{"method": "POST", "relative_url": f"{brand.id}/adimages", "attached_files": "one"}]
    answers = brand.api.call("POST", (), {"batch": calls}, files={"one": ("card.png", png(5, 6), "image/png")}).json()
    assert json.loads(answers[0]["body"])["images"]["card.png"]["height"] == 6
