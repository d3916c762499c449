"""What goes out on one socket, without ever waiting for it: at once where the network takes it, else from a small bounded memory.

Whoever reads too slowly is dropped, since waiting for them would make everybody else wait, and keeping everything for them would take
the memory of all. They connect again and go on from where they were.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from starlette.types import Send

MOST_MESSAGES = 200
MOST_CHARACTERS = 256 * 1024


class Wire(Protocol):
    """What our server (api.live.server) lets an application do beyond ASGI."""

    def push(self, text: str) -> bool:
        """Write a message now; False when the network does not take any just now."""
        ...

    def abort(self) -> None:
        """End the connection without a word, whatever is still to be written."""
        ...


class Outlet:
    """On one event loop. on_slow: called once, when nothing more is taken in."""

    __slots__ = ("_characters", "_number", "_on_slow", "_send", "_task", "_waiting", "_wire", "shut", "stuck_since")

    def __init__(self, send: Send, wire: Wire | None, on_slow: Callable[[], None]) -> None:
        self._send, self._wire, self._on_slow = send, wire, on_slow
        self._waiting: dict[Any, str] | None = None
        self._characters = 0
        self._number = 0
        self._task: asyncio.Task[None] | None = None
        # Since when the network has not taken anything, by the event loop's clock; None while it does.
        self.stuck_since: float | None = None
        self.shut = False

    def offer(self, text: str, *, instead_of: str | None = None) -> None:
        """Send it in its turn. instead_of: what it is the newest of; an older one of it that still waits is not sent any more."""
        if self.shut:
            return
        if self._task is None and self._wire is not None and self._wire.push(text):
            return
        if self._waiting is None:
            self._waiting = {}
        self._number += 1
        key: Any = instead_of if instead_of is not None else self._number
        self._characters += len(text) - len(self._waiting.get(key, ""))
        self._waiting[key] = text
        if len(self._waiting) > MOST_MESSAGES or self._characters > MOST_CHARACTERS:
            self.shut = True
            self._on_slow()
        elif self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; what waits is not sent any more."""
        self.shut = True
        self._waiting = None
        if self._task is not None:  # the network takes nothing, so no goodbye either
            self.abort()
            return
        self._task = asyncio.get_running_loop().create_task(self._say_goodbye(code, reason))

    def abort(self) -> None:
        """End it at once. Behind a server that cannot, its own time limits end it."""
        self.shut = True
        self._waiting = None
        if self._task is not None:
            self._task.cancel()
        if self._wire is not None:
            self._wire.abort()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                key = next(iter(self._waiting))
                text = self._waiting.pop(key)
                self._characters -= len(text)
                self.stuck_since = loop.time()
                await self._send({"type": "websocket.send", "text": text})
        except (OSError, RuntimeError):  # it is gone; the reading side learns of it
            self.shut = True
        finally:
            self.stuck_since = None
            self._waiting = None
            self._task = None

    async def _say_goodbye(self, code: int, reason: str) -> None:
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except (OSError, RuntimeError):
            return
