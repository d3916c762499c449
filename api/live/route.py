"""/graphql for WebSockets, and what runs in the background while the process does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from fastapi import APIRouter
from starlette.types import Receive, Scope, Send

from api.graphql.documents import Documents
from api.graphql.rates import Rates
from api.hearing import Hearing, Listener
from api.live.asking import Desk
from api.live.hub import Hub
from api.live.protocol import SUBPROTOCOL, Close
from api.live.resuming import Resuming
from api.live.seats import Seats
from api.live.server import WIRE
from api.live.sockets import Room, Socket, shown_in
from api.live.watch import Watch
from api.tasks import end
from zamc.identity import rights_repository
from zamc.requests import repository as requests

if TYPE_CHECKING:
    from zamc.bootstrap import Services

_AGAIN_SECONDS = 1.0
log = structlog.get_logger()


class Live:
    """An ASGI application for WebSockets alone."""

    def __init__(self, wired: "Services", hearing: Hearing, documents: Documents, rates: Rates) -> None:
        settings = wired.settings
        self._hub = Hub(wired)
        self._seats: Seats[Socket] = Seats(settings.live_sockets, settings.live_sockets_per_user)
        self._settings = settings
        desk, resuming = Desk(documents, rates, self._hub), Resuming(self._hub, settings.nats_url.get_secret_value())
        self._room = Room(self._seats, desk, resuming)
        self._watch: Watch | None = None
        hearing.on(requests.CHANNEL, Listener(self._changed, self._hub.unknown))
        hearing.on(rights_repository.CHANNEL, Listener(self._rights_changed, self._anything_changed))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        socket = Socket(self._room, send, scope.get("extensions", {}).get(WIRE), shown_in(scope, self._settings))
        if not self._seats.enter(socket):
            await _full(scope, send)
            return
        try:
            spoken = SUBPROTOCOL in scope.get("subprotocols", ())
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if spoken else None})
            if not spoken:
                socket.close(Close.SUBPROTOCOL, "Subprotocol not acceptable")
            await socket.listen(receive, scope["app"].state)
        except asyncio.CancelledError:
            # Somebody who does not read was dropped; anything else is the server's own end.
            if not socket.ended:
                raise
        finally:
            self._seats.leave(socket)

    def router(self) -> APIRouter:
        """/graphql, and with it what listens and watches for as long as the application lives."""
        routes = APIRouter(lifespan=self._running)
        routes.add_websocket_route("/graphql", self)  # type: ignore[arg-type]  # an ASGI application, which Starlette takes too
        return routes

    @asynccontextmanager
    async def _running(self, app: Any) -> AsyncIterator[None]:
        watch = self._watch = Watch(self._seats, app.state)
        tasks = [asyncio.create_task(_kept_up(work)) for work in (self._hub.run, watch.look, watch.check)]
        try:
            yield
        finally:
            await end(*tasks)

    def _changed(self, payload: str) -> None:
        self._hub.changed(UUID(payload.partition(":")[0]))

    def _rights_changed(self, user_id: str) -> None:
        if self._watch is not None:
            self._watch.rights_changed(UUID(user_id))

    def _anything_changed(self) -> None:
        if self._watch is not None:
            self._watch.anything_changed()


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """For ever: a fault of ours in the middle of it must not end live updates, or revocations, without anybody knowing."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("live.fault")
        await asyncio.sleep(_AGAIN_SECONDS)


async def _full(scope: Scope, send: Send) -> None:
    """Before the handshake, so that whoever balances the load sends it elsewhere."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": int(Close.TRY_LATER)})
        return
    await send({"type": "websocket.http.response.start", "status": 503, "headers": [(b"retry-after", b"5")]})
    await send({"type": "websocket.http.response.body", "body": b"too many connections here"})
