"""A run belongs to the trace that asked for it, by a tag."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from resources.tracing import TAG

if TYPE_CHECKING:
    from zamc.telemetry.context import Trace


@contextmanager
def asked_for(sensor: str, *, run_key: str, traces: Sequence["Trace | None"]) -> Iterator[dict[str, str]]:
    """Tags of the one run that a whole batch of messages asks for. traces: of the messages, as far as they name one.

    The run goes on in the trace of the first; each of the others gets a short span that links to it.
    """
    from zamc.telemetry import context, tracing

    known = list({trace.trace_id: trace for trace in traces if trace is not None}.values())
    attributes: dict[str, tracing.Value | None] = {
        "messaging.system": "nats",
        "messaging.batch.message_count": len(traces),
        "zamc.run_key": run_key,
    }
    with tracing.span(f"process {sensor}", tracing.Kind.CONSUMER, attributes, parent=known[0] if known else None, links=known[1:]):
        own = context.current()
        for other in known[1:] if own is not None else ():
            with tracing.span(f"process {sensor}", tracing.Kind.CONSUMER, attributes, parent=other, links=[own] if own else []):
                pass
        yield {TAG: own.traceparent} if own is not None else {}
