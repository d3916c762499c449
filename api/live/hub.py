"""One per process: the stream of events comes in once, and rings whoever has asked for something of the project that it is about.

NATS tells what happened, in order and with a place to go on from; PostgreSQL announces that something has changed, also what is no
event. When NATS is away nobody is sent away: afterwards it is read on from the last place, and what is gone by then is told as a gap.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from api.graphql.documents import Operation
from api.live.bells import Bells
from api.live.context import Feeds, LiveContext
from api.live.groups import Group
from api.live.metrics import GROUPS, LAST_SEQUENCE
from api.live.news import News, Raised, Remembered
from zamc.errors import InvalidInput, Later
from zamc.events.catalogue import AlertRaised, parse
from zamc.events.following import Begun, follow
from zamc.events.repository import project_of
from zamc.events.rules import Cursor, Start, StreamState, read_on
from zamc.events.stream import SUBJECTS, Message

if TYPE_CHECKING:
    from zamc.bootstrap import Services
    from zamc.identity.service import Caller

# How many statements all groups together may have under way: requests must not wait for them.
ROOM = 3
# So much of the past is read when the process begins, so that those who come back find what they have missed in memory.
_PAST = 5_000
_AGAIN_SECONDS, _LONGEST_AGAIN_SECONDS = 0.2, 3.0
log = structlog.get_logger()


class Hub:
    """On one event loop."""

    def __init__(self, wired: "Services") -> None:
        self._wired = wired
        self._groups: dict[bytes, Group] = {}
        self._bells, self._feeds, self._room = Bells(), Feeds(), asyncio.Semaphore(ROOM)
        self._remembered = Remembered()
        self._created: str | None = None
        self._read = 0
        self._stands = 0
        self._began = asyncio.Event()

    # -- groups

    def group(
        self,
        key: bytes,
        operation: Operation,
        variables: Mapping[str, object],
        caller: "Caller",
        *,
        lossless: bool,
    ) -> Group:
        """Of those who ask the same with the same rights; caller: with their role in the one project, and no other."""
        found = self._groups.get(key)
        if found is None:
            (project_id,) = caller.roles
            found = Group(key, project_id, operation, variables, lossless, self._context(operation, caller), self._feeds, self._forget)
            self._groups[key] = found
            GROUPS.set(len(self._groups))
        return found

    def has(self, key: bytes) -> bool:
        """Whether somebody asks the same already."""
        return key in self._groups

    def _context(self, operation: Operation, caller: "Caller") -> "Callable[[asyncio.Queue[News] | None], LiveContext]":
        return lambda feed: LiveContext(self._wired, caller, makers=operation.makers, bells=self._bells, feed=feed, room=self._room)

    def _forget(self, group: Group) -> None:
        if self._groups.get(group.key) is group:
            del self._groups[group.key]
            GROUPS.set(len(self._groups))

    # -- what PostgreSQL announces

    def changed(self, project_id: UUID) -> None:
        """The project's data have another version."""
        self._bells.version(project_id)

    def unknown(self) -> None:
        """For a while nobody was listening."""
        self._bells.all()

    # -- what NATS tells

    async def begun(self) -> Cursor:
        """Where the stream stands. Waits for as long as nobody knows."""
        await self._began.wait()
        return self.stands

    @property
    def stands(self) -> Cursor:
        """Where the stream stands, as far as was heard."""
        return self._cursor(self._stands)

    def since(self, project_id: UUID, place: int) -> list[Raised] | None:
        """Alerts behind a place; None when it lies further back than what is remembered here."""
        found = self._remembered.since(project_id, place)
        return None if found is None else list(found)

    def news(self, raised: Raised) -> News:
        return News(self._cursor(raised.sequence), raised)

    async def run(self) -> None:
        """For ever, until it is cancelled."""
        url, wait = self._wired.settings.nats_url.get_secret_value(), _AGAIN_SECONDS
        while True:
            try:
                heard = follow(url, name="zamc-live", subjects=SUBJECTS, begin=self._begin)
                async with aclosing(heard) as all_of_it:  # type: ignore[type-var]  # an async generator, which can be closed
                    async for each in all_of_it:
                        wait = _AGAIN_SECONDS
                        self._begun(each) if isinstance(each, Begun) else self._hear(each)
            except Later as error:
                log.warning("live.not_hearing", error=str(error))
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_AGAIN_SECONDS)

    def _cursor(self, sequence: int) -> Cursor:
        return Cursor(self._created or "", sequence)

    def _begin(self, stream: StreamState) -> Start:
        if self._created is None:
            return Start(max(stream.first, stream.last - _PAST + 1, 1), gap=False)
        if self._created != stream.created or stream.last < self._read:
            # Made anew from the outbox it tells everything once more: what is new begins behind that.
            return Start(stream.last + 1, gap=True)
        return read_on(Cursor(self._created, self._read), stream)

    def _begun(self, begun: Begun) -> None:
        stream, start = begun.stream, begun.start
        fresh = self._created is None
        self._created = stream.created
        if fresh or start.gap:
            self._read = start.sequence - 1 if not start.gap else max(start.sequence, stream.first) - 1
            self._remembered.begin(self._read)
            self._stands = max(self._read, stream.last) if fresh else self._read
        log.info("live.hearing", sequence=self._read, gap=start.gap)
        if start.gap:
            self._feeds.tell_all(News(self._cursor(self._stands), gap=True))
        if fresh or start.gap:
            self._bells.all()
        self._began.set()

    def _hear(self, message: Message) -> None:
        self._read = message.sequence
        self._stands = max(self._stands, message.sequence)
        LAST_SEQUENCE.set(message.sequence)
        try:
            envelope, data = parse(message.subject, message.payload)
            project_id = project_of(data)
        except (InvalidInput, ValueError):
            return  # the sensors' dead letters keep it
        if project_id is None:
            return
        if isinstance(data, AlertRaised):
            raised = Raised(message.sequence, envelope.id, envelope.time, project_id, data)
            if not self._remembered.add(raised):
                return
            self._feeds.tell(project_id, self.news(raised))
        self._bells.event(project_id, message.subject)
