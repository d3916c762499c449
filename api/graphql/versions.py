"""How new each project's data are, as far as this process knows: told by PostgreSQL at every commit, and asked where it was not told."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from api.hearing import Hearing, Listener
from api.threads import DATABASE
from zamc.requests.repository import CHANNEL


class Versions:
    """On one event loop. ask: reads versions, blocking."""

    def __init__(self, hearing: Hearing, ask: Callable[[Collection[UUID]], Mapping[UUID, int]]) -> None:
        self._hearing = hearing
        self._ask = ask
        self._known: dict[UUID, int] = {}
        # What was announced while nobody listened is not known: everything is asked for again.
        hearing.on(CHANNEL, Listener(self._hear, self._known.clear))

    def learn(self, versions: Mapping[UUID, int]) -> None:
        """A commit of this process: whoever asks here next sees it, whatever the listener has heard."""
        for project_id, version in versions.items():
            self._known[project_id] = max(version, self._known.get(project_id, 0))

    def known(self, project_ids: Collection[UUID]) -> Mapping[UUID, int] | None:
        """As they are now, without asking anybody; None when somebody must be asked."""
        if not self._hearing.alive:
            return None
        known = self._known
        try:
            return {key: known[key] for key in project_ids}
        except KeyError:
            return None

    async def of(self, project_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """As they are now; while PostgreSQL is not heard it is asked. Raises what the database raises."""
        wanted = [key for key in project_ids if key not in self._known] if self._hearing.alive else list(project_ids)
        if wanted:
            self.learn(await asyncio.get_running_loop().run_in_executor(DATABASE, self._ask, wanted))
        return {key: self._known.get(key, 0) for key in project_ids}

    async def ask_again(self, project_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """From PostgreSQL, whatever was heard. Raises what the database raises."""
        self.learn(await asyncio.get_running_loop().run_in_executor(DATABASE, self._ask, list(project_ids)))
        return self.last(project_ids)

    def last(self, project_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """As they were when PostgreSQL was last heard: for answers while it is down."""
        return {key: self._known.get(key, 0) for key in project_ids}

    def _hear(self, payload: str) -> None:
        project_id, _, version = payload.partition(":")
        self.learn({UUID(project_id): int(version)})
