"""Reading the stream as it grows, for as long as the connection stands: what live updates are made of. Nothing is acknowledged.

Whoever follows keeps its own place, so that it goes on from there after an outage and learns when something in between is gone.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from zamc.errors import Later
from zamc.events.rules import Start, StreamState
from zamc.events.stream import STREAM, Message, connected, stream_state

# How long nothing may come before the stream is looked at again: it may have been deleted and made anew.
_QUIET_SECONDS = 2.0


@dataclass(frozen=True)
class Begun:
    """The first thing that is heard on a connection: the stream as it is, and from where on it is read."""

    stream: StreamState
    start: Start


async def follow(url: str, *, name: str, subjects: Sequence[str], begin: Callable[[StreamState], Start]) -> AsyncIterator[Begun | Message]:
    """Begun, and then every message from there on, in order. Ends only by being closed.

    Raises Later when NATS does not answer (any more), when there is no stream, and when it is another one than at first.
    """
    from nats.errors import Error as NatsError
    from nats.errors import TimeoutError as NatsTimeout
    from nats.js.api import ConsumerConfig, DeliverPolicy

    async with connected(url, name=name) as client:
        try:
            jetstream = client.jetstream(timeout=5)
            state = await stream_state(jetstream)
            if state is None:
                raise Later("there is no stream yet; the relay makes it")
            start = begin(state)
            config = ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start.sequence, filter_subjects=list(subjects)
            )
            subscription = await jetstream.subscribe("", stream=STREAM, ordered_consumer=True, config=config)
            yield Begun(state, start)
            while True:
                try:
                    message = await subscription.next_msg(timeout=_QUIET_SECONDS)
                except NatsTimeout:
                    now = await stream_state(jetstream)
                    if now is None or now.created != state.created:
                        raise Later("the stream was made anew") from None
                    continue
                yield Message(message.metadata.sequence.stream, message.subject, message.data)
        except (NatsError, OSError, TimeoutError) as error:
            raise Later(f"NATS does not answer any more ({type(error).__name__})") from None
