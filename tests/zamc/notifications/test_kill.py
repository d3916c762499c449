"""A deliverer that is killed between sending and writing it down: SIGKILL, while the other side holds its answer."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.notifications.conftest import Brand, MailServer, Receiver
from zamc.bootstrap import Services as Wired
from zamc.clock import SystemClock
from zamc.database.engine import Database
from zamc.events.tables import DeadLetter
from zamc.notifications.delivering import LEASE
from zamc.notifications.delivery_tables import Delivery
from zamc.settings import Settings

WAIT_SECONDS = 90.0


class Killed:
    """`zamc notifier` as a child of the test, with its own database and this test's mail server and endpoints."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log

    def until(self, there: Callable[[], bool]) -> None:
        """Start it, wait until what it sends is there, and kill it before it can hear the answer."""
        with self._log.open("wb") as log:
            child = subprocess.Popen([sys.executable, "-m", "cli.main", "notifier"], env=self._environment, stderr=log)
            try:
                deadline = time.monotonic() + WAIT_SECONDS
                while not there():
                    assert child.poll() is None, self._log.read_text()
                    assert time.monotonic() < deadline, self._log.read_text()
                    time.sleep(0.02)
                os.kill(child.pid, signal.SIGKILL)
                assert child.wait(timeout=60) == -signal.SIGKILL
            finally:
                child.kill()
                child.wait()


@pytest.fixture
def killed(services: Services, urls: DatabaseUrls, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Killed:
    extra = {
        "ZAMC_SMTP_URL": mail_server.url,
        "ZAMC_NOTIFY_INSIDE": "true",
        "ZAMC_CREDENTIALS_KEY": "k" * 40,
        "ZAMC_MAIL_FROM": "zamc@example.org",
    }
    environment = {**services.environment_for(urls), **extra}
    environment.pop("ZAMC_BUSINESS_CLOCK_FILE", None)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ZAMC_BUSINESS_CLOCK_FILE", raising=False)
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "ZAMC_BUSINESS_CLOCK_FILE")}
    return Killed({**inherited, **environment}, tmp_path / "notifier.log")


@pytest.fixture
def wired(killed: Killed) -> Iterator[Wired]:
    made = Wired(Settings())
    yield made
    made.database.close()


def lease_is_over(database: Database) -> None:
    """As if five minutes had gone by."""
    with database.transaction() as session:
        row = session.scalars(select(Delivery)).one()
        assert row.state == "sending", "it died after the claim was committed, and before the result was"
        assert row.lease_until is not None
        session.execute(update(Delivery).values(lease_until=row.lease_until - LEASE - LEASE))


def send_the_rest(wired: Wired) -> None:
    while wired.notifier()._deliverer.round():
        pass


def test_a_mail_is_in_doubt_and_not_sent_twice(
    brand: Brand, database: Database, wired: Wired, killed: Killed, mail_server: MailServer
) -> None:
    brand.clock.wall = SystemClock().now()
    let_go = _hold(mail_server)
    brand.member("olga", "owner")
    brand.tell(brand.news())
    killed.until(lambda: len(mail_server.box.got) == 1)
    let_go()
    lease_is_over(database)
    send_the_rest(wired)
    with database.transaction() as session:
        assert session.scalars(select(Delivery.state)).all() == ["in_doubt"]
        (letter,) = session.scalars(select(DeadLetter)).all()
    assert len(mail_server.box.got) == 1, "nobody gets the same mail twice"
    assert wired.replays.replay(letter.id, by="olga").startswith("the notifier sends it once more by mail")
    send_the_rest(wired)
    assert [b"@example.org>" in envelope.content for envelope in mail_server.box.got] == [True, True]
    ids = {line for envelope in mail_server.box.got for line in envelope.content.splitlines() if line.lower().startswith(b"message-id")}
    assert len(ids) == 1, "the second copy, which a person asked for, can be told to be one"


def _hold(server: MailServer) -> Callable[[], None]:
    """The server has the mail and says nothing, until what is returned is called."""
    loop: list[asyncio.AbstractEventLoop] = []
    answer = asyncio.Event()

    async def slow(_server: object, _session: object, envelope: object) -> str:
        loop.append(asyncio.get_running_loop())
        server.box.got.append(envelope)
        await answer.wait()
        return "250 ok"

    def let_go() -> None:
        loop[0].call_soon_threadsafe(answer.set)

    server.box.handle_DATA = slow  # type: ignore[method-assign]  # this test's server
    return let_go


def test_a_webhook_comes_again_under_the_same_id(
    brand: Brand, database: Database, wired: Wired, killed: Killed, receiver: Receiver
) -> None:
    brand.clock.wall = SystemClock().now()
    receiver.hold = threading.Event()
    brand.endpoint("webhook", f"{receiver.url}/hook")
    brand.tell(brand.news())
    killed.until(receiver.came.is_set)
    receiver.hold.set()
    lease_is_over(database)
    send_the_rest(wired)
    with database.transaction() as session:
        assert session.scalars(select(Delivery.state)).all() == ["pending"]
        session.execute(update(Delivery).values(next_attempt_at=SystemClock().now()))
    send_the_rest(wired)
    with database.transaction() as session:
        assert session.scalars(select(Delivery.state)).all() == ["sent"]
    assert len(receiver.got) == 2
    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1, "the receiver can tell the second from the first"


def test_a_message_to_slack_is_in_doubt(brand: Brand, database: Database, wired: Wired, killed: Killed, receiver: Receiver) -> None:
    brand.clock.wall = SystemClock().now()
    receiver.hold = threading.Event()
    brand.endpoint("slack", f"{receiver.url}/slack")
    brand.tell(brand.news())
    killed.until(receiver.came.is_set)
    receiver.hold.set()
    lease_is_over(database)
    send_the_rest(wired)
    with database.transaction() as session:
        assert session.scalars(select(Delivery.state)).all() == ["in_doubt"]
    assert len(receiver.got) == 1
