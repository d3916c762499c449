"""The server: how it begins, and how it ends without anybody's request being cut off.

Told to stop (SIGTERM, Ctrl-C), it first says at /readyz that it goes, while it still serves whoever has not heard of that; then it takes
no new connections, lets what is under way end, and closes its pools last (the application's lifespan). Told twice, it ends at once.
"""

import asyncio
import gc
import signal
import time
from functools import partial
from types import FrameType
from typing import cast

import uvicorn
from fastapi import FastAPI

from api.live.server import options
from api.protocol import QuickProtocol

# What is under way may take so long: longer than any query, shorter than what waits for a platform, which is safe to repeat.
LONGEST_SECONDS = 25
# Longer than proxies keep a connection that rests (60 s is usual): or they would send the next request to one that is just being closed.
RESTS_SECONDS = 75
# Answers make no rings of objects that would have to be looked for often.
_GARBAGE = (20_000, 20, 20)


class DrainingServer(uvicorn.Server):
    """drain_seconds: how long it goes on taking requests after it has been told to stop."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, *, drain_seconds: float) -> None:
        super().__init__(config)
        self._app, self._drain_seconds = app, drain_seconds
        self._ends_at = float("inf")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """From a signal: nothing here may wait or lock."""
        if getattr(self._app.state, "draining", False):
            super().handle_exit(sig, frame)
            self.force_exit = self.force_exit or sig == signal.SIGTERM
            return
        self._captured_signals.append(sig)
        self._app.state.draining = True
        self._ends_at = time.monotonic() + self._drain_seconds

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if time.monotonic() >= self._ends_at:
            self.should_exit = True
        return await super().on_tick(counter)


def config_of(app: FastAPI, *, host: str, port: int) -> uvicorn.Config:
    """How the application is served, apart from how it ends."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=cast("type[asyncio.Protocol]", partial(QuickProtocol, quick=app.state.quick)),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LONGEST_SECONDS,
        timeout_keep_alive=RESTS_SECONDS,
        **options(),
    )


def serve(app: FastAPI, *, host: str, port: int, drain_seconds: float = 0.0) -> None:
    """Until a signal. Lines of access are the application's own (api.observing)."""
    # What is there by now stays: looking through all of it again and again would make somebody wait a quarter of a second each time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    config = config_of(app, host=host, port=port)
    DrainingServer(config, app, drain_seconds=drain_seconds).run()
