"""Half a batch answered, null items, a proxy's page, lists that are none: each call still has a defined end."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from zamc.errors import InDoubt, Later, OutsideError, Throttled
from zamc.platforms.meta_ads import batch
from zamc.platforms.meta_ads.batch import Call
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.usage import Source, Usage, parse

TOKEN = "EAAverysecrettokenofasystemuser"
GOOD = {"code": 200, "headers": [], "body": '{"success": true}'}
READ = Call("GET", ("1",), {"fields": "id"})
WRITE = Call("POST", ("1",), {"status": "PAUSED"})


class Proxy:
    """Answers the next requests with what it was handed, and remembers what each carried."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.carried: list[list[dict[str, Any]]] = []
        self.heard: list[Usage] = []


@contextmanager
def serving(proxy: Proxy) -> Iterator[MetaClient]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            proxy.carried.append(json.loads(parse_qs(text)["batch"][0]))
            status, answer = proxy.answers.pop(0)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    client = MetaClient(
        token=TOKEN, graph_url=url, version="v25.0", timeout_seconds=20, observer=lambda _, usage: proxy.heard.append(usage)
    )
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join()


def kinds(answers: list[Any]) -> list[type]:
    return [type(answer) for answer in answers]


@pytest.mark.parametrize(
    "items",
    [
        [GOOD, None, GOOD],
        [GOOD, {"code": 200, "headers": [], "body": None}, GOOD],
        [GOOD, {"code": 502, "headers": [], "body": "<html>error success</html>"}, GOOD],
        [GOOD, {"code": 200, "headers": [], "body": "<html>"}, GOOD],
        [GOOD, "nonsense", GOOD],
        [GOOD, {"code": "weird", "body": "{}"}, GOOD],
        [GOOD, {"code": 200, "headers": None, "body": '{"error": {"code": 2, "message": "busy"}}'}, GOOD],
        [GOOD, {"code": 200, "headers": ["odd"], "body": '{"success": false}'}, GOOD],
    ],
)
def test_one_bad_item_is_a_doubt_of_one_call(items: list[Any]) -> None:
    with serving(Proxy((200, items))) as client:
        assert kinds(batch.send(client, [WRITE] * 3, account="act_1")) == [dict, InDoubt, dict]


@pytest.mark.parametrize("body", [[GOOD], [], {}, {"0": GOOD}, [None, None, None]])
def test_what_half_a_batch_leaves_out_is_in_doubt(body: Any) -> None:
    with serving(Proxy((200, body))) as client:
        answers = batch.send(client, [WRITE] * 3, account="act_1")
    assert kinds(answers)[1:] == [InDoubt, InDoubt]


@pytest.mark.parametrize(("status", "body"), [(502, b"<html>error success</html>"), (200, b"<html>"), (503, {"error": {"code": 2}})])
def test_a_request_that_failed_as_a_whole_is_a_doubt_of_each_write_and_a_later_of_each_read(status: int, body: Any) -> None:
    with serving(Proxy((status, body), (status, body))) as client:
        assert kinds(batch.send(client, [WRITE] * 2, account="act_1")) == [InDoubt, InDoubt]
        assert kinds(batch.send(client, [READ] * 2, account="act_1")) == [Later, Later]


def test_a_refusal_of_the_request_surely_did_nothing() -> None:
    refusal = {"error": {"code": 80004, "message": f"slow down {TOKEN}"}}
    with serving(Proxy((400, refusal))) as client:
        answers = batch.send(client, [WRITE] * 2, account="act_1")
    assert kinds(answers) == [Throttled, Throttled]
    assert TOKEN not in str(answers[0])


def test_what_is_safe_is_sent_again_alone_and_everything_else_is_not() -> None:
    proxy = Proxy((200, [GOOD, None, GOOD]), (200, [None]), (200, [GOOD]), (200, [None, GOOD]))
    with serving(proxy) as client:
        assert kinds(batch.send(client, [WRITE] * 3, account="act_1", again=True)) == [dict, dict, dict]
        assert [len(calls) for calls in proxy.carried] == [3, 1, 1]
        assert kinds(batch.send(client, [WRITE] * 2, account="act_1")) == [InDoubt, dict]
    assert len(proxy.carried) == 4


def test_what_is_never_answered_comes_to_an_end() -> None:
    proxy = Proxy(*[(200, [None])] * 9)
    with serving(proxy) as client:
        [answer] = batch.send(client, [READ], account="act_1", again=True)
    assert isinstance(answer, Later)
    assert len(proxy.carried) == 4


def test_no_request_carries_more_than_fifty_calls_or_two_that_must_keep_apart() -> None:
    calls = [Call("POST", (str(number),), {}, apart=f"campaign {number % 60}") for number in range(120)]
    proxy = Proxy(*[(200, [GOOD] * 50)] * 9)
    with serving(proxy) as client:
        answers = batch.send(client, calls, account="act_1")
    assert kinds(answers) == [dict] * 120
    assert sorted(int(call["relative_url"]) for request in proxy.carried for call in request) == list(range(120))
    for request in proxy.carried:
        campaigns = [int(call["relative_url"]) % 60 for call in request]
        assert len(campaigns) == len(set(campaigns)) <= 50


def test_the_guard_is_asked_before_each_request() -> None:
    passes = iter([None, Later("the claim would not outlast the call", code="lease")])

    def guard() -> None:
        if (error := next(passes)) is not None:
            raise error

    proxy = Proxy((200, [GOOD] * 50))
    with serving(proxy) as client:
        answers = batch.send(client, [WRITE] * 60, account="act_1", guard=guard)
    assert kinds(answers) == [dict] * 50 + [Later] * 10
    assert len(proxy.carried) == 1


def test_every_entry_of_every_header_is_heard_of_each_item_too() -> None:
    business = {"1": [{"type": "ads_management", "call_count": 10, "total_time": 92}, {"type": "ads_insights", "call_count": 30}]}
    headers = [
        {"name": "X-Business-Use-Case-Usage", "value": json.dumps(business)},
        {"name": "x-app-usage", "value": '{"call_count": 5, "total_time": 6, "total_cputime": 7}'},
    ]
    proxy = Proxy((200, [{**GOOD, "headers": headers}, GOOD]))
    with serving(proxy) as client:
        batch.send(client, [READ] * 2, account="act_1")
    [usage] = proxy.heard
    assert [(each.source, each.use, each.percent) for each in usage.entries] == [
        (Source.APP, "", 7), (Source.BUSINESS, "ads_management", 92), (Source.BUSINESS, "ads_insights", 30)
    ]  # fmt: skip


def test_headers_say_percent_waits_and_tiers_in_their_own_units() -> None:
    headers = {
        "x-ad-account-usage": '{"acc_id_util_pct": 9.67, "reset_time_duration": 100, "ads_api_access_tier": "standard_access"}',
        "x-business-use-case-usage": json.dumps({
            "1": [{"type": "ads_management", "call_count": 100, "estimated_time_to_regain_access": 7}],
            "2": [{"type": "ads_management", "call_count": 1, "estimated_time_to_regain_access": 90}],
        }),
        "x-fb-ads-insights-throttle": '{"app_id_util_pct": 12.5, "acc_id_util_pct": 40}',
    }  # fmt: skip
    usage = parse(headers, account="act_1")
    assert usage.percent == 100
    assert usage.regain == timedelta(minutes=7)
    assert {each.subject for each in usage.entries if each.source == Source.BUSINESS} == {"1"}
    assert [each.percent for each in usage.entries if each.source == Source.INSIGHTS] == [40]
    assert usage.entries[0].tier == "standard_access"


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"1": "x"}', '{"1": [7]}', '{"call_count": "NaN"}', ""])
def test_damaged_headers_say_nothing_and_break_nothing(text: str) -> None:
    usage = parse(dict.fromkeys(Source, text))
    assert usage.percent == 0
    assert usage.regain is None


def test_answers_of_reads_that_must_succeed_raise_their_first_error() -> None:
    refusal = {"code": 400, "headers": [], "body": '{"error": {"code": 100, "message": "no"}}'}
    with serving(Proxy((200, [GOOD, refusal]))) as client, pytest.raises(OutsideError, match="100"):
        batch.read(client, [READ] * 2, account="act_1")
