"""Long-running processes: the relay, the API, the sandbox alone. Containers run the same commands."""

import asyncio
import os
import signal
import sys

import typer


def relay(once: bool = typer.Option(False, "--once", help="Stop when the outbox is empty.")) -> None:
    """Publish the outbox to NATS until stopped. Any number of copies may run.

    Example: zamc relay
    """
    from zamc.bootstrap import services
    from zamc.telemetry import configure_logging

    configure_logging()

    async def until_stopped() -> None:
        worker = services().relay()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, worker.stopping.set)
        await worker.run(once=once)

    asyncio.run(until_stopped())


def api(
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    port: int = typer.Option(8000, min=1, max=65535, help="Port to listen on."),
) -> None:
    """Serve the API.

    Example: zamc api --port 8000
    """
    import uvicorn

    from zamc.telemetry import configure_logging

    configure_logging()
    uvicorn.run("api.app:create_app", factory=True, host=host, port=port, log_config=None, access_log=False, server_header=False)


def sandbox(context: typer.Context) -> None:
    """Serve the stand-ins for Google Ads and Meta alone, so that a client of your own can be pointed at them.

    Everything after the name is passed on; `zamc sandbox --help` shows its options.

    Example: zamc sandbox --home sandbox-data --google-port 50051 --meta-port 8081
    """
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *context.args])  # noqa: S606 - our own program, no shell wanted
