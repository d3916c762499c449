"""What the resolver of a subscription may use beside what every resolver has: bells, and the alerts as they come."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

from api.graphql.context import Context, Info
from api.live.bells import Bell, Bells
from api.live.news import News


class Feeds:
    """Alerts as they come, one queue for each group that tells those of a project."""

    def __init__(self) -> None:
        self._of: dict[UUID, set[asyncio.Queue[News]]] = {}

    def open(self, project_id: UUID) -> "asyncio.Queue[News]":
        """Everything from now on."""
        queue: asyncio.Queue[News] = asyncio.Queue()
        self._of.setdefault(project_id, set()).add(queue)
        return queue

    def close(self, project_id: UUID, queue: "asyncio.Queue[News]") -> None:
        mine = self._of.get(project_id, set())
        mine.discard(queue)
        if not mine:
            self._of.pop(project_id, None)

    def tell(self, project_id: UUID, news: News) -> None:
        for queue in self._of.get(project_id, ()):
            queue.put_nowait(news)

    def tell_all(self, news: News) -> None:
        for project_id in self._of:
            self.tell(project_id, news)


@dataclass
class LiveContext(Context):
    """Of one group, and of one event. feed: of a group that tells what happened.

    room: how many statements all groups together may have under way.
    """

    bells: Bells = field(kw_only=True)
    feed: "asyncio.Queue[News] | None" = field(kw_only=True, default=None)
    room: asyncio.Semaphore = field(kw_only=True)

    def __post_init__(self) -> None:
        vars(self)["_room"] = self.room

    async def listen(self, project_id: UUID, *subjects: str, versions: bool = False) -> AsyncIterator[Bell]:
        """At first, and whenever an event with one of these beginnings comes; versions: whenever the project's data change at all."""
        with self.bells.hung(project_id, subjects, versions=versions) as bell:
            async for each in bell.rings():
                yield each

    async def news(self) -> AsyncIterator[News]:
        """What happens from the moment on in which the group has its first member."""
        while self.feed is not None:
            yield await self.feed.get()


def live(info: Info) -> LiveContext:
    """The context of a subscription's resolver."""
    if not isinstance(info.context, LiveContext):
        raise TypeError("a subscription is listened to on a WebSocket")
    return info.context
