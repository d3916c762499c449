"""The JetStream stream ZAMC: the doorbell and the fan-out. PostgreSQL is the record."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import Later
from zamc.events.rules import Cursor, StreamState, read_on

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

STREAM = "ZAMC"
SUBJECTS = ("zamc.>",)
_DUPLICATE_WINDOW_SECONDS = 120.0
_KEEP_SECONDS = 30 * 86_400.0
_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class Message:
    """A message as it lies in the stream. traceparent: of its header, as whoever published it wrote it."""

    sequence: int
    subject: str
    payload: bytes
    traceparent: str | None = None


@dataclass(frozen=True)
class Batch:
    """What one look at the stream brought. cursor covers everything that was looked at, matching or not."""

    stream: StreamState
    messages: Sequence[Message]
    cursor: Cursor
    gap: bool


@asynccontextmanager
async def connected(url: str, *, name: str) -> AsyncIterator["Client"]:
    """A connection that fails fast when nobody listens; Later says so."""
    import nats
    from nats.errors import Error as NatsError

    refuse_inside_transaction("NATS")
    try:
        client = await nats.connect(
            url, name=name, connect_timeout=2, allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0.1
        )
    except (OSError, NatsError, TimeoutError) as error:
        raise Later(f"NATS does not answer ({type(error).__name__}); it is tried again") from None
    try:
        yield client
    finally:
        await client.close()


async def ensure_stream(jetstream: "JetStreamContext", *, replicas: int) -> None:
    """Make the stream if it is missing. File-backed; the server's `sync_interval: always` puts every acknowledgement on disk first."""
    from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
    from nats.js.errors import NotFoundError

    try:
        await jetstream.stream_info(STREAM)
    except NotFoundError:
        await jetstream.add_stream(
            StreamConfig(
                name=STREAM,
                subjects=list(SUBJECTS),
                retention=RetentionPolicy.LIMITS,
                discard=DiscardPolicy.OLD,
                storage=StorageType.FILE,
                max_age=_KEEP_SECONDS,
                duplicate_window=_DUPLICATE_WINDOW_SECONDS,
                num_replicas=replicas,
            )
        )


async def stream_state(jetstream: "JetStreamContext") -> StreamState | None:
    """None while the stream does not exist."""
    from nats.js.errors import NotFoundError

    try:
        info = await jetstream.stream_info(STREAM)
    except NotFoundError:
        return None
    return StreamState(created=str(info.created), first=info.state.first_seq, last=info.state.last_seq)


def read_batch(url: str, *, subjects: Sequence[str], cursor: Cursor | None, limit: int) -> Batch | None:
    """Read on from the cursor with an ordered consumer, acknowledging nothing. None while there is no stream.

    Raises Later when NATS does not answer; the caller's cursor stays where it was.
    """
    return asyncio.run(_read_batch(url, subjects=subjects, cursor=cursor, limit=limit))


async def _read_batch(url: str, *, subjects: Sequence[str], cursor: Cursor | None, limit: int) -> Batch | None:
    async with connected(url, name="zamc-sensor") as client:
        jetstream = client.jetstream()
        state = await stream_state(jetstream)
        if state is None:
            return None
        start = read_on(cursor, state)
        if start.sequence > state.last:
            return Batch(state, (), Cursor(state.created, state.last), start.gap)
        messages, complete = await _fetch(jetstream, subjects=subjects, start=start.sequence, limit=limit)
        last_read = messages[-1].sequence if messages else 0
        reached = max(last_read, state.last) if complete else last_read
        return Batch(state, messages, Cursor(state.created, reached), start.gap)


async def _fetch(jetstream: "JetStreamContext", *, subjects: Sequence[str], start: int, limit: int) -> tuple[list[Message], bool]:
    """Up to `limit` messages from a sequence on, and whether these were all that match."""
    from nats.errors import TimeoutError as NatsTimeout
    from nats.js.api import ConsumerConfig, DeliverPolicy

    config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start, filter_subjects=list(subjects))
    subscription = await jetstream.subscribe("", stream=STREAM, ordered_consumer=True, config=config)
    try:
        waiting = (await subscription.consumer_info()).num_pending or 0
        messages: list[Message] = []
        pending = waiting + subscription.pending_msgs
        while pending and len(messages) < limit:
            try:
                message = await subscription.next_msg(timeout=_WAIT_SECONDS)
            except NatsTimeout:
                raise Later("the stream ZAMC stopped answering in the middle of a batch; it is read again") from None
            asked = (message.headers or {}).get("traceparent")
            messages.append(Message(message.metadata.sequence.stream, message.subject, message.data, asked))
            pending = message.metadata.num_pending
        return messages, pending == 0
    finally:
        await subscription.unsubscribe()
