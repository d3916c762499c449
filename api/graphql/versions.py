"""How new each project's data are, as far as this process knows: told by PostgreSQL at every commit, and asked where it was not told."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from uuid import UUID

import psycopg
import structlog

from api.graphql.threads import DATABASE
from zamc.requests.repository import CHANNEL

_AGAIN_SECONDS = 1.0
log = structlog.get_logger()


class Versions:
    """On one event loop. url: of PostgreSQL as psycopg reads it; ask: reads versions, blocking."""

    def __init__(self, url: str, ask: Callable[[Collection[UUID]], Mapping[UUID, int]]) -> None:
        self._url = url
        self._ask = ask
        self._known: dict[UUID, int] = {}
        self._hearing = False

    def learn(self, versions: Mapping[UUID, int]) -> None:
        """A commit of this process: whoever asks here next sees it, whatever the listener has heard."""
        for project_id, version in versions.items():
            self._known[project_id] = max(version, self._known.get(project_id, 0))

    async def of(self, project_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """As they are now; while PostgreSQL is not heard it is asked. Raises what the database raises."""
        wanted = [key for key in project_ids if key not in self._known] if self._hearing else list(project_ids)
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

    async def listen(self) -> None:
        """For ever, until it is cancelled."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    # What was announced while nobody listened is not known: everything is asked for again.
                    self._known.clear()
                    self._hearing = True
                    async for notice in connection.notifies():
                        project_id, _, version = notice.payload.partition(":")
                        self.learn({UUID(project_id): int(version)})
            except (OSError, psycopg.Error) as error:
                log.warning("graphql.not_hearing", error=type(error).__name__)
            finally:
                self._hearing = False
            await asyncio.sleep(_AGAIN_SECONDS)
