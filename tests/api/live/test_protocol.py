"""The protocol as its page describes it, and everything that is not it: refused with its code, and nothing falls over."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import InvalidStatus

from api.graphql.documents import id_of
from api.live import sockets, watch
from api.live.protocol import LONGEST_ID
from api.live.server import LARGEST_MESSAGE, retry_hint
from tests.api.live.conftest import Server
from zamc.bootstrap import Services

Key = Callable[[str, dict[UUID, str]], str]
Project = Callable[[str], UUID]

CHANGES = "subscription ($p: UUID!) { changes(projectId: $p) { projectId version } }"
STRATEGIES = "query ($p: UUID!) { strategies(projectId: $p) { edges { cursor } } }"


@pytest.fixture
def mine(project: Project) -> UUID:
    return project("Mine")


@pytest.fixture
def owner(mine: UUID, key: Key) -> str:
    return key("ana@example.org", {mine: "owner"})


def test_several_subscriptions_share_a_socket_and_end_by_themselves(server: Server, wired: Services, mine: UUID, owner: str) -> None:
    with server.peer(headers={"Authorization": f"Bearer {owner}"}) as peer:
        peer.begin()
        for name in ("one", "two"):
            peer.subscribe(CHANGES, name=name, p=str(mine))
            assert peer.next(name)["projectId"] == str(mine)
        peer.say(type="complete", id="one")
        peer.say(type="complete", id="never begun")
        with wired.database.transaction() as session:
            wired.projects.set_gates(session, mine, {"launch": "auto"}, by="ana")
        assert peer.next("two")["version"] >= 1
        assert peer.silent()
        peer.subscribe(CHANGES, name="one", p=str(mine))
        assert peer.next("one")["projectId"] == str(mine)


NO_MESSAGES: tuple[str | bytes, ...] = (
    "", "nothing", "[]", "7", "null", '"connection_init"', "{}", '{"type": 1}', '{"type": "start"}', "[" * 30_000, b"\x00\xff",
    '{"type": "connection_init", "payload": 1}', '{"type": "subscribe"}', '{"type": "subscribe", "id": 1, "payload": {}}',
    '{"type": "subscribe", "id": "", "payload": {}}', '{"type": "subscribe", "id": "1"}', '{"type": "complete"}',
    '{"type": "ping", "payload": []}', '{"type": "next", "id": "1"}',
    json.dumps({"type": "subscribe", "id": "x" * (LONGEST_ID + 1), "payload": {"query": "{ a }"}}),
)  # fmt: skip


def test_what_is_no_message_of_the_protocol_ends_it(server: Server, owner: str) -> None:
    for message in NO_MESSAGES:
        with server.peer(headers={"Authorization": f"Bearer {owner}"}) as peer:
            peer.begin()
            peer.socket.send(message)
            assert peer.closed()[0] == 4400, message


def test_frames_that_break_websockets_themselves_end_it(server: Server, owner: str) -> None:
    for raw, code in ((b"\x83\x80\0\0\0\0", 1002), (b"\x81\x81\0\0\0\0\xff", 1007), (b"\x81\x01a", 1002)):
        with server.peer(headers={"Authorization": f"Bearer {owner}"}) as peer:
            peer.begin()
            peer.socket.socket.sendall(raw)
            assert peer.closed()[0] in {code, 1006}
    with server.peer() as peer:
        peer.begin(owner)
        assert peer.silent(), "nobody else minded"


def test_a_message_that_is_too_large_ends_it(server: Server, owner: str) -> None:
    with server.peer() as peer:
        peer.begin(owner)
        peer.socket.send("x" * (LARGEST_MESSAGE + 1))
        assert peer.closed()[0] in {1009, 1006}


def test_words_in_the_wrong_order_end_it(server: Server, mine: UUID, owner: str) -> None:
    with server.peer() as peer:
        peer.subscribe(CHANGES, p=str(mine))
        assert peer.closed()[0] == 4401
    with server.peer() as peer:
        peer.begin(owner).say(type="connection_init")
        assert peer.closed()[0] == 4429
    with server.peer() as peer:
        peer.begin(owner).subscribe(CHANGES, p=str(mine))
        peer.next()
        peer.subscribe(CHANGES, p=str(mine))
        assert peer.closed() == (4409, "Subscriber for 1 already exists")


def test_another_protocol_is_not_spoken(server: Server) -> None:
    for protocols in (("graphql-ws",), ("chat", "superchat")):
        with server.peer(protocols=protocols) as peer:
            assert peer.closed()[0] == 4406


def test_whoever_says_nothing_at_first_is_sent_away(server: Server, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "INIT_SECONDS", 0.2)
    with server.peer(headers={"Authorization": f"Bearer {owner}"}) as silent, server.peer() as other:
        other.begin(owner)
        assert silent.closed()[0] == 4408
        assert other.silent(), "whoever has begun stays"


def test_whoever_talks_without_end_is_sent_away(server: Server, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_WORDS", 10.0)
    monkeypatch.setattr(sockets, "_WORDS_PER_SECOND", 0.001)
    with server.peer() as peer:
        peer.begin(owner)
        for _ in range(12):
            peer.say(type="ping")
        assert peer.closed()[0] == 4429


def test_there_is_an_end_to_subscriptions_of_one_socket(server: Server, mine: UUID, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_SUBSCRIPTIONS", 2)
    with server.peer() as peer:
        peer.begin(owner)
        for name in ("1", "2"):
            peer.subscribe(CHANGES, name=name, p=str(mine))
            peer.next(name)
        peer.subscribe(CHANGES, name="3", p=str(mine))
        assert peer.errors("3") == ["TOO_COSTLY"]


def test_there_is_an_end_to_sockets(serve: Callable[..., Server], wired: Services, owner: str) -> None:
    few = serve(Services(wired.settings.model_copy(update={"live_sockets": 3, "live_sockets_per_user": 2})))
    with few.peer() as one, few.peer() as two:
        for peer in (one, two):
            peer.begin(owner)
        with few.peer() as three:
            three.say(type="connection_init", payload={"authorization": f"Bearer {owner}"})
            assert three.closed()[0] == 1013
        with few.peer(), pytest.raises(InvalidStatus) as refused:
            few.peer()
        assert (refused.value.response.status_code, refused.value.response.headers["retry-after"]) == (503, "5")
        one.socket.close()
        assert two.silent()


NOTHING_TO_LISTEN_TO: tuple[tuple[str, dict[str, Any], str], ...] = (
    (STRATEGIES, {}, "BAD_REQUEST"),
    ('mutation { makeApiKey(name: "x") { __typename } }', {}, "BAD_REQUEST"),
    ("subscription { nothing }", {}, "BAD_REQUEST"),
    ("subscription {", {}, "BAD_REQUEST"),
    ("subscription { __typename }", {}, "BAD_REQUEST"),
    ("subscription ($p: UUID!) { changes(projectId: $p) { version } approvals(projectId: $p) { id } }", {}, "BAD_REQUEST"),
    ("subscription ($p: UUID!) { ...f } fragment f on Subscription { changes(projectId: $p) { version } }", {}, "BAD_REQUEST"),
    ("subscription ($p: UUID!) { changes(projectId: $p) @skip(if: true) { version } }", {}, "BAD_REQUEST"),
    (CHANGES, {"p": "no id"}, "BAD_REQUEST"),
    (CHANGES, {"p": None}, "BAD_REQUEST"),
    (CHANGES, {"p": "\0"}, "BAD_REQUEST"),
    (CHANGES, {"p": str(uuid4())}, "NOT_FOUND"),
    ("subscription ($p: UUID!) { deployments(projectId: $p, first: 101) { id } }", {}, "INVALID_INPUT"),
    ("subscription ($p: UUID!) { deployments(projectId: $p, first: 0) { id } }", {}, "INVALID_INPUT"),
    (
        "subscription ($p: UUID!) { deployments(projectId: $p, first: 100) { "
        + " ".join(f"c{n}: changes {{ id kind state changeHash }}" for n in range(8)) + " } }", {}, "TOO_COSTLY",
    ),
)  # fmt: skip


def test_what_cannot_be_listened_to_is_refused_and_the_socket_stays(server: Server, mine: UUID, owner: str) -> None:
    with server.peer() as peer:
        peer.begin(owner)
        for document, variables, code in NOTHING_TO_LISTEN_TO:
            peer.say(id="1", type="subscribe", payload={"query": document, "variables": {"p": str(mine), **variables}})
            assert peer.errors()[0] == code, document
        assert peer.silent()


def test_what_no_request_may_send_no_subscription_may(server: Server, owner: str) -> None:
    with server.peer() as peer:
        peer.begin(owner)
        for payload in ({}, {"query": 7}, {"query": CHANGES, "variables": []}, {"documentId": "unknown"}, {"query": "\0"}):
            peer.say(id="1", type="subscribe", payload=payload)
            assert peer.errors()[0] in {"BAD_REQUEST", "UNKNOWN_DOCUMENT"}


def test_production_may_refuse_documents_that_are_not_registered(
    serve: Callable[..., Server], wired: Services, mine: UUID, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = {id_of(CHANGES): CHANGES}
    monkeypatch.setattr("api.graphql.router.manifest", lambda: registered)
    strict = serve(Services(wired.settings.model_copy(update={"trusted_documents_only": True})))
    with strict.peer() as peer:
        peer.begin(owner).subscribe(CHANGES.replace("version", "v: version"), p=str(mine))
        assert peer.errors() == ["UNKNOWN_DOCUMENT"]
        peer.say(id="1", type="subscribe", payload={"documentId": id_of(CHANGES), "variables": {"p": str(mine)}})
        assert peer.next()["projectId"] == str(mine)


def test_whoever_asks_for_too_much_in_a_minute_waits(serve: Callable[..., Server], wired: Services, mine: UUID, key: Key) -> None:
    own = key("greedy@example.org", {mine: "owner"})
    strict = serve(Services(wired.settings.model_copy(update={"api_cost_per_minute": 1_000})))
    with strict.peer() as peer:
        peer.begin(own)
        codes = []
        for number in range(8):
            peer.subscribe(CHANGES + "#" * number, name=str(number), p=str(mine))
            message = peer.hear()
            codes.append(message["payload"][0]["extensions"]["code"] if message["type"] == "error" else "ok")
        assert codes[0] == "ok"
        assert codes[-1] == "RATE_LIMITED"


def test_subscriptions_are_not_for_http(server: Server, mine: UUID, owner: str) -> None:
    import urllib.request

    body = json.dumps({"query": CHANGES, "variables": {"p": str(mine)}}).encode()
    headers = {"Authorization": f"Bearer {owner}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"http://{server.address}/graphql", body, headers), timeout=60) as answer:
        read = json.load(answer)
    assert (read["data"], read["errors"][0]["extensions"]["code"]) == (None, "BAD_REQUEST")
    assert "WebSocket" in read["errors"][0]["message"]


def test_the_more_have_to_come_back_the_longer_they_are_spread() -> None:
    def latest(among: int) -> int:
        return max(int(retry_hint(among).removeprefix("retry-after-ms=")) for _ in range(300))

    assert latest(10) <= 1_000
    assert latest(10_000) > 30_000


def test_a_server_that_stops_says_when_to_come_back(serve: Callable[..., Server], mine: UUID, owner: str) -> None:
    stopping = serve()
    with stopping.peer() as one, stopping.peer() as other:
        for peer in (one, other):
            peer.begin(owner).subscribe(CHANGES, p=str(mine))
            peer.next()
        stopping.stop()
        for peer in (one, other):
            code, reason = peer.closed()
            assert code == 1001
            assert 500 <= int(reason.removeprefix("retry-after-ms=")) <= 1_000
