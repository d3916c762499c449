"""Rate limits: enforced when they are on, told in the headers, and who goes on all the same is counted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from facebook_business.exceptions import FacebookRequestError

from tests.sandbox.world import Advertiser, World, codes


@pytest.fixture(autouse=True)
def _forgotten(world: World) -> Iterator[None]:
    yield
    assert world.admin("DELETE", "meta/limits")[0] == 200


def limit(world: World, **limits: Any) -> None:
    world.post("meta/limits", **limits)


def used(world: World, brand: Advertiser) -> Any:
    return world.admin("GET", "meta/limits")[1]["accounts"][brand.id]


def refused(brand: Advertiser, *path: str, **params: Any) -> FacebookRequestError:
    with pytest.raises(FacebookRequestError) as caught:
        brand.get(*path, **params)
    return caught.value


def test_reads_count_one_point_and_writes_three_and_a_block_follows(world: World, brand: Advertiser) -> None:
    limit(world, account=brand.id, score=7)
    brand.campaign()
    brand.campaign()
    brand.get(brand.id)
    error = refused(brand, brand.id)
    assert codes(error) == (17, 2446079)
    shown = json.loads(error.http_headers()["X-Ad-Account-Usage"])
    assert (shown["acc_id_util_pct"], shown["ads_api_access_tier"]) == (100.0, "standard_access")
    assert 0 < shown["reset_time_duration"] <= 60
    about = used(world, brand)
    assert (about["refused"], about["violations"], about["calls"]) == ({"17": 1}, 0, 4)


def test_who_calls_on_before_the_time_is_over_is_counted(world: World, brand: Advertiser) -> None:
    limit(world, account=brand.id, score=1, block_seconds=3600)
    brand.get(brand.id)
    for _ in range(3):
        refused(brand, brand.id)
    assert used(world, brand)["violations"] == 2


@pytest.mark.parametrize(
    ("limits", "path", "code"),
    [
        ({"ads_management": 1}, (), (80004, None)),
        ({"ads_insights": 0}, ("insights",), (80000, 2446079)),
        ({"app_calls_per_hour": 1}, (), (4, None)),
    ],
)
def test_an_hour_s_calls_are_limited_by_use(
    world: World, brand: Advertiser, limits: dict[str, int], path: tuple[str, ...], code: tuple[int, int | None]
) -> None:
    limit(world, **({} if "app_calls_per_hour" in limits else {"account": brand.id}), **limits)
    if "ads_insights" not in limits:
        brand.get(brand.id, *path)
    error = refused(brand, brand.id, *path)
    assert codes(error) == code
    entries = {e["type"]: e for e in json.loads(error.http_headers()["X-Business-Use-Case-Usage"])[brand.id[4:]]}
    assert set(entries) == {"ads_management", "ads_insights"}
    if "ads_management" in limits:
        assert entries["ads_management"]["call_count"] == 100
        # Minutes, not seconds.
        assert 55 <= entries["ads_management"]["estimated_time_to_regain_access"] <= 60


def test_active_ads_raise_the_hourly_limit(world: World, brand: Advertiser) -> None:
    brand.tree(ads=2)
    world.admin("DELETE", "meta/limits")
    limit(world, account=brand.id, ads_management=0)
    for _ in range(80):
        brand.get(brand.id)
    assert codes(refused(brand, brand.id)) == (80004, None)


def test_writes_of_one_second_are_limited(world: World, brand: Advertiser) -> None:
    limit(world, account=brand.id, writes_per_second=0)
    with pytest.raises(FacebookRequestError) as caught:
        brand.campaign()
    assert codes(caught.value) == (613, 1487742)


def test_each_call_of_a_batch_counts(world: World, brand: Advertiser) -> None:
    limit(world, account=brand.id, score=10)
    calls = [{"method": "GET", "relative_url": brand.id}] * 12
    answers = brand.api.call("POST", (), {"batch": calls}).json()
    assert [a["code"] for a in answers] == [200] * 10 + [400] * 2
    assert json.loads(answers[-1]["body"])["error"]["code"] == 17


def test_without_enforcement_nobody_is_refused_and_the_headers_say_nothing_is_used(world: World, brand: Advertiser) -> None:
    limit(world, score=1, enforce=False)
    for _ in range(5):
        brand.get(brand.id)
    headers = brand.api.call("GET", (brand.id,)).headers()
    assert json.loads(headers["X-Ad-Account-Usage"])["acc_id_util_pct"] == 0
    assert json.loads(headers["X-App-Usage"])["call_count"] == 0
    assert used(world, brand)["calls"] == 6


def test_a_limit_that_nobody_knows_or_below_zero_is_refused(world: World) -> None:
    assert world.admin("POST", "meta/limits", {"speed": 1})[0] == 400
    assert world.admin("POST", "meta/limits", {"score": -1})[0] == 400
