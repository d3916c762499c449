"""What customers name is never a way into our own network: real connections, and a resolver that lies as an attacker's would."""

import socket
import ssl
from collections.abc import Sequence
from typing import Any

import httpcore
import pytest

from tests.zamc.notifications.conftest import Receiver
from zamc.database.engine import Database
from zamc.errors import InDoubt, InvalidInput, Later, OutsideCallInTransaction
from zamc.notifications.outgoing import Outgoing


class Names:
    """Answers in turn, and the last answer for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def addresses(self, _host: str, *, seconds: float) -> Sequence[str]:
        assert seconds > 0
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Nowhere(httpcore.NetworkBackend):
    """Notes where somebody wanted to connect, and is not there."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, int]] = []

    def connect_tcp(self, host: str, port: int, **_: Any) -> Any:  # type: ignore[override]  # the rest does not matter to nobody
        self.tried.append((host, port))
        raise httpcore.ConnectError("nobody is there")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/x", "https://127.0.0.1/x", "https://localhost/x", "https://10.0.0.1/x", "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data", "https://0x7f000001/x", "https://2130706433/x", "https://017700000001/x",
        "https://hooks.example.org:8443/x", "https://user:pw@hooks.example.org/x", "https://metadata.google.internal/x",
        "https://hooks.example.org\\@127.0.0.1/", "https://service.local/x", "ftp://hooks.example.org/x", "//hooks.example.org/x", "",
        "https://hooks.example.org/\r\nX: y",
    ],
)  # fmt: skip
def test_an_address_that_is_no_public_endpoint_is_refused_at_once(url: str) -> None:
    network = Nowhere()
    outgoing = Outgoing(resolver=Names(["93.184.216.34"]), network=network)
    for act in (outgoing.check, lambda each: outgoing.post(each, b"", {})):
        with pytest.raises(InvalidInput) as refused:
            act(url)
        assert refused.value.field == "url"
    assert network.tried == []


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"], ["10.1.2.3"],
        ["192.168.0.1"], ["172.16.0.1"], ["169.254.169.254"], ["100.64.0.1"], ["0.0.0.1"], ["::1"], ["fd00::1"],
        ["fe80::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["168.63.129.16"], ["93.184.216.34", "10.0.0.1"],
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused(answers: list[str]) -> None:
    network = Nowhere()
    with pytest.raises(InvalidInput, match="not on the public internet"):
        Outgoing(resolver=Names(answers), network=network).post("https://hooks.example.org/x", b"", {})
    assert network.tried == []


def test_a_name_that_changes_its_mind_is_checked_each_time_and_connected_to_as_checked() -> None:
    names, network = Names(["93.184.216.34"], ["127.0.0.1"]), Nowhere()
    outgoing = Outgoing(resolver=names, network=network)
    with pytest.raises(Later):
        outgoing.post("https://hooks.example.org/x", b"", {})
    assert network.tried == [("93.184.216.34", 443)], "the very address that was checked"
    with pytest.raises(InvalidInput):
        outgoing.post("https://hooks.example.org/x", b"", {})
    assert len(network.tried) == 1
    assert names.asked == 2, "once per try: nobody asks again between the check and the connection"


@pytest.mark.parametrize("status", [200, 301, 404, 500])
def test_the_answer_is_told_and_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {"location": f"{receiver.url}/inside", "retry-after": "7"})]
    answer = Outgoing(inside=True).post(f"{receiver.url}/x?y=1", b"body", {"content-type": "text/plain"})
    assert (answer.status, answer.retry_after) == (status, 7)
    assert [(request.path, request.body) for request in receiver.got] == [("/x?y=1", b"body")]


@pytest.mark.parametrize("named", ["Fri, 20 Nov 2026 12:00:00 GMT", "-1", "1e9", "99999999999"])
def test_a_delay_that_is_no_plain_number_is_our_own(receiver: Receiver, named: str) -> None:
    receiver.answers = [(503, {"retry-after": named})]
    assert Outgoing(inside=True).post(receiver.url, b"", {}).retry_after is None


def test_who_hangs_up_after_the_request_may_have_taken_it(receiver: Receiver) -> None:
    receiver.answers = [(0, {})]
    with pytest.raises(InDoubt) as doubt:
        Outgoing(inside=True).post(f"{receiver.url}/secret-path", b"", {})
    assert "secret-path" not in str(doubt.value)


def test_who_says_nothing_is_waited_for_a_while_and_no_longer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(InDoubt):
        Outgoing(inside=True, seconds=0.3).post(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"", {})


def test_nobody_there_is_later_and_so_is_a_certificate_that_is_not_theirs(receiver: Receiver) -> None:
    with pytest.raises(Later):
        Outgoing(inside=True).post("http://127.0.0.1:9/", b"", {})
    with pytest.raises(Later):
        Outgoing(inside=True, tls=ssl.create_default_context()).post(receiver.url.replace("http:", "https:"), b"", {})
    assert receiver.got == []


def test_nobody_is_called_within_a_transaction(database: Database) -> None:
    with database.transaction(), pytest.raises(OutsideCallInTransaction):
        Outgoing(inside=True).post("http://127.0.0.1:9/", b"", {})
