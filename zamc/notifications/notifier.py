"""The notifier: events become news, news becomes deliveries, deliveries leave, each morning has a digest, and what is old is forgotten."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from zamc.database.engine import Database
from zamc.errors import Later
from zamc.notifications.consuming import Consumer
from zamc.notifications.delivering import Deliverer
from zamc.notifications.delivery_repository import CHANNEL
from zamc.notifications.digest import Digests
from zamc.notifications.retention import Retention

_LOOK_EVERY_SECONDS = 2.0
_DIGESTS_EVERY_SECONDS = 60.0
_FORGETS_EVERY_SECONDS = 6 * 3_600.0
_LONGEST_WAIT_SECONDS = 5.0
log = structlog.get_logger()


class Notifier:
    """Loops that outlast each other's outages: without NATS, what is due still leaves. Any number of copies may run."""

    def __init__(self, database: Database, consumer: Consumer, deliverer: Deliverer, digests: Digests, retention: Retention) -> None:
        self._database, self._consumer, self._deliverer, self._digests = database, consumer, deliverer, digests
        self._retention = retention
        self.stopping = asyncio.Event()
        self._due = asyncio.Event()

    async def run(self) -> None:
        """Until `stopping` is set; what is being sent then is brought to its end."""
        await asyncio.gather(
            self._again("consumer", self._read),
            self._again("deliverer", self._deliver),
            self._again("doorbell", self._listen),
            self._again("digests", self._digest),
            self._again("retention", self._forget),
        )

    async def once(self) -> None:
        """Everything that is due now: for a cron job and for tests. Outages are raised."""
        await self._consumer.run(self.stopping, once=True)
        await asyncio.to_thread(self._digests.make_due)
        while await asyncio.to_thread(self._deliverer.round):
            pass
        await asyncio.to_thread(self._retention.forget)

    async def _again(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while not self.stopping.is_set():
            try:
                await work()
                failures = 0
            except _outages() as error:
                failures += 1
                log.warning("notifications.outage", loop=name, error=type(error).__name__, failures=failures)
                await self._rest(min(_LONGEST_WAIT_SECONDS, 0.2 * 2**failures))

    async def _read(self) -> None:
        await self._consumer.run(self.stopping, on_news=self._due.set)

    async def _deliver(self) -> None:
        self._due.clear()
        if await asyncio.to_thread(self._deliverer.round):
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._due.wait(), _LOOK_EVERY_SECONDS)

    async def _digest(self) -> None:
        await asyncio.to_thread(self._digests.make_due)
        await self._rest(_DIGESTS_EVERY_SECONDS)

    async def _forget(self) -> None:
        await asyncio.to_thread(self._retention.forget)
        await self._rest(_FORGETS_EVERY_SECONDS)

    async def _listen(self) -> None:
        """A connection of its own that hears the NOTIFY of each commit with new deliveries, those of the API too."""
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=2) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            while not self.stopping.is_set():
                async for _ in connection.notifies(timeout=_LOOK_EVERY_SECONDS, stop_after=1):
                    self._due.set()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


def _outages() -> tuple[type[Exception], ...]:
    from nats.errors import Error as NatsError

    return (Later, NatsError, OSError, psycopg.OperationalError, DBAPIError)
