"""Spans. Without a collector nothing is recorded and nothing of OpenTelemetry is loaded; the ids go on all the same.

No body, no header, no query, no error text and nothing personal is ever put into a span: only what is named in docs/how-to/observe.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from typing import Any

from zamc.errors import OutsideError
from zamc.telemetry import context
from zamc.telemetry.context import Trace

Value = str | int | float | bool
_LONGEST_TEXT = 200
_MOST_LINKS = 32


class Kind(IntEnum):
    """As OpenTelemetry numbers them."""

    INTERNAL = 0
    SERVER = 1
    CLIENT = 2
    PRODUCER = 3
    CONSUMER = 4


class Span:
    """What is recorded of a piece of work; nothing, where nobody records."""

    __slots__ = ("_recording",)

    def __init__(self, recording: Any) -> None:
        self._recording = recording

    def set(self, attributes: Mapping[str, Value | None]) -> None:
        """What has no value is left out; text is cut."""
        if self._recording is not None:
            self._recording.set_attributes(_clean(attributes))

    def rename(self, name: str) -> None:
        """For what is known only while the work goes on, such as a route."""
        if self._recording is not None:
            self._recording.update_name(name)

    def fail(self, kind: str) -> None:
        """It did not go well. kind: a word of ours such as a class, never a message: those quote what was sent."""
        if self._recording is not None:
            from opentelemetry.trace import StatusCode

            self._recording.set_attribute("error.type", kind)
            self._recording.set_status(StatusCode.ERROR)


NOTHING = Span(None)
_tracer: Any = None
_edge: Any = None


def record_with(tracer: Any, edge: Any) -> None:
    """From now on; None: no longer. edge: whether a trace that begins outside is recorded, by its id."""
    global _tracer, _edge
    _tracer, _edge = tracer, edge


def entry(traceparent: str | None, *, recorded: bool = True) -> Trace:
    """Where a request from outside stands: in the trace that it names, else in one of its own; with an id for our part if none is recorded.

    Whether it is recorded is for this process alone to say: a stranger's flag would make us pay for it.
    """
    own = context.fresh()
    found = (context.parse(traceparent) if traceparent else None) or own
    if recorded and _edge is not None and _edge(found.trace_id):
        return Trace(found.trace_id, found.span_id, sampled=True)
    return own if found is own else Trace(found.trace_id, own.span_id)


def span_here() -> Span:
    """The span that this code is in."""
    recording = context.here().recording
    return Span(recording) if recording is not None else NOTHING


@contextmanager
def span(
    name: str,
    kind: Kind = Kind.INTERNAL,
    attributes: Mapping[str, Value | None] | None = None,
    *,
    parent: Trace | None = None,
    links: Sequence[Trace] = (),
) -> Iterator[Span]:
    """A piece of work. parent: where it was asked for, if not here; links: others who asked for the same. An error is noted by its kind."""
    if _tracer is None:
        if parent is None:
            yield NOTHING
            return
        with context.at(parent):
            yield NOTHING
        return
    begun = begin(name, kind, attributes, parent=parent, links=links)
    try:
        with context.at(begun.trace, begun.recording):
            try:
                yield Span(begun.recording)
            except (GeneratorExit, SystemExit) as end:
                if getattr(end, "code", None):  # a reader who has read enough, and a program that ends well, are no errors
                    noted(Span(begun.recording), end)
                raise
            except BaseException as error:
                noted(Span(begun.recording), error)
                raise
    finally:
        begun.recording.end()


@contextmanager
def client(name: str, attributes: Mapping[str, Value | None]) -> Iterator[Span]:
    """One call to the outside. Nothing happens within it that has spans of its own, so that a generator may hold it open."""
    if _tracer is None:
        yield NOTHING
        return
    begun = begin(name, Kind.CLIENT, {**attributes, "zamc.retries": context.here().retries})
    made = Span(begun.recording)
    try:
        yield made
    except GeneratorExit:
        raise  # a reader who has read enough
    except BaseException as error:
        noted(made, error)
        raise
    finally:
        begun.recording.end()


@contextmanager
def work(name: str, kind: Kind, attributes: Mapping[str, Value | None], *, traceparent: str | None) -> Iterator[Span]:
    """What was asked for by somebody, else begins a trace of its own: its lines carry an id though nothing is recorded."""
    asked = context.parse(traceparent)
    with span(name, kind, attributes, parent=asked or (context.fresh() if _tracer is None else None)) as begun:
        yield begun


def recording() -> bool:
    """Whether anybody records: what costs something only for a span's sake is not done for nobody."""
    return _tracer is not None


def happened(name: str, attributes: Mapping[str, Value | None], *, began: datetime, ended: datetime, error: str | None = None) -> None:
    """A piece of work below this code that is over; somebody else told when it was. Times are aware; error: as of Span.fail."""
    if _tracer is None:
        return
    made = _tracer.start_span(name, context=_above(context.current()), attributes=_clean(attributes), start_time=_nanoseconds(began))
    if error is not None:
        Span(made).fail(error)
    made.end(end_time=_nanoseconds(ended))


def begin(
    name: str,
    kind: Kind,
    attributes: Mapping[str, Value | None] | None = None,
    *,
    parent: Trace | None = None,
    links: Sequence[Trace] = (),
) -> context.Here:
    """A span that somebody else ends (`recording.end()`); only while there is a tracer."""
    from opentelemetry.trace import Link, SpanKind

    recording = _tracer.start_span(
        name,
        context=_above(parent or context.current()),
        kind=list(SpanKind)[kind],
        attributes=_clean(attributes or {}),
        links=[Link(_outside(link)) for link in links[:_MOST_LINKS]],
    )
    own = recording.get_span_context()
    return context.Here(Trace(f"{own.trace_id:032x}", f"{own.span_id:016x}", sampled=own.trace_flags.sampled), recording)


def noted(span: Span, error: BaseException) -> None:
    """The kind of an error, and what a platform calls it; never its text."""
    if isinstance(error, OutsideError):
        span.set({"zamc.error.code": error.code or None, "zamc.request_id": error.request_id or None, "zamc.outage": error.outage})
    span.fail(type(error).__name__)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000


def _above(trace: Trace | None) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, set_span_in_context

    # An empty context and never the library's own: it would know nothing of ours.
    return Context() if trace is None else set_span_in_context(NonRecordingSpan(_outside(trace)), Context())


def _outside(trace: Trace) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    flags = TraceFlags(TraceFlags.SAMPLED if trace.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(trace.trace_id, 16), int(trace.span_id, 16), is_remote=True, trace_flags=flags)


def _clean(attributes: Mapping[str, Value | None]) -> dict[str, Value]:
    from zamc.telemetry.logs import LINES

    redacted = LINES.redactor
    return {
        name: redacted.text(value)[:_LONGEST_TEXT] if isinstance(value, str) else value
        for name, value in attributes.items()
        if value is not None
    }
