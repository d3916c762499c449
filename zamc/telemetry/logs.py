"""Log lines: one JSON object each, on standard error, with the trace that they belong to; our own and those of libraries alike."""

import logging
import sys
import threading
import time
from collections.abc import MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson
import structlog

from zamc.telemetry import context
from zamc.telemetry.redaction_rules import Redactor

# Libraries that write a line per call, or whole requests.
_TALKATIVE = ("httpx", "httpx2", "httpcore", "httpcore2", "urllib3", "asyncio", "botocore", "aiobotocore", "s3fs", "fsspec")


class Lines:
    """How a line is made: what is known of the process and the trace is added, what is secret is taken out."""

    def __init__(self) -> None:
        self.process, self.redactor = "", Redactor()

    def finished(self, event: MutableMapping[str, Any]) -> bytes:
        """JSON without a line break."""
        clean = {name: self.redactor.field(name, value) for name, value in event.items()}
        if self.process:
            clean["process"] = self.process
        add_trace(clean)
        return orjson.dumps(clean, option=orjson.OPT_NON_STR_KEYS)


LINES = Lines()


_second = (0, "")


def now() -> str:
    """UTC with milliseconds, as RFC 3339 has it. The part that changes once a second is made once a second."""
    global _second  # noqa: PLW0603 - one for the process; threads at worst make the same one twice
    moment = time.time()
    whole = int(moment)
    known, text = _second
    if known != whole:
        text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        _second = (whole, text)
    return f"{text}{int((moment - whole) * 1000):03d}Z"


def add_trace(event: MutableMapping[str, Any]) -> None:
    here = context.here()
    if here.trace is not None:
        event["trace_id"], event["span_id"] = here.trace.trace_id, here.trace.span_id
    if here.request_id:
        event["request_id"] = here.request_id


def _rendered(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    head = {"timestamp": now(), "level": event.pop("level", ""), "event": event.pop("event", "")}
    return LINES.finished({**head, **event}).decode("utf-8", "replace")


class Stderr:
    """Writes to what standard error is at that moment: a run's output is redirected after the first line, and pytest replaces it."""

    def msg(self, message: str) -> None:
        sys.stderr.write(message + "\n")

    log = debug = info = warning = warn = error = critical = exception = fatal = failure = msg


# One list for the life of a process: loggers that have been used hold on to it.
_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.format_exc_info,
    _rendered,
]


def configure_structlog(level: int) -> None:
    """Our own lines."""
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: Stderr(),
        cache_logger_on_first_use=True,
    )


class JsonFormatter(logging.Formatter):
    """Lines of libraries, as our own look."""

    def format(self, record: logging.LogRecord) -> str:
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001 - a library's wrong arguments must not cost its line
            said = str(record.msg)
        event: dict[str, Any] = {"timestamp": now(), "level": record.levelname.lower(), "event": said, "logger": record.name}
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            event["stack"] = record.stack_info
        return LINES.finished(event).decode("utf-8", "replace")


class LibraryHandler(logging.StreamHandler[Any]):
    """To what standard error is at that moment."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def json_logger(name: str, level: str | int) -> logging.Logger:
    """A logger that stands alone and writes lines like ours."""
    made = logging.Logger(name, level)  # noqa: LOG001 - it is to be known to nobody else
    made.addHandler(LibraryHandler())
    return made


def own_libraries(level: int) -> None:
    """Every library's lines become ours, and so does what nobody catches: a traceback may quote an address with its password."""
    root = logging.getLogger()
    root.handlers = [LibraryHandler()]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda failed: _uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("zamc").critical("process.failed", exc_info=(kind, error or kind(), trace))
