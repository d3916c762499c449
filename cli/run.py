"""Long-running processes: the relay, the notifier, the API, the sandbox alone. Containers run the same commands."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

HEARTBEAT_SECONDS = 5.0


def relay(
    once: bool = typer.Option(False, "--once", help="Stop when the outbox is empty."),
    heartbeat: Annotated[Path | None, typer.Option(help="Touch this file every 5 s while the relay turns, for a probe to see.")] = None,
) -> None:
    """Publish the outbox to NATS until stopped. Any number of copies may run.

    Example: zamc relay
    """
    from zamc import telemetry
    from zamc.bootstrap import services

    telemetry.start("relay")

    async def until_stopped() -> None:
        worker = services().relay()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, worker.stopping.set)
        beating = asyncio.create_task(_beat(heartbeat)) if heartbeat else None
        try:
            await worker.run(once=once)
        finally:
            if beating:
                beating.cancel()

    asyncio.run(until_stopped())


def notifier(
    once: bool = typer.Option(False, "--once", help="Stop when nothing is due."),
    heartbeat: Annotated[Path | None, typer.Option(help="Touch this file every 5 s while the notifier turns, for a probe to see.")] = None,
) -> None:
    """Tell people what they want to know, by mail, Slack and webhook, until stopped. Any number of copies may run.

    Example: zamc notifier
    """
    from zamc import telemetry
    from zamc.bootstrap import services

    telemetry.start("notifier")

    async def until_stopped() -> None:
        worker = services().notifier()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, worker.stopping.set)
        beating = asyncio.create_task(_beat(heartbeat)) if heartbeat else None
        try:
            await (worker.once() if once else worker.run())
        finally:
            if beating:
                beating.cancel()

    asyncio.run(until_stopped())


async def _beat(file: Path) -> None:
    """Stops when the event loop hangs, be it in PostgreSQL: that is what a probe shall see."""
    while True:
        file.touch()  # noqa: ASYNC240 - a file in memory
        await asyncio.sleep(HEARTBEAT_SECONDS)


def api(
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    port: int = typer.Option(8000, min=1, max=65535, help="Port to listen on."),
    drain_seconds: float = typer.Option(0.0, min=0.0, max=60.0, help="When told to stop, say so at /readyz and serve on for so long."),
) -> None:
    """Serve the API. SIGTERM ends it in order: what is under way is answered first.

    Example: zamc api --port 8000
    """
    from api.app import create_app
    from api.live.server import raise_file_limit
    from api.serving import serve
    from zamc import telemetry

    telemetry.start("api")
    raise_file_limit()
    serve(create_app(), host=host, port=port, drain_seconds=drain_seconds)


def sandbox(context: typer.Context) -> None:
    """Serve the stand-ins for Google Ads and Meta alone, so that a client of your own can be pointed at them.

    Everything after the name is passed on; `zamc sandbox --help` shows its options.

    Example: zamc sandbox --home sandbox-data --google-port 50051 --meta-port 8081
    """
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *context.args])  # noqa: S606 - our own program, no shell wanted
