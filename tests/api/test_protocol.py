"""Over a real connection: what is kept is answered before a task is begun, and whatever is out of the ordinary as uvicorn does it."""

import asyncio
import fcntl
import json
import select
import socket
import struct
import termios
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import uvicorn

from api.app import create_app
from api.graphql.documents import id_of
from api.graphql.endpoint import Endpoint
from api.graphql.trust import operations
from api.protocol import QuickProtocol
from api.quick import QuickAnswers
from api.serving import config_of
from tests.api.running import until
from tests.api.test_graphql import STRATEGIES, Key, Project
from zamc.bootstrap import Services


@dataclass
class Line:
    """One connection to the server. tasks: how many requests for GraphQL became tasks since somebody looked."""

    port: int
    key: str
    project: UUID
    tasks: list[str]
    config: uvicorn.Config
    first: tuple[int, dict[str, str], bytes] = (0, {}, b"")
    connection: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def request(self, more: str = "", document: str = STRATEGIES, version: str = "1.1") -> bytes:
        body = json.dumps({"query": document, "variables": {"project": str(self.project)}}).encode()
        head = (
            f"POST /graphql HTTP/{version}\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{more}\r\n"
        )
        return head.encode() + body

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def read(self) -> tuple[int, dict[str, str], bytes]:
        """One answer, and not a byte more."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.connection.recv(1)
            assert byte, f"the connection ended after {head!r}"
            head += byte
        status, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        body, length = b"", int(headers.get("content-length", "0"))
        while len(body) < length:
            body += self.connection.recv(length - len(body))
        return int(status.split()[1]), headers, body

    def ask(self, **how: Any) -> tuple[int, dict[str, str], bytes]:
        self.send(self.request(**how))
        return self.read()

    def again(self) -> "Line":
        return Line(self.port, self.key, self.project, self.tasks, self.config)


@pytest.fixture
def line(wired: Services, project: Project, key: Key, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    tasks: list[str] = []
    whole = QuickAnswers.__call__

    async def noted(self: QuickAnswers, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/graphql":
            tasks.append(scope["method"])
        await whole(self, scope, receive, send)

    monkeypatch.setattr(QuickAnswers, "__call__", noted)
    app = create_app(wired)
    config = config_of(app, host="127.0.0.1", port=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started and app.state.hearing.alive)
        mine = project("Mine")
        port = server.servers[0].sockets[0].getsockname()[1]
        made = Line(port, key("ana@example.org", {mine: "owner"}), mine, tasks, config)
        until(lambda: _is_kept(made))
        yield made
        made.connection.close()
    finally:
        server.should_exit = True
        thread.join(60)


def _is_kept(line: Line) -> bool:
    """Whatever the making of its project and key announced has been heard."""
    line.tasks.clear()
    line.first = line.ask()
    return not line.tasks


VARYING = {"date", "x-request-id", "ratelimit"}


def _same(answer: tuple[int, dict[str, str], bytes], line: Line) -> None:
    status, headers, body = answer
    first_status, first_headers, first_body = line.first
    assert (status, body) == (first_status, first_body)
    assert {**headers, **dict.fromkeys(VARYING)} == {**first_headers, **dict.fromkeys(VARYING)}
    assert headers.keys() == first_headers.keys()


def test_what_is_kept_is_answered_without_a_task_and_says_the_same(line: Line) -> None:
    for _ in range(3):
        _same(line.ask(), line)
    _, headers, _ = line.ask(more="X-Request-Id: my-request-1\r\n")
    assert headers["x-request-id"] == "my-request-1"
    assert line.tasks == []


def test_a_question_that_is_new_a_wrong_key_or_a_trace_goes_the_long_way(line: Line) -> None:
    assert line.ask(document=STRATEGIES + " ")[0] == 200
    assert line.ask(more="Origin: https://evil.example\r\n")[0] == 200, "beside a bearer token no cookie is read"
    assert line.ask(more=f"traceparent: 00-{'a' * 32}-{'b' * 16}-01\r\n")[0] == 200
    line.key = "zamc_" + "0" * 43
    assert line.ask()[0] == 401
    assert line.tasks == ["POST"] * 4


def test_a_body_that_comes_in_parts_is_waited_for(line: Line) -> None:
    whole = line.request()
    for cut in (20, len(whole) - 60, len(whole) - 1):
        line.send(whole[:cut])
        until(lambda: _read_by_server(line))
        line.send(whole[cut:])
        _same(line.read(), line)


def _read_by_server(line: Line) -> bool:
    """Whatever was sent has left our side."""
    return bool(struct.unpack("i", fcntl.ioctl(line.connection, termios.TIOCOUTQ, b"\0" * 4))[0] == 0)


def test_requests_that_do_not_wait_for_answers_are_answered_in_their_order(line: Line) -> None:
    other = line.request(document="query ($project: UUID!) { project(id: $project) { name } }")
    line.send(line.request() * 3 + other + line.request() + other)
    answers = [line.read() for _ in range(6)]
    assert [b'"strategies"' in body for _, _, body in answers] == [True, True, True, False, True, False]
    assert [status for status, _, _ in answers] == [200] * 6
    _same(line.ask(), line)


def test_nonsense_behind_a_request_is_refused_after_its_answer(line: Line) -> None:
    other = line.again()
    other.send(other.request() + b"\0 nonsense\r\n\r\n")
    _same(other.read(), line)
    assert other.read()[0] == 400
    assert other.connection.recv(1) == b""


def test_a_handshake_behind_a_request_is_answered_after_it(line: Line) -> None:
    other = line.again()
    upgrade = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
    other.send(other.request() + upgrade.encode())
    _same(other.read(), line)
    assert other.read()[0] == 400, "the handshake names no key"


def test_who_says_that_nothing_more_will_come_has_the_answer(line: Line) -> None:
    for _ in range(20):
        other = line.again()
        # So that the end comes with the request.
        other.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        other.send(other.request())
        other.connection.shutdown(socket.SHUT_WR)
        _same(other.read(), line)
        assert other.connection.recv(1) == b""


def test_who_asks_much_and_reads_nothing_is_not_answered_without_end(line: Line) -> None:
    other = line.again()
    other.connection.setblocking(False)
    many, sent, most = other.request() * 40, 0, 64 * 2**20  # several times what the sockets' buffers hold
    while sent < most and select.select([], [other.connection], [], 3.0)[1]:
        sent += other.connection.send(many[sent % len(many) :])
    assert sent < most, "the server read on and on, and kept the answers"
    other.connection.close()
    _same(line.ask(), line)


def test_a_server_that_stops_sends_what_it_has_answered(line: Line) -> None:
    others = [line.again() for _ in range(8)]
    for other in others:
        _same(other.ask(), line)
    whole = QuickProtocol._answered

    def stops(self: QuickProtocol, cycle: Any) -> bool:
        """The server begins to stop between an answer and its sending."""
        done = whole(self, cycle)
        if done:
            self.shutdown()
        return done

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(QuickProtocol, "_answered", stops)
        for other in others:
            other.send(other.request())
            _same(other.read(), line)
            assert other.connection.recv(1) == b""


def test_what_follows_a_kept_answer_at_once_has_as_much_time_as_any(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.config.timeout_keep_alive = 1
    whole = Endpoint.answer

    async def slow(self: Endpoint, *arguments: Any) -> Any:
        await asyncio.sleep(1.5)
        return await whole(self, *arguments)

    monkeypatch.setattr(Endpoint, "answer", slow)
    other = line.again()
    other.send(other.request() + other.request(document=STRATEGIES + " "))
    assert [other.read()[0] for _ in range(2)] == [200, 200]


def test_a_connection_that_is_to_end_ends_after_the_answer(line: Line) -> None:
    for how in ({"more": "Connection: close\r\n"}, {"version": "1.0"}):
        once = line.again()
        status, headers, body = once.ask(**how)
        assert (status, body) == (200, line.first[2])
        assert headers["connection"] == "close"
        assert once.connection.recv(1) == b""


def test_who_asks_whether_to_go_on_is_told_so(line: Line) -> None:
    head, _, body = line.request(more="Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    line.send(head + b"\r\n\r\n")
    assert line.read()[0] == 100
    line.send(body)
    _same(line.read(), line)


def test_a_change_is_seen_by_the_next_request_on_another_connection(line: Line) -> None:
    document = "query ($project: UUID!) { project(id: $project) { gates { launch } } }"
    mutation = "mutation ($project: UUID!) { setGates(projectId: $project, gates: {launch: %s}) { __typename } }"
    other = line.again()
    for wanted in ("PERSON", "AUTO", "PERSON"):
        for _ in range(2):
            other.ask(document=document)
        assert b"GatesSet" in line.ask(document=mutation % wanted)[2]
        assert json.loads(other.ask(document=document)[2])["data"]["project"]["gates"]["launch"] == wanted
    other.connection.close()


def test_a_browser_that_has_it_already_is_told_so(line: Line) -> None:
    def ask(tag: str = "") -> tuple[int, dict[str, str], bytes]:
        head = f"GET /graphql?documentId={id_of(operations()['Projects'])} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {line.key}\r\n"
        line.send(f"{head}If-None-Match: {tag}\r\n\r\n".encode())
        return line.read()

    status, headers, body = ask()
    ask()  # what is asked for a second time is remembered
    same, same_headers, nothing = ask(headers["etag"])
    other = ask('"another"')
    assert (status, same, nothing, same_headers["etag"]) == (200, 304, b"", headers["etag"])
    assert "content-type" not in same_headers
    assert (other[0], other[2]) == (200, body)
    assert line.tasks == ["GET"] * 2
