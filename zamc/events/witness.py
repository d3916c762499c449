"""What the stream remembers of an installation: a database that does not know an event of its own has gone back in time.

Events are committed before they are published, so an event in the stream that the outbox does not have can only mean that the database
was restored from a backup, or that a copy of it is running beside the real one.
"""

import asyncio
import json
from dataclasses import dataclass
from uuid import UUID

from zamc.errors import Later
from zamc.events.stream import STREAM, connected, stream_state

HEADER = "Zamc-Installation"
_LATEST = 16


@dataclass(frozen=True)
class Heard:
    """An event of this installation as it lies in the stream `created`."""

    event_id: UUID
    created: str
    sequence: int


def heard(url: str, *, installation: str, latest: int = _LATEST) -> list[Heard]:
    """The installation's events among the latest messages of the stream, newest first; none while there is no stream.

    Raises Later when NATS does not answer.
    """
    return asyncio.run(_heard(url, installation, latest))


async def _heard(url: str, installation: str, latest: int) -> list[Heard]:
    from nats.errors import Error as NatsError
    from nats.js.errors import NotFoundError

    found: list[Heard] = []
    async with connected(url, name="zamc-witness") as client:
        jetstream = client.jetstream(timeout=5)
        try:
            state = await stream_state(jetstream)
            if state is None:
                return []
            for sequence in range(state.last, max(state.first, state.last - latest + 1, 1) - 1, -1):
                try:
                    message = await jetstream.get_msg(STREAM, sequence)
                except NotFoundError:
                    continue
                if (message.headers or {}).get(HEADER) == installation:
                    found.append(Heard(UUID(json.loads(message.data or b"{}")["id"]), state.created, sequence))
        except NatsError as error:
            raise Later(f"the stream does not answer ({type(error).__name__}); whether the database was restored cannot be told") from None
    return found
