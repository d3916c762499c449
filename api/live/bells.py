"""Who wants to know when something of a project changes. What rings while somebody is busy rings once."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID

# What many changes in a row come to: so often is a screen made anew at most.
CALM_SECONDS = 0.2


class Bell:
    """subjects: beginnings of the events' names that ring it. versions: whether any change of the project's data does."""

    __slots__ = ("_rung", "_rung_at", "subjects", "versions")

    def __init__(self, subjects: tuple[str, ...], *, versions: bool) -> None:
        self.subjects, self.versions = subjects, versions
        self._rung = asyncio.Event()
        self._rung_at = float("-inf")

    def ring(self) -> None:
        self._rung.set()

    async def rings(self) -> AsyncIterator["Bell"]:
        """Once at first, then at every ring, with some calm in between."""
        loop = asyncio.get_running_loop()
        while True:
            self._rung.clear()
            self._rung_at = loop.time()
            yield self
            await self._rung.wait()
            await asyncio.sleep(max(0.0, self._rung_at + CALM_SECONDS - loop.time()))

    def ring_in(self, seconds: float) -> asyncio.TimerHandle:
        """For what changes without an event."""
        return asyncio.get_running_loop().call_later(seconds, self.ring)


class Bells:
    """Of one process, by project."""

    def __init__(self) -> None:
        self._of: defaultdict[UUID, set[Bell]] = defaultdict(set)

    @contextmanager
    def hung(self, project_id: UUID, subjects: tuple[str, ...], *, versions: bool) -> Iterator[Bell]:
        """A bell, for as long as somebody listens."""
        bell = Bell(subjects, versions=versions)
        self._of[project_id].add(bell)
        try:
            yield bell
        finally:
            mine = self._of[project_id]
            mine.discard(bell)
            if not mine:
                del self._of[project_id]

    def event(self, project_id: UUID, subject: str) -> None:
        for bell in self._of.get(project_id, ()):
            if subject.startswith(bell.subjects):
                bell.ring()

    def version(self, project_id: UUID) -> None:
        for bell in self._of.get(project_id, ()):
            if bell.versions:
                bell.ring()

    def all(self) -> None:
        """Nobody knows what has changed."""
        for mine in self._of.values():
            for bell in mine:
                bell.ring()
