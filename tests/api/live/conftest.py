"""The API behind a real server, and a relay that carries what is committed to the stream."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.live.server import options
from tests.api.live.peer import PATIENCE, Peer
from tests.conftest import ManualClock
from zamc.bootstrap import Services
from zamc.events.alert_codes import AlertCode
from zamc.events.relay import Relay
from zamc.notifications.alerts import raise_once


class Server:
    """uvicorn on a thread, with the options of `zamc api`."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, **options()))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = threading.Event()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            deadline.wait(0.01)

    @property
    def address(self) -> str:
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    def peer(self, **how: Any) -> Peer:
        return Peer(self.address, **how)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the server did not stop"


@pytest.fixture
def relay(wired: Services) -> Callable[[], int]:
    """Carry everything that is committed to the stream; returns how much that was."""

    def run() -> int:
        nats = wired.settings.nats_url.get_secret_value()
        return asyncio.run(Relay(wired.database, nats_url=nats, replicas=1, clock=ManualClock()).run(once=True))

    run()
    return run


@pytest.fixture
def serve(wired: Services, relay: Callable[[], int]) -> Iterator[Callable[..., Server]]:
    """Start a server, once there is a stream; all are stopped at the end."""
    started: list[Server] = []

    def start(with_services: Services = wired) -> Server:
        started.append(Server(create_app(with_services)))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()


@pytest.fixture
def raise_alert(wired: Services, relay: Callable[[], int]) -> Callable[..., None]:
    """Raise an alert in a project, and carry it to the stream."""

    def make(project_id: UUID, title: str, *, carry: bool = True) -> None:
        with wired.database.transaction() as session:
            assert raise_once(session, AlertCode.GENERAL, title, severity="warning", title=title, project_id=project_id)
        if carry:
            relay()

    return make
