"""What the launcher and its server say to each other: one JSON line asked, one JSON line answered, per connection.

Nothing secret crosses the socket: a request names a run, and the run's process has the server's own environment.
"""

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

REQUEST_LIMIT_BYTES = 1_024
ANSWER_LIMIT_BYTES = 16_384
SOCKET_PATH_LIMIT_BYTES = 107
"""sun_path is 108 bytes with its closing zero (unix(7))."""

_RUN_ID = re.compile(r"[0-9a-zA-Z_-]{1,64}")


class ProtocolError(ValueError):
    """The line is not a request or an answer; the message says what is allowed."""


class Verb(StrEnum):
    PING = "ping"
    LAUNCH = "launch"
    TERMINATE = "terminate"
    HEALTH = "health"


class RunState(StrEnum):
    """Where the server sees a run. It knows processes, not Dagster's run status."""

    QUEUED = "queued"
    RUNNING = "running"
    EXITED = "exited"
    DIED = "died"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Request:
    verb: Verb
    run_id: str = ""

    def encode(self) -> bytes:
        return _line(asdict(self))


@dataclass(frozen=True)
class Answer:
    """`state` and what follows it are about the run that was asked for; `ahead` counts the runs that wait before it.

    `retry` is True when the same request may succeed a moment later (the server is stopping and will be replaced).
    """

    ok: bool
    error: str = ""
    retry: bool = False
    state: RunState = RunState.UNKNOWN
    detail: str = ""
    worker_pid: int = 0
    ahead: int = 0
    server_pid: int = 0
    running: int = 0
    queued: int = 0

    def encode(self) -> bytes:
        return _line(asdict(self))


def decode_request(line: bytes) -> Request:
    """A request from one line without its newline. Raises ProtocolError."""
    if len(line) > REQUEST_LIMIT_BYTES:
        raise ProtocolError(f"a request has at most {REQUEST_LIMIT_BYTES} bytes")
    fields = _object(line)
    if unknown := fields.keys() - {"verb", "run_id"}:
        raise ProtocolError(f"unknown fields {sorted(unknown)}; a request has `verb` and `run_id`")
    try:
        verb = Verb(str(fields.get("verb")))
    except ValueError as error:
        raise ProtocolError(f"verb must be one of {', '.join(Verb)}") from error
    run_id = fields.get("run_id", "")
    if verb is Verb.PING:
        return Request(verb=verb)
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise ProtocolError("run_id must be 1 to 64 letters, digits, - or _")
    return Request(verb=verb, run_id=run_id)


def decode_answer(line: bytes) -> Answer:
    """An answer from one line. Raises ProtocolError."""
    fields = _object(line)
    try:
        return Answer(**{**fields, "state": RunState(str(fields.get("state")))})
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"not an answer of the run launcher's server: {error}") from error


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not a line of JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ProtocolError("a JSON object is expected")
    return fields
