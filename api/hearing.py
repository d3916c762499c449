"""What PostgreSQL announces at every commit, heard on one connection for the whole process."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import psycopg
import structlog

# So often it is made sure that the connection lives; a silence of several times that, and nobody relies on it any more.
BEAT_SECONDS = 0.5
SILENCE_SECONDS = 2.0
_AGAIN_SECONDS = 1.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Listener:
    """hear: a payload of the channel; raises ValueError for what it cannot read. begin: what was announced until now is unknown, so that
    what one knows must be asked for again.
    """

    hear: Callable[[str], None]
    begin: Callable[[], None]


class Hearing:
    """On one event loop. url: of PostgreSQL as psycopg reads it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: dict[str, list[Listener]] = {}
        self._heard_at = float("-inf")

    def on(self, channel: str, listener: Listener) -> None:
        """Any number of them per channel, before listen() begins."""
        self._listeners.setdefault(channel, []).append(listener)

    @property
    def alive(self) -> bool:
        """Whether whatever was announced until a moment ago has been heard."""
        return time.monotonic() - self._heard_at < SILENCE_SECONDS

    async def listen(self) -> None:
        """For ever, until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
                async with connection:
                    await self._hear(connection)
            except (OSError, TimeoutError, psycopg.Error) as error:
                log.warning("api.not_hearing", error=type(error).__name__)
            finally:
                self._heard_at = float("-inf")
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _hear(self, connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        for channel in self._listeners:
            await connection.execute(f"LISTEN {channel}".encode())
        for listener in chain(*self._listeners.values()):
            listener.begin()
        while True:
            # A connection may be gone without a word: an answer is what shows that it is there.
            async with asyncio.timeout(SILENCE_SECONDS):
                asked = time.monotonic()
                await connection.execute(b"SELECT 1")
            self._heard_at = asked
            async for notice in connection.notifies(timeout=BEAT_SECONDS):
                self.told(notice.channel, notice.payload)

    def told(self, channel: str, payload: str) -> None:
        """It was announced."""
        for listener in self._listeners[channel]:
            try:
                listener.hear(payload)
            except ValueError:
                # Another release says it in other words: what it said is unknown, as if nobody had listened.
                log.warning("api.not_understood", channel=channel)
                listener.begin()
