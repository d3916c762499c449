"""NATS killed, PostgreSQL's announcements lost, clients that do not read: nobody else notices, and nothing is lost."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import update

from api.live.metrics import SOCKETS
from api.live.outlet import MOST_MESSAGES, Outlet
from tests.api.live.conftest import Server
from tests.api.live.test_alerts import ALERTS
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.errors import Later
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AlertRaised, envelope
from zamc.events.stream import connected
from zamc.identity.tables import ApiKey

Key = Callable[[str, dict[UUID, str]], str]
Project = Callable[[str], UUID]

CHANGES = "subscription ($p: UUID!) { changes(projectId: $p) { version } }"
_PATIENCE = 60.0


def test_nats_is_killed_and_what_was_raised_meanwhile_is_told_afterwards(
    server: Server, services: Servers, project: Project, key: Key, raise_alert: Callable[..., None], relay: Callable[[], int]
) -> None:
    mine = project("Mine")
    with server.peer() as peer:
        peer.begin(key("ana@example.org", {mine: "owner"})).subscribe(ALERTS, p=str(mine))
        peer.next()
        peer.subscribe(CHANGES, name="changes", p=str(mine))
        before = peer.next("changes")["version"]
        pid = services.stack.pid("nats")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        for number in range(3):
            raise_alert(mine, f"While it was down {number}", carry=False)
        heard = [peer.hear()]
        assert heard[0]["id"] == "changes", "PostgreSQL tells that something has changed"
        _until_carried(relay)
        while len([each for each in heard if each["id"] == "1"]) < 3:
            heard.append(peer.hear())
        titles = [each["payload"]["data"]["alerts"]["alert"]["title"] for each in heard if each["id"] == "1"]
        assert titles == [f"While it was down {number}" for number in range(3)]
        raise_alert(mine, "And then")
        heard = [peer.hear(), peer.hear()]
        assert {each["id"] for each in heard} == {"1", "changes"}
        assert before + 4 in [each["payload"]["data"].get("changes", {}).get("version") for each in heard]


def _until_carried(relay: Callable[[], int]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            relay()
        except (Later, OSError, TimeoutError):
            assert time.monotonic() < deadline, "NATS never came back"
        else:
            return


def test_a_revocation_that_nobody_heard_of_is_found_when_the_connection_is_back(
    server: Server, wired: Services, urls: DatabaseUrls, project: Project, key: Key
) -> None:
    mine = project("Mine")
    shown, other = key("ana@example.org", {mine: "owner"}), key("bea@example.org", {mine: "owner"})
    with server.peer() as peer, server.peer() as stays:
        peer.begin(shown)
        stays.begin(other)
        with wired.database.transaction() as session:
            named = update(ApiKey).where(ApiKey.prefix == shown[:16])
            session.execute(named.values(revoked_at=datetime.now(UTC)))
        assert peer.silent(), "nobody was told"
        _cut_listeners(urls)
        assert peer.closed()[0] == 4403
        assert stays.silent()


def _cut_listeners(urls: DatabaseUrls) -> None:
    url = urls.superuser_url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(url, autocommit=True) as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert cut


def test_whoever_does_not_read_is_dropped_and_nobody_waits_for_them(server: Server, services: Servers, project: Project, key: Key) -> None:
    mine, count = project("Mine"), 60
    owner = key("ana@example.org", {mine: "owner"})
    host, _, port = server.address.rpartition(":")
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect((host, int(port)))
    with server.peer(sock=small, max_queue=1) as slow, server.peer() as quick:
        for peer in (slow, quick):
            peer.begin(owner).subscribe(ALERTS, p=str(mine))
            peer.next()
        for number in range(count):
            asyncio.run(_publish(services.nats_url, mine, number))
            assert quick.next()["alert"]["title"] == f"Large {number}"
        deadline = time.monotonic() + _PATIENCE
        while SOCKETS._value.get() > 1:
            assert quick.silent()
            assert time.monotonic() < deadline, "it was never dropped"
        assert slow.closed() == (1006, "")


async def _publish(url: str, project_id: UUID, number: int) -> None:
    details = {"project_id": str(project_id), "much": "x" * 50_000}
    alert = AlertRaised(code=AlertCode.GENERAL, severity="info", title=f"Large {number}", details=details)
    async with connected(url, name="test") as client:
        await client.jetstream().publish(alert.subject, envelope(alert).model_dump_json(exclude_none=True).encode())


class Network:
    """Takes messages while it is open; counts what a socket of ours would do."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.open = asyncio.Event()
        self.aborted = False

    async def send(self, message: Any) -> None:
        await self.open.wait()
        self.sent.append(message.get("text", message.get("code")))

    def push(self, text: str) -> bool:
        if self.open.is_set():
            self.sent.append(text)
        return self.open.is_set()

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.parametrize("with_wire", [True, False], ids=["our server", "any server"])
def test_of_what_waits_only_the_newest_is_sent_and_what_must_not_be_lost_is_all_sent_in_order(with_wire: bool) -> None:
    async def scenario() -> list[Any]:
        network = Network()
        outlet = Outlet(network.send, network if with_wire else None, lambda: None)
        for number in range(50):
            outlet.offer(f"state {number}", instead_of="1")
            outlet.offer(f"alert {number}")
        network.open.set()
        while len(network.sent) < 51:  # noqa: ASYNC110 - the event would be set by what is tested
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return network.sent

    sent = asyncio.run(scenario())
    assert [each for each in sent if each.startswith("alert")] == [f"alert {number}" for number in range(50)]
    assert [each for each in sent if each.startswith("state")] == ["state 49"]


def test_what_is_kept_for_one_who_does_not_read_has_an_end() -> None:
    async def scenario() -> tuple[int, bool]:
        network, slow = Network(), []
        outlet = Outlet(network.send, network, lambda: slow.append(1))
        for number in range(MOST_MESSAGES * 3):
            outlet.offer(f"alert {number}")
            if outlet.shut:
                outlet.abort()
        return len(slow), network.aborted

    assert asyncio.run(scenario()) == (1, True)
