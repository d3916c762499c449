"""In which projects something is under way: answers about them are kept for seconds, about others for a minute."""

import asyncio
from collections.abc import Callable, Collection
from uuid import UUID

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.room import Resting
from api.threads import DATABASE

# A launch begins with an event, which makes other keys at once; what follows it without one is looked for this often.
LOOK_SECONDS = 2.0
log = structlog.get_logger()


class Moving:
    """On one event loop. ask: reads the projects, blocking."""

    def __init__(self, ask: Callable[[], frozenset[UUID]]) -> None:
        self._ask = ask
        self._projects: frozenset[UUID] | None = None

    def any_of(self, project_ids: Collection[UUID]) -> bool:
        """Whether something is under way in one of them, or nobody knows."""
        return self._projects is None or not self._projects.isdisjoint(project_ids)

    async def look(self) -> None:
        """For ever, until it is cancelled."""
        while True:
            try:
                self._projects = await asyncio.get_running_loop().run_in_executor(DATABASE, self._ask)
            except (SQLAlchemyError, RedisError, OSError, Resting) as error:
                self._projects = None
                log.warning("graphql.not_looking", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)
