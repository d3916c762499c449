"""The wire: TLS, credentials, versions, both message forms, unknown methods, ordered faults."""

import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.ads.googleads.errors import GoogleAdsException
from google.api_core import exceptions

from sandbox.faults import Fault
from sandbox.google.tls import make_certificate
from tests.sandbox.google.campaigns import request, whole_campaign
from tests.sandbox.google.world import World, codes, running

CAMPAIGNS = "SELECT campaign.name, campaign.status FROM campaign"


def _search(world: World, query: str = CAMPAIGNS, *, customer: str | None = None, **client: Any) -> list[Any]:
    service = world.client(**client).get_service("GoogleAdsService")
    return list(service.search(customer_id=customer or world.customer, query=query))


@pytest.mark.parametrize("version", ["v26", "v25", "v24", "v23"])
@pytest.mark.parametrize("use_proto_plus", [True, False])
def test_every_version_and_both_message_forms_are_served(world: World, version: str, use_proto_plus: bool) -> None:
    whole_campaign(world)
    client = world.client(version=version, use_proto_plus=use_proto_plus)
    row = next(iter(client.get_service("GoogleAdsService").search(customer_id=world.customer, query=CAMPAIGNS)))
    assert hasattr(row, "DESCRIPTOR") is not use_proto_plus
    assert row.campaign.name == "Campaign"
    with pytest.raises(GoogleAdsException) as caught:
        client.get_service("GoogleAdsService").search(customer_id=world.customer, query="SELECT")
    assert caught.value.failure.errors[0].message.startswith("Error in query")


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ({"token": "wrong"}, "authentication_error.OAUTH_TOKEN_INVALID"),
        ({"developer_token": "wrong"}, "authentication_error.DEVELOPER_TOKEN_INVALID"),
        ({"developer_token": ""}, "request_error.DEVELOPER_TOKEN_PARAMETER_MISSING"),
        ({"login_customer_id": "9999999999"}, "authorization_error.USER_PERMISSION_DENIED"),
    ],
)
def test_wrong_credentials_are_refused(world: World, client: dict[str, str], expected: str) -> None:
    assert codes(lambda: _search(world, **client)) == [expected]


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ("123-456-7890", "request_error.INVALID_CUSTOMER_ID"),
        ("4444444444", "authorization_error.USER_PERMISSION_DENIED"),
        ("6666666666", "authorization_error.CUSTOMER_NOT_ENABLED"),
    ],
)
def test_a_customer_must_be_known_and_enabled(world: World, customer: str, expected: str) -> None:
    world.add_customer("6666666666", status="CANCELED")
    assert codes(lambda: _search(world, customer=customer)) == [expected]


def test_a_manager_may_log_in_for_its_client(world: World) -> None:
    manager = world.add_customer("5555555555", manager=True)
    assert _search(world, login_customer_id=manager) == []


def test_a_method_that_is_not_simulated_says_so(world: World) -> None:
    service = world.client().get_service("KeywordPlanIdeaService")
    with pytest.raises(exceptions.MethodNotImplemented, match="does not simulate KeywordPlanIdeaService/"):
        service.generate_keyword_ideas(request=world.client().get_type("GenerateKeywordIdeasRequest"))


def test_a_resource_that_is_not_simulated_says_so(world: World) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match="recommendation"):
        _search(world, "SELECT recommendation.type FROM recommendation")
    wanted = request(world)
    wanted._operation().label_operation.create.name = "Label"
    with pytest.raises(exceptions.MethodNotImplemented, match="label_operation"):
        wanted.send()


def test_another_path_is_no_method(world: World) -> None:
    channel = grpc.secure_channel(f"localhost:{world.port}", grpc.ssl_channel_credentials())
    for path, words in (("/x.Y/Z", "not a method"), ("/google.ads.googleads.v9.services.A/B", "version v9")):
        with pytest.raises(grpc.RpcError, match=words) as caught:
            channel.unary_unary(path)(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as broken:
        channel.unary_unary("/google.ads.googleads.v26.services.GoogleAdsService/Search")(b"\xff\xff")
    assert broken.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    channel.close()


def test_a_certificate_is_kept_while_it_is_good(tmp_path: Path) -> None:
    first = make_certificate(tmp_path)
    assert make_certificate(tmp_path) == first
    (tmp_path / "cert.pem").write_text("damaged")
    renewed = make_certificate(tmp_path)
    assert renewed.chain != first.chain
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


def test_a_port_in_use_is_an_error_that_says_what_to_do(world: World, tmp_path: Path) -> None:
    from sandbox.google import server
    from tests.sandbox.google.trust import trusted_tls_dir

    with pytest.raises(OSError, match="choose another --google-port"):
        server.start(world.store, world.clock, world.faults, port=world.port, tls_dir=trusted_tls_dir(), token="", developer_token="")


def _order(world: World, fault: str, method: str = "*", **more: Any) -> None:
    world.faults.add(Fault("google", method, fault, **more))


def test_a_timeout_after_commit_leaves_the_campaign_there(world: World) -> None:
    _order(world, "timeout_after_commit", "GoogleAdsService/Mutate")
    with pytest.raises(exceptions.DeadlineExceeded):
        whole_campaign(world)
    assert [row.campaign.name for row in _search(world)] == ["Campaign"]


def test_a_client_that_gives_up_finds_what_was_committed(world: World) -> None:
    _order(world, "timeout_after_commit", "GoogleAdsService/Mutate", seconds=30.0)
    wanted = request(world)
    wanted.budget()
    mutate = world.client().get_type("MutateGoogleAdsRequest")
    mutate.customer_id = world.customer
    mutate.mutate_operations.extend(wanted.operations)
    with pytest.raises(exceptions.DeadlineExceeded):
        world.client().get_service("GoogleAdsService").mutate(request=mutate, timeout=0.3)
    assert len(_search(world, "SELECT campaign_budget.id FROM campaign_budget")) == 1


def test_a_late_commit_lands_after_the_client_was_told_otherwise(world: World) -> None:
    _order(world, "late_commit", "GoogleAdsService/Mutate", seconds=0.01)
    with pytest.raises(exceptions.DeadlineExceeded):
        whole_campaign(world)
    deadline = time.monotonic() + 30
    while len(world.calls()) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [outcome for _, outcome in world.calls()] == ["DEADLINE_EXCEEDED", "OK"]
    assert [row.campaign.name for row in _search(world)] == ["Campaign"]


@pytest.mark.parametrize(
    ("fault", "raised"),
    [("unavailable", exceptions.ServiceUnavailable), ("reset", exceptions.ServiceUnavailable)],
)
def test_an_unavailable_platform_does_nothing(world: World, fault: str, raised: type[Exception]) -> None:
    _order(world, fault)
    with pytest.raises(raised):
        whole_campaign(world)
    assert _search(world) == []


def test_a_throttled_call_carries_the_delay_to_keep_to(world: World) -> None:
    _order(world, "rate_limited", seconds=12.0)
    with pytest.raises(exceptions.ResourceExhausted) as caught:
        _search(world)
    trailing = dict(caught.value.errors[0].trailing_metadata())
    failure = world.client().get_type("GoogleAdsFailure")
    failure.ParseFromString(trailing["google.ads.googleads.v26.errors.googleadsfailure-bin"])
    details = failure.errors[0].details.quota_error_details
    assert failure.errors[0].error_code.quota_error == 4
    assert (details.retry_delay.seconds, details.rate_scope) == (12, 2)
    assert _search(world) == []


@pytest.mark.parametrize(
    ("fault", "detail", "expected"),
    [
        ("account_suspended", {}, "authorization_error.CUSTOMER_NOT_ENABLED"),
        ("token_revoked", {}, "authentication_error.OAUTH_TOKEN_REVOKED"),
        ("error", {"error": "database_error.CONCURRENT_MODIFICATION"}, "database_error.CONCURRENT_MODIFICATION"),
    ],
)
def test_named_errors_can_be_ordered(world: World, fault: str, detail: dict[str, str], expected: str) -> None:
    _order(world, fault, detail=detail)
    assert codes(lambda: _search(world)) == [expected]


def test_a_bare_status_can_be_ordered(world: World) -> None:
    _order(world, "error", detail={"status": "INTERNAL", "message": "boom"})
    with pytest.raises(exceptions.InternalServerError, match="boom"):
        _search(world)


def test_a_second_sandbox_of_the_process_is_trusted_too(world: World, tmp_path: Path) -> None:
    with running(tmp_path / "other.sqlite") as other:
        other.customer = other.add_customer("1234567890")
        assert other.search(CAMPAIGNS) == []
