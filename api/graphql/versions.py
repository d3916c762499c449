"""How new each project's data are, as far as this process knows: told by PostgreSQL at every commit, and asked where it was not told.

Once it listens it reads ahead, so that the first who asks about a project need not wait for that; what it did not read is asked for then.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.hearing import Hearing, Listener
from api.room import Resting
from api.threads import DATABASE
from zamc.requests.repository import CHANNEL, heard
from zamc.requests.rules import NEVER_CHANGED, Version

# Read ahead, at most: 6 MB.
MOST_AHEAD = 20_000
T = TypeVar("T")
log = structlog.get_logger()


class Versions:
    """On one event loop. ask: reads versions of projects; newest: those of so many at most. Both block."""

    def __init__(
        self,
        hearing: Hearing,
        ask: Callable[[Collection[UUID]], Mapping[UUID, Version]],
        newest: Callable[[int], Mapping[UUID, Version]],
    ) -> None:
        self._hearing = hearing
        self._ask, self._newest = ask, newest
        self._behind = asyncio.Event()
        self._known: dict[UUID, Version] = {}
        # The same, and what was known before nobody listened for a while.
        self._last: dict[UUID, Version] = {}
        self._forgotten = 0
        # What was announced while nobody listened is not known: everything is asked for again.
        hearing.on(CHANNEL, Listener(self._hear, self._forget))

    def learn(self, versions: Mapping[UUID, Version]) -> None:
        """A commit of this process: whoever asks here next sees it, whatever the listener has heard."""
        for project_id, version in versions.items():
            # Where the whole is newer the work is no older: both rise under one lock. After a restore both may begin again below.
            self._known[project_id] = self._last[project_id] = max(version, self._known.get(project_id, NEVER_CHANGED))

    def known(self, project_ids: Collection[UUID]) -> Mapping[UUID, Version] | None:
        """As they are now, without asking anybody; None when somebody must be asked."""
        if not self._hearing.alive:
            return None
        known = self._known
        try:
            return {key: known[key] for key in project_ids}
        except KeyError:
            return None

    async def of(self, project_ids: Collection[UUID]) -> Mapping[UUID, Version]:
        """As they are now; while PostgreSQL is not heard it is asked. Raises what the database raises."""
        known = self._known if self._hearing.alive else {}
        found = {key: known[key] for key in project_ids if key in known}
        missing = [key for key in project_ids if key not in found]
        return {**found, **await self.ask_again(missing)} if missing else found

    async def ask_again(self, project_ids: Collection[UUID]) -> Mapping[UUID, Version]:
        """From PostgreSQL, whatever was heard. Raises what the database raises."""
        return await self._asked(self._ask, list(project_ids))

    async def read_ahead(self) -> None:
        """Whenever everything was forgotten, for ever, until it is cancelled."""
        while True:
            await self._behind.wait()
            self._behind.clear()
            try:
                await self._asked(self._newest, MOST_AHEAD)
            except (SQLAlchemyError, OSError, Resting) as error:
                log.warning("graphql.not_read_ahead", error=type(error).__name__)

    async def _asked(self, ask: Callable[[T], Mapping[UUID, Version]], what: T) -> Mapping[UUID, Version]:
        before = self._forgotten
        asked = await asyncio.get_running_loop().run_in_executor(DATABASE, ask, what)
        # If something was forgotten meanwhile, a newer version may have been told in between, and would never be told again.
        if before == self._forgotten:
            self.learn(asked)
        else:
            self._last.update(asked)
        return asked

    def last(self, project_ids: Collection[UUID]) -> Mapping[UUID, Version]:
        """As they were when PostgreSQL was last heard: for answers while it is down."""
        return {key: self._last.get(key, NEVER_CHANGED) for key in project_ids}

    def _hear(self, payload: str) -> None:
        project_id, version = heard(payload)
        self.learn({project_id: version})

    def _forget(self) -> None:
        self._known.clear()
        self._forgotten += 1
        self._behind.set()
