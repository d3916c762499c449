"""The other process of benchmarks.live_subscribers: ten thousand clients that do nothing but listen, as lean as Python can make them.

It reads orders from standard input, one JSON object a line, and answers each with one.
"""

import asyncio
import base64
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import uvloop

_AT_ONCE = 100
_MASK = b"\0\0\0\0"  # a mask of zeros is one too, and costs nothing


class Listener(asyncio.Protocol):
    """One WebSocket. hello: done when its subscription has said where it stands."""

    __slots__ = ("_document", "_key", "_rest", "_transport", "hello", "lost", "stamp", "variables", "wanted")

    def __init__(self, key: str, document: str, variables: dict[str, Any]) -> None:
        self._key, self._document, self.variables = key, document, variables
        self._rest = b""
        self._transport: Any = None
        self.stamp = 0.0
        self.lost = False
        self.hello: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        name = base64.b64encode(bytes(16)).decode()
        lines = (
            "GET /graphql HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {name}",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: graphql-transport-ws", f"Authorization: Bearer {self._key}",
        )  # fmt: skip
        transport.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        data = self._rest + data if self._rest else data
        if data.startswith(b"HTTP/"):
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._say({"type": "connection_init"})
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(data[2:10], "big"), 10
            if len(data) < start + size:
                break
            self._hear(data[0] & 15, data[start : start + size], now)
            data = data[start + size :]
        self._rest = data

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost = True
        if not self.hello.done():
            self.hello.set_exception(ConnectionError("the server closed a connection"))

    def _hear(self, kind: int, payload: bytes, now: float) -> None:
        if kind == 9:
            self._write(10, payload)
        elif kind != 1:
            return
        elif payload.startswith(b'{"type":"connection_ack"'):
            self._say({"id": "1", "type": "subscribe", "payload": {"query": self._document, "variables": self.variables}})
        elif not payload.startswith(b'{"id":"1","type":"next"'):
            if not self.hello.done():
                self.hello.set_exception(ConnectionError(payload.decode()))
        elif self.hello.done():
            self.stamp = now
        else:
            self.hello.set_result(None)

    def _say(self, message: dict[str, Any]) -> None:
        self._write(1, json.dumps(message).encode())

    def _write(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        head = bytes([128 | kind, 128 | size]) if size < 126 else bytes([128 | kind, 254]) + size.to_bytes(2, "big")
        self._transport.write(head + _MASK + payload)


async def _connect(order: dict[str, Any]) -> list[Listener]:
    loop, room = asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> Listener:
        async with room:
            key = order["keys"][number % len(order["keys"])]
            _, listener = await loop.create_connection(
                lambda: Listener(key, order["document"], order["variables"]), order["host"], order["port"]
            )
            await asyncio.wait_for(listener.hello, 60)
            return listener

    return list(await asyncio.gather(*(one(number) for number in range(order["count"]))))


async def _report(listeners: Sequence[Listener], began: float, patience: float) -> dict[str, Any]:
    """Seconds from `began` (the clock of the whole machine) to each listener that has heard it within `patience`."""
    while any(not each.stamp for each in listeners) and time.monotonic() - began < patience:  # noqa: ASYNC110 - an event would cost more
        await asyncio.sleep(0.05)
    found = sorted(each.stamp - began for each in listeners if each.stamp)
    lost = sum(each.lost for each in listeners)
    for each in listeners:
        each.stamp = 0.0
    return {"seconds": [round(each, 5) for each in found], "lost": lost}


async def main() -> None:
    """Until standard input ends."""
    loop = asyncio.get_running_loop()
    listeners: list[Listener] = []
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        if order["do"] == "connect":
            began = time.monotonic()
            listeners += await _connect(order)
            answer: dict[str, Any] = {"connected": len(listeners), "seconds": time.monotonic() - began}
        elif order["do"] == "leave":
            for each in listeners:
                each._transport.abort()  # noqa: SLF001 - its own module's
            listeners = []
            answer = {}
        else:
            answer = await _report(listeners, order["began"], order["patience"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
