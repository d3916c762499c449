"""A platform's bad day: each fault as a client sees it, and what the platform has done all the same."""

from typing import Any

import pytest
import requests
from facebook_business.exceptions import FacebookRequestError

from sandbox.meta.errors import NAMED
from tests.sandbox.world import Advertiser, World, codes


def order(world: World, fault: str, method: str = "POST adaccount/campaigns", **more: Any) -> None:
    world.post("faults", platform="meta", method=method, fault=fault, **more)


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_documented_error_can_be_ordered_by_name(world: World, brand: Advertiser, name: str) -> None:
    order(world, "error", detail={"name": name})
    with pytest.raises(FacebookRequestError) as caught:
        brand.campaign()
    wanted = NAMED[name]
    assert codes(caught.value) == (wanted.code, wanted.subcode)
    assert caught.value.api_transient_error() is wanted.transient
    assert caught.value.http_status() == wanted.status
    assert caught.value.body()["error"]["fbtrace_id"]
    assert brand.campaign()


def test_an_error_nobody_documented_can_be_ordered_by_code(world: World, brand: Advertiser) -> None:
    order(world, "error", detail={"code": 100, "subcode": 4711, "message": "Odd", "is_transient": True, "status": 500})
    with pytest.raises(FacebookRequestError) as caught:
        brand.campaign()
    assert codes(caught.value) == (100, 4711)
    assert caught.value.api_transient_error() is True


def test_a_lost_answer_leaves_the_object_behind(world: World, brand: Advertiser) -> None:
    order(world, "timeout_after_commit", seconds=0.01)
    with pytest.raises(requests.exceptions.ConnectionError):
        brand.campaign(name="Lost")
    assert [c["name"] for c in brand.account.get_campaigns(fields=["name"])] == ["Lost"]


def test_a_reset_before_the_work_leaves_nothing(world: World, brand: Advertiser) -> None:
    order(world, "reset")
    with pytest.raises(requests.exceptions.ConnectionError):
        brand.campaign()
    assert list(brand.account.get_campaigns()) == []


def test_a_late_commit_appears_after_the_client_has_given_up(world: World, brand: Advertiser) -> None:
    order(world, "late_commit", seconds=0.5)
    impatient = world.api(timeout=0.1)
    params = {"name": "Late", "objective": "OUTCOME_TRAFFIC", "special_ad_categories": "[]", "daily_budget": 1000}
    with pytest.raises(requests.exceptions.ReadTimeout):
        impatient.call("POST", (brand.id, "campaigns"), params)
    assert list(brand.account.get_campaigns()) == []
    seen: list[str] = []
    for _ in range(600):
        seen = [c["name"] for c in brand.account.get_campaigns(fields=["name"])]
        if seen:
            break
    assert seen == ["Late"]


def test_an_error_after_the_commit_is_the_trap_of_a_blind_retry(world: World, brand: Advertiser) -> None:
    order(world, "error", detail={"name": "unknown", "committed": True})
    with pytest.raises(FacebookRequestError):
        brand.campaign(name="Twice")
    brand.campaign(name="Twice")
    assert len(list(brand.account.get_campaigns())) == 2


def test_the_other_faults_look_as_they_do_on_the_platform(world: World, brand: Advertiser) -> None:
    wanted = {
        "unavailable": (2, None, 503),
        "rate_limited": (80004, None, 400),
        "account_suspended": (368, None, 400),
        "token_revoked": (190, 460, 400),
        "error_with_200": (2, None, 200),
    }
    for fault, (code, subcode, status) in wanted.items():
        order(world, fault)
        with pytest.raises(FacebookRequestError) as caught:
            brand.campaign()
        assert (*codes(caught.value), caught.value.http_status()) == (code, subcode, status)
    assert list(brand.account.get_campaigns()) == []


def test_a_page_of_html_under_502_passes_for_success_in_the_sdk(world: World, brand: Advertiser) -> None:
    order(world, "html", method="GET campaign")
    answer = brand.api.call("GET", (brand.campaign(),), {})
    assert answer.status() == 502
    assert answer.is_success()
    assert "<html>" in answer.body()


def test_a_proxy_s_page_under_200_means_that_nothing_was_done(world: World, brand: Advertiser) -> None:
    order(world, "html_200")
    answer = brand.api.call("POST", (brand.id, "campaigns"), {"name": "x"})
    assert (answer.status(), "<html>" in answer.body(), answer.is_success()) == (200, True, True)
    assert list(brand.account.get_campaigns()) == []


def test_of_a_batch_half_is_answered_and_of_the_rest_half_is_done(world: World, brand: Advertiser) -> None:
    order(world, "half_batch", method="POST batch")
    batch = brand.api.new_batch()
    answered: list[Any] = []
    plain = {"objective": "OUTCOME_TRAFFIC", "special_ad_categories": [], "daily_budget": 1000, "status": "PAUSED"}
    for number in range(8):
        brand.account.create_campaign(params={**plain, "name": f"C{number}"}, batch=batch, success=answered.append)
    again = batch.execute()
    assert (len(answered), len(again)) == (4, 4)
    assert sorted(c["name"] for c in brand.account.get_campaigns(fields=["name"])) == ["C0", "C1", "C2", "C3", "C4", "C6"]


def test_a_create_that_is_doubled_names_the_second_object(world: World, brand: Advertiser) -> None:
    order(world, "duplicate")
    named = brand.campaign(name="Twin")
    found = [c["id"] for c in brand.account.get_campaigns(fields=["name"])]
    assert len(found) == 2
    assert named == max(found)


def test_a_read_can_lag_behind_what_was_written(world: World, brand: Advertiser) -> None:
    first = brand.campaign(name="Old")
    world.clock.advance(60)
    second = brand.campaign(name="New")
    brand.post(first, status="ACTIVE")
    order(world, "stale_read", method="GET adaccount/campaigns", seconds=30, times=2)
    for _ in range(2):
        assert [(c["id"], c["status"]) for c in brand.account.get_campaigns(fields=["status"])] == [(first, "PAUSED")]
    assert [c["id"] for c in brand.account.get_campaigns()] == [second, first]
    order(world, "stale_read", method="GET campaign", seconds=30, times=2)
    assert brand.get(first, fields="status")["status"] == "PAUSED"
    with pytest.raises(FacebookRequestError) as caught:
        brand.get(second)
    assert codes(caught.value) == (100, 33)


def test_every_read_can_lag(world: World, brand: Advertiser) -> None:
    world.post("meta/settings", read_lag_seconds=30)
    try:
        world.clock.advance(60)
        brand.campaign()
        assert list(brand.account.get_campaigns()) == []
        world.clock.advance(31)
        assert len(list(brand.account.get_campaigns())) == 1
    finally:
        world.post("meta/settings", read_lag_seconds=0)


def test_a_read_can_hold_words_that_nobody_knows(world: World, brand: Advertiser) -> None:
    key = brand.campaign()
    order(world, "unknown_enum", method="GET campaign")
    assert brand.get(key, fields="status,effective_status,name") == {
        "id": key, "status": "SOMETHING_NEW", "effective_status": "SOMETHING_NEW", "name": "Spring",
    }  # fmt: skip
    order(world, "unknown_enum", method="GET campaign", detail={"field": "effective_status", "value": "RESTING"})
    shown = brand.get(key, fields="status,effective_status")
    assert (shown["status"], shown["effective_status"]) == ("PAUSED", "RESTING")


def test_a_fault_strikes_the_calls_it_was_ordered_for_and_no_others(world: World, brand: Advertiser) -> None:
    order(world, "unavailable", method="POST *", skip=1, times=2)
    first = brand.campaign()
    for _ in range(2):
        with pytest.raises(FacebookRequestError):
            brand.campaign()
    assert brand.get(first)["id"] == first
    assert brand.campaign()


def test_a_disabled_account_takes_no_writes(world: World, brand: Advertiser) -> None:
    world.post("edit", platform="meta", id=brand.id, body={"account_status": 2})
    with pytest.raises(FacebookRequestError) as caught:
        brand.campaign()
    assert codes(caught.value)[0] == 368
    assert brand.get(brand.id, fields="account_status")["account_status"] == 2


def test_the_sandbox_counts_what_the_platform_saw(world: World, brand: Advertiser) -> None:
    key = brand.campaign()
    with pytest.raises(FacebookRequestError):
        brand.campaign(daily_budget=1)
    mine = [c["outcome"] for c in world.calls("POST adaccount/campaigns") if c["account"] == brand.id]
    assert mine == [f"ok {key}", "error 100/1885272"]


def test_a_plan_by_seed_strikes_the_same_calls_again(world: World, brand: Advertiser) -> None:
    def struck() -> list[int]:
        world.faults.clear()
        rates = {"unavailable": 0.2, "error_with_200": 0.1, "html_200": 0.1}
        world.post("faults/plan", platform="meta", seed=5, rates=rates, method="POST adaccount/campaigns")
        for _ in range(20):
            try:
                brand.campaign()
            except (FacebookRequestError, KeyError, TypeError):
                continue
        return [entry["number"] for entry in world.admin("GET", "faults/plan")[1]["struck"]]

    assert struck() == struck() != []
