"""Tokens: how a client gets one, what it is worth, and how it ends."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from facebook_business.exceptions import FacebookRequestError

from tests.sandbox.world import APP_SECRET, Advertiser, World, codes

APP = "1000000000"
CLIENT = {"client_id": APP, "client_secret": APP_SECRET}


@pytest.fixture(autouse=True)
def _restored(world: World) -> Iterator[None]:
    yield
    world.post("meta/tokens", token="sandbox-token", end="")
    world.post("meta/settings", require_proof=0)


def oauth(world: World, *path: str, method: str = "GET", **params: Any) -> Any:
    return world.api().call(method, path, params).json()


def refused(world: World, *path: str, method: str = "GET", **params: Any) -> tuple[int | None, int | None]:
    with pytest.raises(FacebookRequestError) as caught:
        oauth(world, *path, method=method, **params)
    return codes(caught.value)


def test_a_token_is_exchanged_for_one_that_lives_sixty_days(world: World, brand: Advertiser) -> None:
    short = world.post("meta/tokens", expires_in=3600, scopes=["ads_read", "ads_management"])["access_token"]
    made = oauth(world, "oauth", "access_token", grant_type="fb_exchange_token", fb_exchange_token=short, **CLIENT)
    assert (made["token_type"], made["expires_in"]) == ("bearer", 5_184_000)
    assert world.api(token=made["access_token"]).call("GET", (brand.id,)).json() == {"id": brand.id}
    shown = oauth(world, "debug_token", input_token=made["access_token"])["data"]
    assert (shown["app_id"], shown["is_valid"], shown["type"]) == (APP, True, "USER")
    assert shown["expires_at"] - shown["issued_at"] == 5_184_000
    assert shown["scopes"] == ["ads_read", "ads_management"]


def test_consent_gives_a_code_that_is_good_for_one_token(world: World, brand: Advertiser) -> None:
    back = "https://zamc.example/oauth?tenant=1"
    asked = {"client_id": APP, "redirect_uri": back, "state": "s1", "scope": "ads_read"}
    answer = requests.get(f"{world.url}/v26.0/dialog/oauth", params=asked, allow_redirects=False, timeout=60)
    assert answer.status_code == 302
    given = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (given["state"], given["tenant"]) == (["s1"], ["1"])
    code = given["code"][0]
    assert refused(world, "oauth", "access_token", code="AQwrong", redirect_uri=back, **CLIENT) == (100, 36009)
    made = oauth(world, "oauth", "access_token", code=code, redirect_uri=back, **CLIENT)
    reader = world.api(token=made["access_token"])
    assert reader.call("GET", (brand.id,)).json() == {"id": brand.id}
    with pytest.raises(FacebookRequestError) as caught:
        reader.call("POST", (brand.id, "campaigns"), {"name": "x"})
    assert codes(caught.value) == (200, None)
    assert refused(world, "oauth", "access_token", code=code, redirect_uri=back, **CLIENT) == (100, 36009)


def test_the_app_has_a_token_of_its_own_that_touches_no_ads(world: World, brand: Advertiser) -> None:
    own = oauth(world, "oauth", "access_token", method="POST", grant_type="client_credentials", **CLIENT)["access_token"]
    assert own == f"{APP}|{APP_SECRET}"
    assert world.api(token=own).call("GET", ("debug_token",), {"input_token": own}).json()["data"]["type"] == "APP"
    with pytest.raises(FacebookRequestError) as caught:
        world.api(token=own).call("GET", (brand.id,))
    assert codes(caught.value) == (10, None)


def test_wrong_clients_and_grants_are_refused(world: World) -> None:
    assert refused(world, "oauth", "access_token", grant_type="client_credentials", client_id="7", client_secret=APP_SECRET) == (101, None)
    assert refused(world, "oauth", "access_token", grant_type="client_credentials", client_id=APP, client_secret="no") == (1, None)
    assert refused(world, "oauth", "access_token", grant_type="password", **CLIENT) == (100, None)
    assert refused(world, "oauth", "access_token", grant_type="fb_exchange_token", fb_exchange_token="EAAnever", **CLIENT) == (190, None)
    assert refused(world, "debug_token") == (100, None)
    assert refused(world, "dialog", "oauth", client_id=APP, redirect_uri="not-an-address") == (191, None)
    assert oauth(world, "debug_token", input_token="EAAnever")["data"]["is_valid"] is False


@pytest.mark.parametrize(("end", "subcode"), [("revoked", 460), ("expired", 463), ("app_removed", 458), ("checkpoint", 459)])
def test_a_token_that_has_ended_opens_nothing(world: World, brand: Advertiser, end: str, subcode: int) -> None:
    world.post("meta/tokens", token="sandbox-token", end=end)
    with pytest.raises(FacebookRequestError) as caught:
        brand.get(brand.id)
    assert codes(caught.value) == (190, subcode)
    world.post("meta/tokens", token="sandbox-token", end="")
    assert brand.get(brand.id) == {"id": brand.id}


def test_a_token_expires_by_real_time_and_cannot_be_exchanged_then(world: World) -> None:
    text = world.post("meta/tokens", expires_in=-1)["access_token"]
    with pytest.raises(FacebookRequestError) as caught:
        world.api(token=text).call("GET", ("me",))
    assert codes(caught.value) == (190, 463)
    assert refused(world, "oauth", "access_token", grant_type="fb_exchange_token", fb_exchange_token=text, **CLIENT) == (190, 463)
    shown = oauth(world, "debug_token", input_token=text)["data"]
    assert (shown["is_valid"], shown["error"]["subcode"]) == (False, 463)


def test_permissions_are_shown_and_taken_back(world: World) -> None:
    text = world.post("meta/tokens", scopes=["ads_read"])["access_token"]
    api = world.api(token=text)
    assert api.call("GET", ("me", "permissions")).json() == {"data": [{"permission": "ads_read", "status": "granted"}]}
    assert api.call("DELETE", ("me", "permissions")).json() == {"success": True}
    with pytest.raises(FacebookRequestError) as caught:
        api.call("GET", ("me",))
    assert codes(caught.value) == (190, 458)


def test_an_app_can_demand_the_proof(world: World, brand: Advertiser) -> None:
    world.post("meta/settings", require_proof=1)
    with pytest.raises(FacebookRequestError) as caught:
        world.api(secret=None).call("GET", (brand.id,))
    assert codes(caught.value) == (100, None)
    assert world.api().call("GET", (brand.id,)).json() == {"id": brand.id}


def test_token_endpoints_have_bad_days_too(world: World) -> None:
    world.post("faults", platform="meta", method="GET oauth/access_token", fault="unavailable")
    assert refused(world, "oauth", "access_token", grant_type="client_credentials", **CLIENT) == (2, None)
    world.post("faults", platform="meta", method="GET debug_token", fault="html")
    answer = world.api().call("GET", ("debug_token",), {"input_token": "sandbox-token"})
    assert (answer.status(), "<html>" in answer.body()) == (502, True)


def test_admin_refuses_what_it_does_not_know(world: World) -> None:
    assert world.admin("POST", "meta/tokens", {"token": "EAAnever"})[0] == 404
    assert world.admin("POST", "meta/tokens", {"token": "sandbox-token", "end": "stolen"})[0] == 400
