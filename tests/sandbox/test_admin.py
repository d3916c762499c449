"""The admin API and Google's token endpoint."""

import base64
import json
from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.world import World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("admin")) as made:
        yield made


def test_accounts_are_made_once_by_name(world: World) -> None:
    body = {"descriptive_name": "Blender", "currency": "EUR", "time_zone": "Europe/Berlin"}
    first, second = world.post("google/customers", **body), world.post("google/customers", **body)
    assert first == second
    assert len(first["customer_id"]) == 10
    path = f"google/customers/{first['customer_id']}/conversion_actions"
    action = world.post(path, name="Sign-up", category="SIGNUP", value=17)
    assert action == world.post(path, name="Sign-up", category="SIGNUP", value=17)
    assert action["resource_name"] == f"customers/{first['customer_id']}/conversionActions/{action['id']}"
    meta = world.post("meta/accounts", name="Blender", currency="EUR", timezone_name="Europe/Berlin")["account_id"]
    assert meta.startswith("act_")
    for kind, key in (("pages", "page_id"), ("pixels", "pixel_id")):
        made = world.post(f"meta/accounts/{meta}/{kind}", name="One")
        assert made == world.post(f"meta/accounts/{meta}/{kind}", name="One")
        assert made[key]


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("meta/accounts", {"name": "X", "currency": "DOGE", "timezone_name": "UTC"}, 400, "currency"),
        ("meta/accounts", {"name": "X", "currency": "EUR", "timezone_name": "Mars/Olympus"}, 400, "time zone"),
        ("meta/accounts", {"name": "X", "currency": "EUR"}, 400, "timezone_name"),
        ("meta/accounts", {"name": "X", "currency": "EUR", "timezone_name": "UTC", "colour": "red"}, 400, "colour"),
        ("meta/accounts", {"name": "X", "currency": "EUR", "timezone_name": "UTC", "tier": "gold"}, 400, "tier"),
        ("meta/accounts/act_9/pages", {"name": "X"}, 404, "act_9"),
        ("google/customers/9/conversion_actions", {"name": "X"}, 404, "9"),
        ("google/customers/9/conversion_actions", {"name": "X", "click_days": 91}, 400, "click_days"),
        ("google/customers/9/conversion_actions", {"name": "X", "view_days": "1"}, 400, "view_days"),
        ("google/customers/9/toys", {"name": "X"}, 404, "toys"),
        ("nothing", {}, 404, "nothing"),
        ("clock", {"now": "2020-01-01T00:00:00Z"}, 400, "never goes back"),
        ("clock", {"now": "soon"}, 400, ""),
        ("clock", {}, 400, "advance_seconds"),
        ("faults", {"platform": "meta", "fault": "error", "detail": {"name": "gremlins"}}, 400, "detail.name"),
        ("edit", {"platform": "meta", "id": "9"}, 404, "9"),
        ("meta/settings", {"speed": 1}, 400, "review_seconds"),
    ],
)
def test_the_admin_api_says_what_is_wrong(world: World, path: str, body: dict[str, str], status: int, says: str) -> None:
    got, answer = world.admin("POST", path, body)
    assert got == status
    assert says in answer["error"]


def test_the_clock_is_read_and_moved_on(world: World) -> None:
    before = world.admin("GET", "clock")[1]["now"]
    assert world.post("clock", advance_seconds=3600)["now"] > before
    assert world.admin("GET", "health")[1]["status"] == "ok"


def test_objects_faults_and_outside_edits_can_be_looked_at(world: World) -> None:
    brand = world.advertiser()
    key = brand.campaign(status="ACTIVE")
    world.post("edit", platform="meta", id=key, status="PAUSED", name="By hand")
    found = world.admin("GET", f"objects?platform=meta&kind=campaign&account={brand.id}")[1]["objects"]
    assert [(o["id"], o["status"], o["name"]) for o in found] == [(key, "PAUSED", "By hand")]
    world.post("edit", platform="meta", id=key, status="DELETED")
    assert brand.get(key, fields="effective_status")["effective_status"] == "DELETED"
    world.post("faults", platform="meta", fault="reset", method="never")
    assert len(world.admin("GET", "faults")[1]["waiting"]) == 1
    assert world.admin("DELETE", "faults")[1]["waiting"] == []
    assert world.admin("GET", "objects")[0] == 400


def assertion(**claims: object) -> str:
    parts = [{"alg": "RS256"}, claims]
    text = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*text, "c2lnbmF0dXJl"])


def test_a_refresh_token_and_a_service_account_get_an_access_token(world: World) -> None:
    client = {"client_id": "sandbox-client", "client_secret": "sandbox-client-secret"}
    jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    good = assertion(iss="robot@example.org", exp=1, aud=f"{world.url}/oauth2/token")
    cases = [
        ({"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token", **client}, 200, None),
        ({"grant_type": "refresh_token", "refresh_token": "stale", **client}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token", "client_id": "?"}, 401, "invalid_client"),
        ({"grant_type": jwt, "assertion": good}, 200, None),
        ({"grant_type": jwt, "assertion": assertion(iss="x", exp=1, aud="elsewhere")}, 400, "invalid_grant"),
        ({"grant_type": jwt, "assertion": "nonsense"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ]
    for form, status, error in cases:
        answer = requests.post(f"{world.url}/oauth2/token", data=form, timeout=60)
        assert (answer.status_code, answer.json().get("error")) == (status, error)
        assert error or answer.json()["access_token"] == "sandbox-token"
