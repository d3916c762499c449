"""Logs, traces and figures of the whole installation. A process calls `start` once, at its edge, and `stop` before it ends.

What this package loads at its own import is the standard library alone: code that only hands a trace on pays for nothing else.
"""

import logging


def configure_logging(*, level: int = logging.INFO) -> None:
    """JSON lines on standard error, of our own code and of libraries; the secrets of the environment's settings never stand in one."""
    from zamc.telemetry.process import configure

    configure(level=level)


def start(process: str, *, owned: bool = True) -> None:
    """Logs for this process and, when ZAMC_OTLP_ENDPOINT is set, spans. Once per process; a forked child calls it for itself.

    process: such as "api"; it stands in each line and each span. owned: libraries' logs and what nobody catches are ours too.
    """
    from zamc.telemetry.process import start

    start(process, owned=owned)


def stop() -> None:
    """Send the spans that wait, within a few seconds; nothing is sent after that."""
    from zamc.telemetry.process import stop

    stop()
