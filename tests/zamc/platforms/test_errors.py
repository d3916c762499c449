"""Refusals of both platforms as our errors; no credential survives in a text."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.google.campaigns import whole_campaign
from tests.sandbox.google.world import World
from tests.sandbox.google.world import running as google_running
from zamc.errors import AccountBlocked, AlreadyThere, CredentialsRefused, GiveUp, InDoubt, Later, Mend, OutsideError, Throttled
from zamc.platforms.errors import scrub
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.errors import translate

TOKEN = "EAAverysecrettokenofasystemuser"


@pytest.mark.parametrize(
    ("code", "subcode", "read", "write"),
    [
        (4, 1504022, Throttled, Throttled), (17, 2446079, Throttled, Throttled), (32, None, Throttled, Throttled),
        (613, 1487742, Throttled, Throttled), (80000, None, Throttled, Throttled), (80004, 2446079, Throttled, Throttled),
        (80014, None, Throttled, Throttled), (80015, None, GiveUp, GiveUp),
        (613, 1487632, Later, Later), (6000, 1363037, Later, Later), (100, 1885204, Later, Later),
        (1, None, Later, InDoubt), (2, None, Later, InDoubt), (100, 1487390, Later, InDoubt),
        (190, 460, CredentialsRefused, CredentialsRefused), (368, None, AccountBlocked, AccountBlocked),
        (200, None, GiveUp, GiveUp), (10, None, GiveUp, GiveUp), (2635, None, GiveUp, GiveUp),
        (100, 33, GiveUp, GiveUp), (100, 1885621, GiveUp, GiveUp), (100, 3260011, GiveUp, GiveUp), (100, None, GiveUp, GiveUp),
    ],
)  # fmt: skip
def test_meta_codes_become_the_class_that_tells_what_to_do(
    code: int, subcode: int | None, read: type[OutsideError], write: type[OutsideError]
) -> None:
    error: dict[str, Any] = {"code": code, "message": f"no ({TOKEN})", "fbtrace_id": "trace"}
    if subcode:
        error["error_subcode"] = subcode
    for status in (200, 400):
        for kind, writes in ((read, False), (write, True)):
            ours = translate(status, {"error": error}, {}, write=writes, secrets=[TOKEN])
            assert type(ours) is kind
            assert ours.code == (f"{code}/{subcode}" if subcode else str(code))
            assert ours.request_id == "trace"
            assert TOKEN not in str(ours)


def test_a_blamed_text_can_be_mended_and_a_blamed_budget_cannot() -> None:
    def blamed(field: str) -> OutsideError | None:
        data = json.dumps({"blame_field_specs": [[field]]})
        return translate(400, {"error": {"code": 100, "message": "no", "error_data": data}}, {}, write=True)

    assert isinstance(blamed("object_story_spec"), Mend)
    assert isinstance(blamed("daily_budget"), GiveUp)


@pytest.mark.parametrize(
    ("status", "body", "write", "kind"),
    [
        (200, {"id": "1"}, True, None),
        (200, [], False, None),
        (200, {"success": False}, True, InDoubt),
        (200, {"success": False}, False, Later),
        (502, "<html>error, success</html>", True, InDoubt),
        (502, "<html>", False, Later),
        (200, "<html>", True, InDoubt),
        (429, "slow down", True, Throttled),
        (403, "<html>proxy</html>", True, GiveUp),
        (302, "", True, GiveUp),
    ],
)
def test_meta_answers_that_are_no_json_are_not_taken_for_success(status: int, body: Any, write: bool, kind: Any) -> None:
    ours = translate(status, body, {}, write=write)
    assert ours is None if kind is None else type(ours) is kind


def test_the_longest_wait_that_any_header_names_is_meta_s_delay() -> None:
    usage = {"1": [{"estimated_time_to_regain_access": 0}, {"estimated_time_to_regain_access": 7}]}
    headers = {"x-business-use-case-usage": json.dumps(usage), "x-ad-account-usage": '{"reset_time_duration": 60}'}
    ours = translate(400, {"error": {"code": 80004, "message": "slow"}}, headers, write=True, account="act_1")
    assert isinstance(ours, Later)
    assert ours.delay == timedelta(minutes=7)
    for broken in ({"x-business-use-case-usage": "nonsense"}, {}):
        ours = translate(400, {"error": {"code": 17, "message": "slow"}}, broken, write=True)
        assert isinstance(ours, Later)
        assert ours.delay is None


@contextmanager
def _server(status: int, body: bytes, *, silent: bool = False) -> Iterator[str]:
    hang = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if silent:
                hang.wait(30)
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the name is http.server's

        def log_message(self, *_: object) -> None:
            """Tests keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        hang.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("method", "kind"), [("POST", InDoubt), ("GET", Later)])
def test_a_proxy_s_page_goes_through_the_sdk_as_a_doubt(method: str, kind: type[OutsideError]) -> None:
    with _server(502, b"<html>error success</html>") as url:
        client = MetaClient(token=TOKEN, graph_url=url, version="v25.0", timeout_seconds=20)
        with pytest.raises(kind):
            client.api.call(method, ("act_1", "campaigns"))
        client.close()


@pytest.mark.parametrize(("method", "kind"), [("POST", InDoubt), ("GET", Later)])
def test_silence_is_a_doubt_for_a_write_and_later_for_a_read(method: str, kind: type[OutsideError]) -> None:
    with _server(200, b"", silent=True) as url:
        client = MetaClient(token=TOKEN, graph_url=url, version="v25.0", timeout_seconds=0.2)
        with pytest.raises(kind) as said:
            client.api.call(method, ("act_1", "campaigns"))
        client.close()
    assert TOKEN not in str(said.value)


def test_a_refused_connection_surely_did_nothing_and_tells_no_token() -> None:
    client = MetaClient(token=TOKEN, graph_url="http://127.0.0.1:1", version="v25.0", timeout_seconds=20)
    with pytest.raises(Later) as said:
        client.api.call("POST", ("act_1", "campaigns"))
    assert TOKEN not in str(said.value)
    assert "***" in str(said.value)


def test_scrubbing_takes_every_form_of_a_credential() -> None:
    said = f"GET https://x/?access_token=abc&y=1 Bearer xyz 'developer-token': 'dev' EA{'a' * 40} plain\nsecret " + "x" * 2_000
    clean = scrub(said, secrets=["plain"])
    assert not any(word in clean for word in ("abc", "xyz", "'dev'", "EAaaa", "plain", "\n"))
    assert len(clean) <= 600


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with google_running(tmp_path_factory.mktemp("errors") / "sandbox.sqlite") as world:
        world.customer = world.add_customer("1234567890")
        whole_campaign(world, "Taken")
        yield world


def _client(world: World, *, timeout: float = 20, **changed: Any) -> GoogleClient:
    return GoogleClient(world.client(**changed), version="v26", timeout_seconds=timeout)


def _campaign(client: GoogleClient, world: World, **changes: Any) -> Any:
    operation = client.message("MutateOperation")
    budget = operation.campaign_budget_operation.create
    budget.resource_name, budget.name = f"customers/{world.customer}/campaignBudgets/-1", "b"
    budget.amount_micros = changes.get("micros", 10_000_000)
    second = client.message("MutateOperation")
    made = second.campaign_operation.create
    made.name, made.campaign_budget = changes.get("name", "Taken"), budget.resource_name
    made.advertising_channel_type = client.sdk.enums.AdvertisingChannelTypeEnum.SEARCH
    made.target_spend.SetInParent()
    made.contains_eu_political_advertising = client.sdk.enums.EuPoliticalAdvertisingStatusEnum.DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING
    return [operation, second]


def test_google_s_taken_name_means_that_it_is_there(google: World) -> None:
    client = _client(google)
    with pytest.raises(AlreadyThere) as said:
        client.mutate(google.customer, _campaign(client, google))
    assert said.value.code == "campaign_error.DUPLICATE_CAMPAIGN_NAME"
    assert said.value.request_id


def test_google_s_other_refusals_name_the_place(google: World) -> None:
    client = _client(google)
    with pytest.raises(GiveUp, match=r"BUDGET_BELOW_PER_DAY_MINIMUM.*amount_micros"):
        client.mutate(google.customer, _campaign(client, google, name="New", micros=10_000))
    with pytest.raises(GiveUp, match="query_error"):
        list(client.search(google.customer, "SELECT campaign.nonsense FROM campaign"))
    with pytest.raises(GiveUp) as said:
        list(_client(google, token="wrong-token").search(google.customer, "SELECT customer.id FROM customer"))
    assert "wrong-token" not in str(said.value)


@pytest.mark.parametrize(
    ("fault", "read", "write"),
    [
        ("unavailable", Later, InDoubt),
        ("reset", Later, InDoubt),
        ("timeout_after_commit", Later, InDoubt),
        ("rate_limited", Later, Later),
        ("token_revoked", GiveUp, GiveUp),
        ("account_suspended", GiveUp, GiveUp),
    ],
)
def test_google_s_bad_days(google: World, fault: str, read: type[OutsideError], write: type[OutsideError]) -> None:
    from sandbox.faults import Fault

    client = _client(google, timeout=1)
    order = {"platform": "google", "fault": fault, "seconds": 2}
    google.faults.add(Fault.parse({**order, "method": "GoogleAdsService/SearchStream"}))
    with pytest.raises(read):
        list(client.search(google.customer, "SELECT customer.id FROM customer"))
    google.faults.clear()
    google.faults.add(Fault.parse({**order, "method": "GoogleAdsService/Mutate"}))
    with pytest.raises(write) as said:
        client.mutate(google.customer, _campaign(client, google, name=f"Day {fault}"))
    google.faults.clear()
    if fault == "rate_limited":
        assert isinstance(said.value, Later)
        assert said.value.delay is not None
