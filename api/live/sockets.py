"""One WebSocket, from its handshake to its end: what is said on it, in which order, and what is not put up with."""

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.datastructures import State
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from api.auth.callers import shown_by
from api.live import protocol
from api.live.admission import UNKNOWN_NOW, Shown, admit
from api.live.asking import Asking, Desk, Refused
from api.live.groups import Member
from api.live.metrics import CLOSED, SUBSCRIPTIONS
from api.live.outlet import Outlet, Wire
from api.live.protocol import BadMessage, Close, Complete, Init, Ping, Subscribe
from api.live.resuming import Resuming
from api.live.seats import Seats, lifetime
from zamc.identity.service import Caller

MOST_SUBSCRIPTIONS = 20
# A client says a handful of things when a page opens. Whoever says more, for long, is broken or means harm.
_WORDS, _WORDS_PER_SECOND = 100.0, 5.0
_SLOW = "it does not read what it is sent"
log = structlog.get_logger()
_GONE = "what you have shown is not good any more"


@dataclass(frozen=True)
class Room:
    """What the sockets of a process share."""

    seats: "Seats[Socket]"
    desk: Desk
    resuming: Resuming


class Socket:
    """On one event loop. shown: what came with the handshake; init may bring something else."""

    __slots__ = (
        "_loop", "_members", "_room", "_task", "_words", "_words_at", "caller", "ended", "initialised", "lasts", "opened_at", "outlet",
        "shown",
    )  # fmt: skip

    def __init__(self, room: Room, send: Send, wire: Wire | None, shown: Shown | None) -> None:
        self._room, self._loop = room, asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._members: dict[str, Member] = {}
        self._words, self._words_at = _WORDS, self._loop.time()
        self.outlet = Outlet(send, wire, lambda: self.drop(_SLOW))
        self.shown = shown
        self.caller: Caller | None = None
        self.initialised = self.ended = False
        self.opened_at, self.lasts = self._loop.time(), lifetime()

    async def listen(self, receive: Receive, state: State) -> None:
        """Until either side has ended it."""
        try:
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                if self.ended:
                    continue
                try:
                    self._count()
                    await self._hear(protocol.read(message.get("text")), state)
                except BadMessage as bad:
                    self.close(bad.code, str(bad))
        finally:
            self._leave()

    def close(self, code: Close, reason: str) -> None:
        """Say why, and nothing more."""
        if self.ended:
            return
        CLOSED.labels(str(int(code))).inc()
        self._leave()
        self.outlet.close(code, reason)

    def drop(self, reason: str) -> None:
        """It does not even take a goodbye."""
        if self.ended:
            return
        CLOSED.labels("dropped").inc()
        log.info("live.dropped", reason=reason, user=str(self.caller.user_id) if self.caller else None)
        self._leave()
        self.outlet.abort()
        if self._task is not None:
            self._task.cancel()

    def _leave(self) -> None:
        self.ended = True
        for member in list(self._members.values()):
            self._end(member)

    async def _hear(self, said: protocol.Said, state: State) -> None:
        if isinstance(said, Init):
            await self._init(said, state)
        elif isinstance(said, Ping):
            self.outlet.offer(protocol.PONG)
        elif isinstance(said, Subscribe):
            await self._subscribe(said)
        elif isinstance(said, Complete) and (member := self._members.get(said.id)) is not None:
            self._end(member)

    async def _init(self, said: Init, state: State) -> None:
        if self.initialised:
            raise BadMessage("there is one connection_init", Close.TOO_MANY)
        self.initialised = True
        if said.bearer is not None:
            self.shown = Shown(said.bearer, cookie=False)
        if self.shown is None:
            raise BadMessage("show an API key, an access token or a session", Close.FORBIDDEN)
        try:
            caller = await admit(state, self.shown)
        except UNKNOWN_NOW:
            raise BadMessage("nobody can say just now who you are; try again", Close.TRY_LATER) from None
        if caller is None:
            raise BadMessage(_GONE, Close.FORBIDDEN)
        if self.ended:
            return
        if not self._room.seats.take(self, caller.user_id):
            raise BadMessage("too many connections of yours; close one", Close.TRY_LATER)
        self.caller = caller
        self.outlet.offer(protocol.ACK)

    async def _subscribe(self, said: Subscribe) -> None:
        if self.caller is None or self.shown is None:
            raise BadMessage("connection_init comes first", Close.UNAUTHORIZED)
        if said.id in self._members:
            raise BadMessage(f"Subscriber for {said.id} already exists", Close.DUPLICATE_ID)
        if len(self._members) >= MOST_SUBSCRIPTIONS:
            self._refuse(said.id, f"a connection may have {MOST_SUBSCRIPTIONS} subscriptions", "TOO_COSTLY")
            return
        try:
            asking = await self._room.desk.take(said.asked, self.caller, self.shown.credential)
        except Refused as refused:
            self.outlet.offer(protocol.error(said.id, refused.errors))
            return
        if self.ended:
            asking.group.leave_if_empty()
        else:
            self._begin(said.id, asking)

    def _begin(self, key: str, asking: Asking) -> None:
        group = asking.group
        member = Member(key, protocol.head(key), self.outlet, group, lambda: self._forget(key))
        self._members[key] = member
        SUBSCRIPTIONS.inc()
        if group.lossless:
            member.catching_up = self._loop.create_task(self._room.resuming.begin(member, group, asking.after))
        else:
            group.join(member)

    def _refuse(self, key: str, message: str, code: str) -> None:
        self.outlet.offer(protocol.error(key, [{"message": message, "extensions": {"code": code}}]))

    def _end(self, member: Member) -> None:
        self._forget(member.id)
        if member.catching_up is not None:
            member.catching_up.cancel()
        member.group.leave(member)

    def _forget(self, key: str) -> None:
        if self._members.pop(key, None) is not None:
            SUBSCRIPTIONS.dec()

    def _count(self) -> None:
        now = self._loop.time()
        self._words = min(_WORDS, self._words + (now - self._words_at) * _WORDS_PER_SECOND) - 1
        self._words_at = now
        if self._words < 0:
            raise BadMessage("too many messages", Close.TOO_MANY)


def shown_in(scope: Scope, settings: Any) -> Shown | None:
    """What came with the handshake."""
    text, cookie = shown_by(HTTPConnection(scope), settings)
    return Shown(text, cookie) if text else None
