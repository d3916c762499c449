"""Sockets end when they must: when what was shown expires or is revoked, when a client is silent at first, or does not read."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

import structlog
from starlette.datastructures import State

from api.live.admission import UNKNOWN_NOW, still
from api.live.protocol import Close
from api.live.seats import Seats
from api.live.server import retry_hint
from api.live.sockets import Socket

INIT_SECONDS = 10.0
STUCK_SECONDS = 10.0
_LOOK_SECONDS = 0.5
_AGAIN_SECONDS = 1.0
_CHECKS_AT_ONCE = 2
log = structlog.get_logger()


class Watch:
    """On one event loop. state: of the application."""

    def __init__(self, seats: Seats[Socket], state: State) -> None:
        self._seats, self._state = seats, state
        # Whose sockets are to be looked at, None for everybody's.
        self._doubtful: asyncio.Queue[UUID | None] = asyncio.Queue()

    def rights_changed(self, user_id: UUID) -> None:
        """What a user may do, or their sign-ins, are others now."""
        self._doubtful.put_nowait(user_id)

    def anything_changed(self) -> None:
        """For a while nobody was listening."""
        self._doubtful.put_nowait(None)

    async def look(self) -> None:
        """For ever: what time does to sockets."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now, wall = loop.time(), self._state.services.clock.now()
            for socket in self._seats.all:
                age = now - socket.opened_at
                if socket.outlet.stuck_since is not None and now - socket.outlet.stuck_since > STUCK_SECONDS:
                    socket.drop("it takes nothing any more")
                elif socket.caller is None:
                    if age > INIT_SECONDS and not socket.initialised:
                        socket.close(Close.INIT_TIMEOUT, "Connection initialisation timeout")
                elif socket.caller.expires_at is not None and socket.caller.expires_at <= wall:
                    socket.close(Close.FORBIDDEN, "what you have shown has expired; connect again with something newer")
                elif age > socket.lasts:
                    socket.close(Close.GOING_AWAY, retry_hint())

    async def check(self) -> None:
        """For ever: who may still be there."""
        while True:
            user_id = await self._doubtful.get()
            sockets = self._seats.all if user_id is None else self._seats.of(user_id)
            try:
                await self._check(sockets)
            except UNKNOWN_NOW as error:
                # Nobody is sent away over that, and nobody forgotten.
                log.warning("live.not_checking", error=type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)
                self._doubtful.put_nowait(user_id)

    async def _check(self, sockets: Iterable[Socket]) -> None:
        by_shown: dict[str, list[Socket]] = {}
        for socket in sockets:
            if socket.caller is not None and socket.shown is not None:
                by_shown.setdefault(socket.shown.credential, []).append(socket)
        room = asyncio.Semaphore(_CHECKS_AT_ONCE)

        async def one(mine: list[Socket]) -> None:
            async with room:
                first = mine[0]
                if first.caller is None or first.shown is None or await still(self._state, first.shown, first.caller):
                    return
            for socket in mine:
                socket.close(Close.FORBIDDEN, "what you may do has changed; connect again")

        await asyncio.gather(*(one(mine) for mine in by_shown.values()))
