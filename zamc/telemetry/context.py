"""Where we are in a trace: W3C Trace Context (www.w3.org/TR/trace-context/), level 1, `traceparent` alone.

Kept in a context variable of our own, whether spans are recorded or not: logs, events and runs carry the ids in any case.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token, copy_context
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_LONGEST = 200


class Trace(NamedTuple):  # as Here: one of each is made for every request, and a frozen dataclass takes ten times as long
    """One place in a trace: 32 and 16 hexadecimal digits. sampled: whether spans of it are recorded."""

    trace_id: str
    span_id: str
    sampled: bool = False

    @property
    def traceparent(self) -> str:
        """As headers, envelopes and tags carry it."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


class Here(NamedTuple):
    """The trace that this code works for, the span that it is in if one is recorded, how often the work was tried before, and for which
    request it is done, "" for none."""

    trace: Trace | None = None
    recording: Any = None
    retries: int = 0
    request_id: str = ""


_here: ContextVar[Here] = ContextVar("telemetry", default=Here())  # noqa: B039 - frozen


def parse(text: object) -> Trace | None:
    """What a traceparent says; None for anything that is none, whoever sent it."""
    found = _FORM.fullmatch(text) if isinstance(text, str) and len(text) <= _LONGEST else None
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    return Trace(trace_id, span_id, sampled=bool(int(flags, 16) & 1))


def fresh() -> Trace:
    """A new trace of which nothing is recorded."""
    random = os.urandom(24).hex()
    return Trace(random[:32], random[32:])


def enter(here: Here) -> Token[Here]:
    """For code that is passed by every request, and gives the token to `leave`; elsewhere `at`."""
    return _here.set(here)


def leave(token: Token[Here]) -> None:
    _here.reset(token)


def here() -> Here:
    return _here.get()


def current() -> Trace | None:
    return _here.get().trace


def traceparent() -> str | None:
    """For an envelope or a header; None outside any trace."""
    trace = _here.get().trace
    return trace.traceparent if trace is not None else None


def headers() -> dict[str, str]:
    """What a message or a request that we send carries of it."""
    said = traceparent()
    return {"traceparent": said} if said is not None else {}


@contextmanager
def at(trace: Trace | None, recording: Any = None) -> Iterator[None]:
    """Work for this trace. Threads that are handed the context inherit it."""
    now = _here.get()
    token = _here.set(Here(trace, recording, now.retries, now.request_id))
    try:
        yield
    finally:
        _here.reset(token)


@contextmanager
def retried(times: int) -> Iterator[None]:
    """Work that was tried so often before, beside what is known already: calls to the outside say so in their spans."""
    now = _here.get()
    token = _here.set(Here(now.trace, now.recording, now.retries + times, now.request_id))
    try:
        yield
    finally:
        _here.reset(token)


def handed_on(work: Callable[..., T]) -> Callable[..., T]:
    """The same for threads of a pool: each call runs in this moment's context, and what it changes there is its own."""
    known = copy_context()

    def run(*args: Any, **kwargs: Any) -> T:
        return known.copy().run(work, *args, **kwargs)

    return run
