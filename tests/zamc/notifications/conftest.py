"""A project with members, a mail server, and a server that plays Slack and everybody's webhook: all of them real."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller

from tests.conftest import ManualClock
from zamc.accounts.vault import Vault
from zamc.database.engine import Database
from zamc.identity import repository as identity
from zamc.notifications.channels import senders
from zamc.notifications.delivering import Deliverer
from zamc.notifications.endpoints import Added, EndpointService
from zamc.notifications.mail import SmtpMailer
from zamc.notifications.outgoing import Outgoing
from zamc.notifications.preference_rules import Kind
from zamc.notifications.telling import Telling
from zamc.notifications.words_rules import News
from zamc.projects.service import ProjectService

VAULT = Vault("k" * 40)
SENDER = "ZAMC <zamc@example.org>"


@dataclass
class Brand:
    """A project and whoever works in it, by name: "olga" is olga@example.org."""

    database: Database
    clock: ManualClock
    project: UUID
    people: dict[str, UUID] = field(default_factory=dict)

    def member(self, name: str, role: str, *, verified: bool = True) -> UUID:
        with self.database.transaction() as session:
            user_id = identity.put_user(session, f"{name}@example.org")
            identity.change_user(session, user_id, email_verified_at=self.clock.now() if verified else None)
            identity.put_membership(session, user_id=user_id, project_id=self.project, role=role)
        self.people[name] = user_id
        return user_id

    def endpoint(self, channel: str, url: str, **wants: str) -> Added:
        service = EndpointService(self.clock, Outgoing(inside=True), vault=lambda: VAULT)
        with self.database.transaction() as session:
            name = f"{channel} {url}"
            return service.add(session, self.project, channel=channel, name=name, url=url, wants=wants, by="olga@example.org")

    def news(self, key: str = "alert:1", *, kind: Kind = Kind.ALERT, severity: str = "warning", title: str = "Spend is odd") -> News:
        return News(key, self.project, kind, severity, title, f"{title}.\n\nLook.", {"code": "spend-odd"})

    def tell(self, news: News) -> int:
        with self.database.transaction() as session:
            return Telling(self.clock, mail=True).tell(session, news)


@pytest.fixture
def brand(database: Database, clock: ManualClock) -> Brand:
    with database.transaction() as session:
        project = ProjectService(clock).create_project(session, "Padaria", by="test", gates={"strategy": "person"})
    return Brand(database, clock, project.id)


class Mailbox:
    """A mail server's memory. answer: to the text of a mail; on_data: runs when one is there, before it is answered."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.answer = "250 ok"
        self.on_data: Callable[[], None] = lambda: None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as the library calls it
        self.got.append(envelope)
        self.on_data()
        return self.answer


@dataclass(frozen=True)
class MailServer:
    url: str
    box: Mailbox


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield MailServer(f"smtp://127.0.0.1:{port}?tls=off", box)
    controller.stop()


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """Keeps what it is sent. answers: (status, headers) for the next requests, 200 when there are no more; hold: answered when set."""

    def __init__(self) -> None:
        self.got: list[Request] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.hold: threading.Event | None = None
        self.came = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                receiver.came.set()
                if receiver.hold is not None:
                    receiver.hold.wait(60)
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                if status == 0:  # hang up
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(status)
                for name, value in {"content-length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self.hold is not None:
            self.hold.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def deliverer(database: Database, clock: ManualClock, mail_server: MailServer) -> Deliverer:
    ways = senders(SmtpMailer(mail_server.url, sender=SENDER), Outgoing(inside=True, seconds=5), clock)
    return Deliverer(database, clock, ways, vault=lambda: VAULT, link="https://zamc.example.org", workers=2)
