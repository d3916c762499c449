"""The relay: publishes what lies in the outbox. Any number of copies may run; each event is taken by one of them.

A crash between publishing and marking publishes again, within the stream's de-duplication window (by event id) or beyond it:
consumers are idempotent by event id.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import Later
from zamc.events import repository
from zamc.events.stream import STREAM, connected, ensure_stream
from zamc.events.witness import HEADER
from zamc.telemetry import context, tracing

if TYPE_CHECKING:
    from nats.js import JetStreamContext

_BATCH = 100
_LOOK_EVERY_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 5.0

log = structlog.get_logger()


class Relay:
    """Publishes the outbox to JetStream until it is stopped."""

    def __init__(
        self,
        database: Database,
        *,
        nats_url: str,
        replicas: int,
        clock: Clock,
        installation: Callable[[], str] | None = None,
        before_publishing: Callable[[], object] | None = None,
    ) -> None:
        """installation: stands in a header of each message. before_publishing: asked on every connection, before its first message."""
        self._database = database
        self._installation = installation
        self._before_publishing = before_publishing
        self._nats_url = nats_url
        self._replicas = replicas
        self._clock = clock
        self.stopping = asyncio.Event()

    async def run(self, *, once: bool = False, on_published: Callable[[int], None] = lambda _count: None) -> int:
        """Relay until `stopping` is set, or until the outbox is empty. Outages are waited out. Returns the number of events sent.

        on_published is called with the size of each batch, after JetStream acknowledged it and before it is marked.
        """
        sent, failures = 0, 0
        while not self.stopping.is_set():
            try:
                async with connected(self._nats_url, name="zamc-relay") as client, self._doorbell() as doorbell:
                    jetstream = client.jetstream(timeout=5)
                    await ensure_stream(jetstream, replicas=self._replicas)
                    failures = 0
                    # A restored database must be noticed while the stream's last messages are still those that it lacks.
                    if self._before_publishing is not None:
                        await asyncio.to_thread(self._before_publishing)
                    headers = {HEADER: await asyncio.to_thread(self._installation)} if self._installation is not None else {}
                    while not self.stopping.is_set():
                        count = await self._publish(jetstream, headers, on_published)
                        sent += count
                        if count == 0 and once:
                            return sent
                        if count == 0:
                            await self._rest(doorbell)
            except _outages() as error:
                if once:
                    raise
                failures += 1
                log.warning("relay.outage", error=type(error).__name__, failures=failures)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), min(_LONGEST_WAIT_SECONDS, 0.2 * 2**failures))
        return sent

    async def _publish(self, jetstream: "JetStreamContext", headers: Mapping[str, str], on_published: Callable[[int], None]) -> int:
        # The rows stay locked while they are published: that is what keeps another relay from sending them too.
        with self._database.transaction() as session:
            rows = repository.lock_unsent(session, limit=_BATCH)
            for row in rows:
                payload = json.dumps(row.envelope, ensure_ascii=False, separators=(",", ":")).encode()
                with tracing.span(
                    f"publish {row.subject}",
                    tracing.Kind.PRODUCER,
                    {"messaging.system": "nats", "messaging.destination.name": row.subject, "messaging.message.id": str(row.event_id)},
                    parent=context.parse(row.envelope.get("traceparent")),
                ):
                    own = {**headers, **context.headers(), "Nats-Msg-Id": str(row.event_id)}
                    await jetstream.publish(row.subject, payload, stream=STREAM, headers=own)
            if rows:
                on_published(len(rows))
                repository.mark_sent(session, [row.sequence for row in rows], at=self._clock.now())
        return len(rows)

    @contextlib.asynccontextmanager
    async def _doorbell(self) -> AsyncIterator["psycopg.AsyncConnection[tuple[object, ...]]"]:
        """A connection of its own that hears the NOTIFY of each commit with new events."""
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=2) as connection:
            await connection.execute(f"LISTEN {repository.CHANNEL}")
            yield connection

    async def _rest(self, doorbell: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        """Sleep until the doorbell rings, at most two seconds: a commit may have fallen between the last look and LISTEN."""
        async for _ in doorbell.notifies(timeout=_LOOK_EVERY_SECONDS, stop_after=1):
            pass


def _outages() -> tuple[type[Exception], ...]:
    from nats.errors import Error as NatsError

    return (Later, NatsError, OSError, psycopg.OperationalError, DBAPIError)
