"""Catching up: whoever listens to what happened gets what it has missed, from memory or from the stream, and then belongs to the group.

Between the last look and joining nothing is awaited, so that nothing falls in between; a member's place keeps what it has from coming
again.
"""

import asyncio

import orjson
import structlog

from api.graphql.subscriptions.alerts import AlertNews
from api.live.groups import Group, Member
from api.live.hub import Hub
from api.live.news import News, Raised
from zamc.errors import InvalidInput, Later
from zamc.events.catalogue import AlertRaised, parse
from zamc.events.repository import project_of
from zamc.events.rules import Cursor
from zamc.events.stream import Batch, Message, read_batch

# So many at once read the stream itself; the others wait for their turn.
_READERS = 2
_BATCH = 500
# Whoever has missed more than this looks at the list of alerts instead.
_MOST_BATCHES = 10
_AGAIN_SECONDS = 2.0
log = structlog.get_logger()


class Resuming:
    """On one event loop. url: of NATS."""

    def __init__(self, hub: Hub, url: str) -> None:
        self._hub, self._url = hub, url
        self._readers = asyncio.Semaphore(_READERS)

    async def begin(self, member: Member, group: Group, after: Cursor | None) -> None:
        """Say where the stream stands, or what was missed since `after`; then join."""
        now = await self._hub.begun()
        said, stream = False, now.created
        if after is None or after.created != stream:
            # Sequences of another stream say nothing here.
            await self._start_at(member, group, now, gap=after is not None)
            said = True
        else:
            member.place = after.sequence
        while True:
            said |= await self._missed(member, group)
            if not said:
                await self._say(member, group, News(Cursor(stream, member.place)))
            elif self._hub.stands.created != stream:
                stream = self._hub.stands.created
                await self._start_at(member, group, self._hub.stands, gap=True)
            elif self._hub.since(member.group.project_id, member.place) == []:
                group.join(member)
                return
            said = True

    async def _start_at(self, member: Member, group: Group, place: Cursor, *, gap: bool) -> None:
        member.place = place.sequence
        await self._say(member, group, News(place, gap=gap))

    async def _missed(self, member: Member, group: Group) -> bool:
        """Everything up to now; whether that was anything."""
        said, batches = False, 0
        while (found := self._hub.since(group.project_id, member.place)) != []:
            if found is not None:
                for raised in found:
                    await self._tell(member, group, raised)
                said = True
            elif batches < _MOST_BATCHES:
                batches += 1
                said |= await self._from_stream(member, group)
            else:
                # Too much: it goes on with the newest.
                await self._start_at(member, group, self._hub.stands, gap=True)
                said = True
        return said

    async def _from_stream(self, member: Member, group: Group) -> bool:
        """One batch, and whether anything was said of it."""
        batch = await self._read(Cursor(self._hub.stands.created, member.place))
        said = batch.gap
        if batch.gap:
            first = max(batch.stream.first - 1, member.place)
            member.place = first
            await self._say(member, group, News(Cursor(batch.stream.created, first), gap=True))
        for message in batch.messages:
            raised = _raised(message)
            if raised is not None and raised.project_id == group.project_id and raised.sequence > member.place:
                said = True
                await self._tell(member, group, raised)
        member.place = max(member.place, batch.cursor.sequence)
        return said

    async def _read(self, cursor: Cursor) -> Batch:
        """Waits NATS's outages out."""
        while True:
            try:
                async with self._readers:
                    batch = await asyncio.to_thread(read_batch, self._url, subjects=(AlertRaised.subject,), cursor=cursor, limit=_BATCH)
                if batch is not None:
                    return batch
            except Later as error:
                log.warning("live.not_resuming", error=str(error))
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _tell(self, member: Member, group: Group, raised: Raised) -> None:
        member.place = raised.sequence
        await self._say(member, group, self._hub.news(raised))

    async def _say(self, member: Member, group: Group, news: News) -> None:
        answer = await group.render(AlertNews.of(news))
        member.send(orjson.dumps(answer.payload).decode())


def _raised(message: Message) -> Raised | None:
    try:
        envelope, data = parse(message.subject, message.payload)
        project_id = project_of(data)
    except (InvalidInput, ValueError):
        return None
    if not isinstance(data, AlertRaised) or project_id is None:
        return None
    return Raised(message.sequence, envelope.id, envelope.time, project_id, data)
