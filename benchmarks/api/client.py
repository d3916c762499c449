"""A lean HTTP/1.1 client for load: keep-alive connections, one request each at a time, latency from when a request was meant to be sent.

Requests arrive by a schedule, whatever the server does (open loop): one that has to wait for a free connection has waited, so that a server
that stalls cannot hide it (coordinated omission).
"""

import asyncio
import itertools
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from benchmarks.api.mix import Ask

MOST_CONNECTIONS = 512
# As any client's pool does it: one that rested for longer may be closed by the server at the moment at which it is used.
_RESTS_SECONDS = 30.0


@dataclass
class Tally:
    """By kind: seconds from the intended sending to the whole answer, and what was wrong with which (status or reason).

    errors_at: when each was to be sent and when it was over, by the wall clock, and what was wrong.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    errors_at: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def answers(self) -> int:
        return sum(map(len, self.seconds.values()))


class Connection(asyncio.Protocol):
    """One connection; done is called with status and body, or 0 when it broke."""

    def __init__(self, owner: "Client") -> None:
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._need = -1
        self.ask: Ask | None = None
        self.meant = 0.0
        self.rests_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, ask: Ask, meant: float) -> None:
        self.ask, self.meant = ask, meant
        if self._transport is None or self._transport.is_closing():
            self._owner.broke(self)
            return
        self._transport.write(ask.payload)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if self._need < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[: end + 2].lower()
            at = head.find(b"content-length: ")
            length = int(head[at + 16 : head.index(b"\r", at)]) if at >= 0 else 0
            self._need = end + 4 + length
        if len(self._buffer) >= self._need:
            whole, self._buffer, self._need = self._buffer, b"", -1
            self._owner.answered(self, whole)

    def connection_lost(self, _: Exception | None) -> None:
        self._owner.lost(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Client:
    """Connections to processes that share the work, and what came of what was sent through them."""

    def __init__(self, ports: Sequence[int], *, most: int = MOST_CONNECTIONS) -> None:
        self._ports, self._most = itertools.cycle(ports), most
        self._free: list[Connection] = []
        self._all: set[Connection] = set()
        self._opening = 0
        self._tasks: set[asyncio.Future[None]] = set()
        self._waiting: deque[tuple[Ask, float]] = deque()
        self.tally = Tally()
        self.after: Callable[[Connection], None] | None = None
        self.underway = 0

    def send(self, ask: Ask, meant: float) -> None:
        """Now, or as soon as a connection is free."""
        self.underway += 1
        rested_too_long = time.perf_counter() - _RESTS_SECONDS
        while self._free:
            connection = self._free.pop()
            if connection.rests_since > rested_too_long:
                connection.send(ask, meant)
                return
            connection.close()
        self._waiting.append((ask, meant))
        if len(self._all) + self._opening < self._most and self._opening < len(self._waiting):
            self._opening += 1
            opening = asyncio.ensure_future(self._open())
            self._tasks.add(opening)
            opening.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(lambda: Connection(self), "127.0.0.1", next(self._ports))
        except OSError:
            self._opening -= 1
            if self._waiting:
                ask, meant = self._waiting.popleft()
                self._count(ask, meant, "refused")
            return
        self._opening -= 1
        self._all.add(connection)
        self._next(connection)

    def answered(self, connection: Connection, whole: bytes) -> None:
        ask, meant, status = connection.ask, connection.meant, whole[9:12]
        connection.ask = None
        if ask is not None:
            if status == b"200" and ask.holds in whole and b'"errors"' not in whole:
                self.underway -= 1
                self.tally.seconds[ask.kind].append(time.perf_counter() - meant)
            else:
                self._count(ask, meant, status.decode() if status != b"200" else "wrong answer")
        self._next(connection)

    def _next(self, connection: Connection) -> None:
        if self.after is not None:
            self.after(connection)
        elif self._waiting:
            connection.send(*self._waiting.popleft())
        else:
            connection.rests_since = time.perf_counter()
            self._free.append(connection)

    def broke(self, connection: Connection) -> None:
        if connection.ask is not None:
            ask, connection.ask = connection.ask, None
            self._count(ask, connection.meant, "broken connection")

    def lost(self, connection: Connection) -> None:
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        self.broke(connection)

    def _count(self, ask: Ask, meant: float, reason: str) -> None:
        self.underway -= 1
        self.tally.wrong[f"{ask.kind}: {reason}"] += 1
        now = time.time()
        self.tally.errors_at.append((now - (time.perf_counter() - meant), now, f"{ask.kind}: {reason}"))

    async def open(self, count: int) -> list[Connection]:
        """So many connections, ready."""
        loop = asyncio.get_running_loop()
        made = [await loop.create_connection(lambda: Connection(self), "127.0.0.1", next(self._ports)) for _ in range(count)]
        self._all |= {connection for _, connection in made}
        return [connection for _, connection in made]

    def close(self) -> None:
        for connection in tuple(self._all):
            connection.close()
