"""How much is done at once, how long anybody waits for that, and when nobody should wait any more: load shedding and circuit breakers.

A server that takes on more than it can do answers everybody too late. Here whoever would wait too long is told so at once, with 503 and
Retry-After, and what is down is left alone for a moment instead of being waited for by every request. What stops spending, and what says
whether the process is well, never passes through here.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
from prometheus_client import Counter, Gauge

SHED = Counter("zamc_api_shed", "Requests that were told to come back because there was no room", ["room"])
OPEN = Gauge("zamc_api_breaker_open", "Whether a dependency is being left alone (1) or asked (0)", ["dependency"])
RETRY_SECONDS = 2
log = structlog.get_logger()


class Full(Exception):
    """There is no room, and waiting for it would take too long. Nothing was begun."""


class Room:
    """On one event loop: `places` at once, `queue` waiting at most, each for `patience` seconds at most. First come, first served."""

    def __init__(self, name: str, *, places: int, queue: int, patience: float) -> None:
        self._name, self._places, self._queue, self._patience = name, places, queue, patience
        self._used = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Raises Full."""
        if self._used >= self._places or self._waiting:
            await self._wait()
        else:
            self._used += 1
        try:
            yield
        finally:
            self._leave()

    async def _wait(self) -> None:
        if len(self._waiting) >= self._queue:
            self._shed()
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            async with asyncio.timeout(self._patience):
                await mine
        except BaseException as error:
            if mine.done() and not mine.cancelled():
                self._leave()  # the place was handed over just when it was given up
            elif mine in self._waiting:
                self._waiting.remove(mine)
            if isinstance(error, TimeoutError):
                self._shed()
            raise

    def _leave(self) -> None:
        """Hands the place on to whoever waits longest."""
        while self._waiting:
            following = self._waiting.popleft()
            if not following.done():
                following.set_result(None)
                return
        self._used -= 1

    def _shed(self) -> None:
        SHED.labels(self._name).inc()
        raise Full(self._name)


class Resting(Exception):
    """A dependency did not answer several times in a row and is left alone for a moment."""

    def __init__(self, dependency: str, seconds: float) -> None:
        super().__init__(dependency)
        self.dependency, self.seconds = dependency, seconds


class LocalBreaker:
    """A circuit breaker of one process; threads share it. outages: what counts as no answer.

    Opens after `failures` outages in a row for `rest` seconds, twice as long each time up to `longest`; then one call tries.
    """

    def __init__(self, dependency: str, *outages: type[BaseException], failures: int = 3, rest: float = 0.25, longest: float = 1.0) -> None:
        self._dependency, self._outages = dependency, outages
        self._failures, self._rest, self._longest = failures, rest, longest
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until = 0.0
        self._trying = False
        OPEN.labels(dependency).set(0)

    @property
    def is_open(self) -> bool:
        return self._failed >= self._failures

    @contextmanager
    def guard(self, *, urgent: bool = False) -> Iterator[None]:
        """Around one call. Raises Resting while it is open, but never to an urgent one."""
        trying = self._enter(urgent=urgent)
        try:
            yield
        except self._outages:
            self._failed_now()
            raise
        except BaseException:
            self._left(trying=trying)
            raise
        self._answered()

    def _enter(self, *, urgent: bool) -> bool:
        with self._lock:
            if self._failed < self._failures or urgent:
                return False
            left = self._open_until - time.monotonic()
            if left > 0 or self._trying:
                raise Resting(self._dependency, max(left, self._rest))
            self._trying = True
            return True

    def _failed_now(self) -> None:
        with self._lock:
            self._trying = False
            self._failed += 1
            trips = self._failed - self._failures
            if trips < 0:
                return
            self._open_until = time.monotonic() + min(self._longest, self._rest * 2 ** min(trips, 10))
            if trips == 0:
                OPEN.labels(self._dependency).set(1)
                log.warning("api.breaker_opened", dependency=self._dependency)

    def _answered(self) -> None:
        if not self._failed:
            return
        with self._lock:
            was_open, self._failed, self._trying = self._failed >= self._failures, 0, False
        if was_open:
            OPEN.labels(self._dependency).set(0)
            log.info("api.breaker_closed", dependency=self._dependency)

    def _left(self, *, trying: bool) -> None:
        """Something else went wrong: whether the dependency is there is still not known."""
        if trying:
            with self._lock:
                self._trying = False
