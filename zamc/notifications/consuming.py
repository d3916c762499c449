"""Events become news: a durable consumer of the stream, whose place the server keeps and which any number of processes share.

Each message is one transaction: the inbox says that it is ours, the deliveries are written, and only when that is committed is it
acknowledged. A crash in between brings it again, and the inbox knows it.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import InvalidInput
from zamc.events import dead_letters, inbox_repository
from zamc.events.catalogue import parse
from zamc.events.stream import STREAM, connected, stream_state
from zamc.notifications.news import SUBJECTS, news_of
from zamc.notifications.telling import Telling

if TYPE_CHECKING:
    from nats.js import JetStreamContext

CONSUMER = "zamc-notifier"
# What is older was told in a digest or is over: an installation that begins to notify, or reads a stream anew, does not tell its history.
NEWS_FOR = timedelta(hours=24)
_BATCH = 50
_FETCH_SECONDS = 2.0
_ACK_SECONDS = 60.0
# A message that a bug of ours fails on comes again so often, then it is a dead letter.
_MOST_TRIES = 5
_AGAIN_SECONDS = 5.0
log = structlog.get_logger()


class Consumer:
    """Reads on where the last one stopped until `stopping` is set, or the stream is read to its end."""

    def __init__(self, database: Database, clock: Clock, telling: Telling, *, nats_url: str) -> None:
        self._database, self._clock, self._telling, self._nats_url = database, clock, telling, nats_url

    async def run(self, stopping: asyncio.Event, *, once: bool = False, on_news: Callable[[], None] = lambda: None) -> int:
        """One connection. Returns how many deliveries were made. Raises Later and NATS' errors when it breaks: call it again."""
        made = 0
        async with connected(self._nats_url, name=CONSUMER) as client:
            jetstream = client.jetstream(timeout=5)
            while not stopping.is_set():
                state = await stream_state(jetstream)
                if state is None:
                    if once:
                        return made
                    await _wait(stopping, _FETCH_SECONDS)
                    continue
                subscription = await self._subscription(jetstream)
                while not stopping.is_set():
                    try:
                        messages = await subscription.fetch(_BATCH, timeout=0.2 if once else _FETCH_SECONDS)
                    except TimeoutError:  # nats-py raises its own kind of it, or the plain one
                        if once and not (await subscription.consumer_info()).num_pending:
                            return made
                        continue
                    for message in messages:
                        count = await self._one(message, created=state.created)
                        made += count
                        if count:
                            on_news()
        return made

    async def _subscription(self, jetstream: "JetStreamContext") -> Any:
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

        config = ConsumerConfig(
            durable_name=CONSUMER,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_SECONDS,
            max_ack_pending=1_000,
            filter_subjects=list(SUBJECTS),
        )
        await jetstream.add_consumer(STREAM, config)
        return await jetstream.pull_subscribe_bind(CONSUMER, stream=STREAM)

    async def _one(self, message: Any, *, created: str) -> int:
        """Told and acknowledged. What our own bug stumbles over is tried again a few times and then laid aside; outages are raised."""
        from sqlalchemy.exc import InterfaceError, OperationalError
        from sqlalchemy.exc import TimeoutError as NoConnection

        sequence = message.metadata.sequence.stream
        try:
            count = await asyncio.to_thread(self._take, message.subject, message.data)
        except InvalidInput as error:
            await asyncio.to_thread(self._bury, message, created, sequence, str(error))
            count = 0
        except (OperationalError, InterfaceError, NoConnection, OSError):
            raise
        except Exception as bug:
            log.exception("notifications.bug", sequence=sequence, subject=message.subject)
            if (message.metadata.num_delivered or 0) < _MOST_TRIES:
                await message.nak(delay=_AGAIN_SECONDS)
                return 0
            await asyncio.to_thread(self._bury, message, created, sequence, f"a bug of ours: {type(bug).__name__}")
            count = 0
        await message.ack()
        return count

    def _take(self, subject: str, payload: bytes) -> int:
        envelope, data = parse(subject, payload)
        with self._database.transaction() as session:
            if not inbox_repository.take(session, CONSUMER, envelope.id):
                return 0
            if self._clock.now() - envelope.time > NEWS_FOR:
                return 0
            news = news_of(session, envelope.id, data)
            return self._telling.tell(session, news) if news is not None else 0

    def _bury(self, message: Any, created: str, sequence: int, reason: str) -> None:
        with self._database.transaction() as session:
            dead_letters.bury(
                session, stream_created=created, stream_sequence=sequence, subject=message.subject, payload=message.data, reason=reason
            )


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
