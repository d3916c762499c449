"""Rate limits, tokens that end, stale reads, suspended accounts, other people's edits, and what a witness can read of it all."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.oauth2.credentials import Credentials as UserCredentials

from sandbox.faults import Fault
from sandbox.google.limits import CUSTOMER, DEVELOPER, Limit, Limits
from sandbox.http import Credentials, start
from tests.sandbox.google.campaigns import request, whole_campaign
from tests.sandbox.google.world import DEVELOPER_TOKEN, TOKEN, World, codes

Admin = Callable[..., Any]
CAMPAIGNS = "SELECT campaign.id, campaign.name, campaign.status FROM campaign"


@pytest.fixture
def admin(world: World) -> Iterator[Admin]:
    """POST (with fields) or GET to the admin API, as JSON."""
    web = start(world.store, world.clock, world.faults, port=0, credentials=Credentials(TOKEN, "client", "secret", "refresh"))

    def call(path: str, **body: Any) -> Any:
        url = f"http://127.0.0.1:{web.port}/{path if path.startswith('oauth2') else f'sandbox/{path}'}"
        answer = requests.post(url, json=body, timeout=60) if body else requests.get(url, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    call.url = f"http://127.0.0.1:{web.port}"  # type: ignore[attr-defined]  # the address goes with the calls
    yield call
    web.stop()


def test_a_bucket_lets_pass_what_flows_in_and_counts_who_does_not_wait() -> None:
    now = [100.0]
    limits = Limits(lambda: now[0])
    limits.set(CUSTOMER, "1", Limit(calls_per_second=2, burst=2))
    assert [limits.take("1", "dev") is None for _ in range(3)] == [True, True, False]
    over = limits.take("1", "dev")
    assert over is not None
    assert (over.scope, round(over.retry_seconds, 3)) == (CUSTOMER, 0.5)
    assert limits.take("2", "dev") is None
    now[0] += 0.5
    assert limits.take("1", "dev") is None
    seen = limits.report()["seen"]
    assert seen[CUSTOMER]["1"] == {"calls": 5, "refused": 2, "early": 1, "most_in_a_second": 5}
    assert seen[DEVELOPER]["dev"]["calls"] == 6


def test_the_limit_is_enforced_on_the_wire_and_a_witness_reads_it(world: World, admin: Admin) -> None:
    admin("google/limits", scope="DEVELOPER", key=DEVELOPER_TOKEN, calls_per_second=0.001, burst=2)
    assert world.search(CAMPAIGNS) == world.search(CAMPAIGNS) == []
    with pytest.raises(exceptions.ResourceExhausted):
        world.search(CAMPAIGNS)
    seen = admin("google/limits")["seen"]["DEVELOPER"][DEVELOPER_TOKEN]
    assert seen["calls"] >= 3
    assert seen["refused"] >= 1
    admin("google/limits", scope="DEVELOPER", key=DEVELOPER_TOKEN, calls_per_second=0)
    assert world.search(CAMPAIGNS) == []


def _client(world: World, admin: Admin, grant: str = "refresh") -> Any:
    from google.ads.googleads.client import GoogleAdsClient

    credentials = UserCredentials(
        None, refresh_token=grant, token_uri=f"{admin.url}/oauth2/token", client_id="client", client_secret="secret"  # type: ignore[attr-defined]
    )  # fmt: skip
    endpoint = f"localhost:{world.port}"
    client = GoogleAdsClient(
        credentials=credentials, developer_token=DEVELOPER_TOKEN, endpoint=endpoint, version="v26", use_proto_plus=False
    )
    return client.get_service("GoogleAdsService")


def test_the_sdk_gets_tokens_that_end_and_gets_new_ones(world: World, admin: Admin) -> None:
    admin("google/tokens", seconds=1)
    service = _client(world, admin)
    for _ in range(2):
        # One second is less than the SDK's own margin: it asks for a token before every call.
        assert list(service.search(customer_id=world.customer, query=CAMPAIGNS)) == []
    granted = requests.post(
        f"{admin.url}/oauth2/token",  # type: ignore[attr-defined]
        data={"grant_type": "refresh_token", "refresh_token": "refresh", "client_id": "client", "client_secret": "secret"},
        timeout=60,
    ).json()
    assert granted["access_token"].startswith("ya29.")
    world.client(token=granted["access_token"]).get_service("GoogleAdsService").search(customer_id=world.customer, query=CAMPAIGNS)
    admin("google/tokens", revoke="access")
    expected = ["authentication_error.OAUTH_TOKEN_REVOKED"]
    old = world.client(token=granted["access_token"]).get_service("GoogleAdsService")
    assert codes(lambda: old.search(customer_id=world.customer, query=CAMPAIGNS)) == expected
    assert codes(lambda: world.search(CAMPAIGNS)) == expected
    assert list(service.search(customer_id=world.customer, query=CAMPAIGNS)) == []


def test_a_revoked_or_rotated_refresh_token_is_an_invalid_grant(world: World, admin: Admin) -> None:
    # The SDK tells of a grant that was refused as of a platform that is not there.
    admin("google/tokens", revoke="refresh")
    with pytest.raises(exceptions.ServiceUnavailable, match="invalid_grant"):
        _client(world, admin).search(customer_id=world.customer, query=CAMPAIGNS)
    admin("google/tokens", restore=True, rotate="new")
    with pytest.raises(exceptions.ServiceUnavailable, match="invalid_grant"):
        _client(world, admin).search(customer_id=world.customer, query=CAMPAIGNS)
    assert list(_client(world, admin, "new").search(customer_id=world.customer, query=CAMPAIGNS)) == []


def test_the_token_endpoint_has_bad_days_of_its_own(world: World, admin: Admin) -> None:
    world.faults.add(Fault("google", "oauth2/token", "token_revoked"))
    with pytest.raises(exceptions.ServiceUnavailable, match="invalid_grant"):
        _client(world, admin).search(customer_id=world.customer, query=CAMPAIGNS)
    assert list(_client(world, admin).search(customer_id=world.customer, query=CAMPAIGNS)) == []


def test_a_read_that_lags_shows_what_was(world: World) -> None:
    world.clock.advance(3600)
    whole_campaign(world)
    world.clock.advance(60)
    world.faults.add(Fault("google", "GoogleAdsService/Search", "stale_read", seconds=300))
    assert world.search(CAMPAIGNS) == []
    assert len(world.search(CAMPAIGNS)) == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("duplicate_name", "campaign_error.DUPLICATE_CAMPAIGN_NAME"),
        ("concurrent_modification", "database_error.CONCURRENT_MODIFICATION"),
        ("partial_failure", "internal_error.TRANSIENT_ERROR"),
    ],
)
def test_a_refusal_leaves_nothing_behind(world: World, fault: str, expected: str) -> None:
    world.faults.add(Fault("google", "GoogleAdsService/Mutate", fault))
    wanted = request(world)
    wanted.budget()
    wanted.budget("Other")
    if fault == "partial_failure":
        # INTERNAL is a status on which the SDK raises what gRPC gave it.
        with pytest.raises(exceptions.InternalServerError):
            wanted.send()
    else:
        assert codes(wanted.send) == [expected]
    assert world.search("SELECT campaign_budget.id FROM campaign_budget") == []


def test_one_operation_fails_and_the_others_stand_where_partial_failure_is_asked_for(world: World) -> None:
    world.faults.add(Fault("google", "GoogleAdsService/Mutate", "partial_failure", detail={"index": 1}))
    wanted = request(world)
    for name in ("One", "Two", "Three"):
        wanted.budget(name)
    answer = wanted.send(partial_failure=True)
    assert answer.HasField("partial_failure_error")
    rows = world.search("SELECT campaign_budget.name FROM campaign_budget")
    assert [row.campaign_budget.name for row in rows] == ["One", "Three"]


def test_a_suspended_account_is_read_and_not_changed_and_spends_nothing(world: World, admin: Admin) -> None:
    whole_campaign(world)
    admin("google/status", customer=world.customer, status="SUSPENDED")
    [row] = world.search("SELECT customer.status FROM customer")
    assert row.customer.status == world.client().enums.CustomerStatusEnum.SUSPENDED
    wanted = request(world)
    wanted.budget("Other")
    assert codes(wanted.send) == ["authorization_error.ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT"]
    world.clock.advance(3 * 86_400)
    [row] = world.search("SELECT metrics.cost_micros FROM customer WHERE segments.date DURING YESTERDAY") or [None]
    assert row is None or row.metrics.cost_micros == 0


def test_an_edit_by_somebody_else_is_told_with_name_and_client(world: World, admin: Admin) -> None:
    names = whole_campaign(world)
    admin("google/edit", resource_name=names.budget, amount_micros=90_000_000, user="eve@example.com", client_type="GOOGLE_ADS_EDITOR")
    admin("google/edit", resource_name=names.campaign, status="PAUSED", user="eve@example.com")
    events = world.search(
        "SELECT change_event.user_email, change_event.client_type, change_event.changed_fields, change_event.change_resource_name"
        " FROM change_event WHERE change_event.change_date_time DURING TODAY AND change_event.user_email = 'eve@example.com' LIMIT 10"
    )
    told = {(row.change_event.change_resource_name, tuple(row.change_event.changed_fields.paths)) for row in events}
    assert told == {(names.budget, ("amount_micros",)), (names.campaign, ("status",))}
    enums = world.client().enums.ChangeClientTypeEnum
    assert {row.change_event.client_type for row in events} == {enums.GOOGLE_ADS_EDITOR, enums.GOOGLE_ADS_WEB_CLIENT}
    campaign = admin("campaigns?platform=google")["campaigns"][0]
    assert [(entry["status"], entry["by"]["method"]) for entry in campaign["history"]] == [
        ("ENABLED", "GoogleAdsService/Mutate"),
        ("PAUSED", "edit"),
    ]
    assert campaign["history"][1]["by"]["user"] == "eve@example.com"


def test_a_plan_is_ordered_and_read_through_the_admin_api(world: World, admin: Admin) -> None:
    ordered = admin("faults/plan", platform="google", seed=5, rates={"unavailable": 1.0}, times=1)
    assert ordered["first"][0] == [0, "unavailable"]
    with pytest.raises(exceptions.ServiceUnavailable):
        world.search(CAMPAIGNS)
    assert world.search(CAMPAIGNS) == []
    assert [entry["method"] for entry in admin("faults/plan")["struck"]] == ["GoogleAdsService/Search"]


def test_campaigns_are_seeded_in_bulk_and_found_by_a_part_of_their_name(world: World, admin: Admin) -> None:
    made = admin("google/seed", customer=world.customer, count=300, campaign={"name": "Seed {n} [mark-{n}]", "status": "PAUSED"})
    assert made["objects"] == 1500
    [row] = world.search(f"{CAMPAIGNS} WHERE campaign.name LIKE '%mark-123]%' AND campaign.status != 'REMOVED'")
    assert row.campaign.name == "Seed 123 [mark-123]"
    assert len(world.search("SELECT ad_group_ad.ad.id, campaign.name FROM ad_group_ad")) == 300
    admin("google/edit", resource_name=row.campaign.resource_name, name="Another")
    assert world.search(f"{CAMPAIGNS} WHERE campaign.name LIKE '%mark-123]%'") == []
