"""Who may call: tokens, proofs, versions; and how much: usage headers and limits."""

import json

import pytest
from facebook_business.exceptions import FacebookRequestError

from tests.sandbox.world import Advertiser, World, codes


def test_the_token_and_the_proof_are_checked(world: World, brand: Advertiser) -> None:
    cases = [
        (world.api(token="wrong", secret=None), (190, None)),
        (world.api(secret="wrong"), (100, None)),
    ]
    for api, wanted in cases:
        with pytest.raises(FacebookRequestError) as caught:
            api.call("GET", (brand.id,))
        assert codes(caught.value) == wanted
    assert world.api(secret=None).call("GET", (brand.id,)).json() == {"id": brand.id}


def test_a_call_without_a_token_is_refused(world: World, brand: Advertiser) -> None:
    api = world.api(secret=None)
    api._session.requests.params = {}
    with pytest.raises(FacebookRequestError) as caught:
        api.call("GET", (brand.id,))
    assert codes(caught.value) == (104, None)
    assert api.call("GET", (brand.id,), headers={"Authorization": "Bearer sandbox-token"}).json() == {"id": brand.id}


def test_versions_that_are_gone_or_not_yet_there_are_refused(world: World, brand: Advertiser) -> None:
    for version in ("v12.0", "v99.0"):
        with pytest.raises(FacebookRequestError) as caught:
            world.api().call("GET", (brand.id,), api_version=version)
        assert codes(caught.value) == (2635, None)
    assert world.api().call("GET", (brand.id,), api_version="v24.0").json() == {"id": brand.id}


def test_usage_headers_tell_every_use_case_in_one_list(brand: Advertiser) -> None:
    brand.account.get_insights(params={"date_preset": "yesterday"})
    headers = brand.api.call("GET", (brand.id, "insights"), {"date_preset": "yesterday"}).headers()
    uses = json.loads(headers["X-Business-Use-Case-Usage"])[brand.id[4:]]
    assert {u["type"] for u in uses} == {"ads_management", "ads_insights"} or {u["type"] for u in uses} == {"ads_insights"}
    assert json.loads(headers["X-Ad-Account-Usage"])["ads_api_access_tier"] == "standard_access"
    assert set(json.loads(headers["x-fb-ads-insights-throttle"])) >= {"app_id_util_pct", "acc_id_util_pct"}
    assert set(json.loads(headers["X-App-Usage"])) == {"call_count", "total_time", "total_cputime"}


def test_figures_of_the_headers_can_be_ordered(world: World, brand: Advertiser) -> None:
    world.post("meta/usage", account=brand.id, type="ads_insights", call_count=97, estimated_time_to_regain_access=12)
    headers = brand.api.call("GET", (brand.id,)).headers()
    (use,) = [u for u in json.loads(headers["X-Business-Use-Case-Usage"])[brand.id[4:]] if u["type"] == "ads_insights"]
    assert (use["call_count"], use["estimated_time_to_regain_access"]) == (97, 12)


def test_a_developer_is_blocked_after_sixty_points(world: World) -> None:
    small = world.advertiser(tier="development_access")
    for _ in range(20):
        small.campaign()
    with pytest.raises(FacebookRequestError) as caught:
        small.campaign()
    assert codes(caught.value) == (17, 2446079)
    assert json.loads(caught.value.http_headers()["X-Ad-Account-Usage"])["acc_id_util_pct"] == 100.0
