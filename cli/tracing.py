"""What a person does from a terminal begins a trace, as a request does: events, runs and calls that follow from it belong to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

# Commands that do something and end. Those that serve begin no piece of work, and those that only show things lead to nothing.
_ACTING = frozenset(
    {
        "accounts", "adopt", "apply", "approve", "archive", "creatives", "dead-letters", "deployments", "drift", "end", "events", "hold",
        "kill-switch", "pause", "plan", "projects", "reconcile", "request", "resume", "strategies",
    }
)  # fmt: skip


@contextmanager
def traced(arguments: Sequence[str]) -> Iterator[None]:
    """arguments: of the command line; of them, only the name of the command is told."""
    name = arguments[0] if arguments else ""
    if name not in _ACTING:
        yield
        return
    from zamc import telemetry
    from zamc.telemetry import tracing

    telemetry.start("cli", owned=False)
    try:
        with tracing.work(f"zamc {name}", tracing.Kind.INTERNAL, {}, traceparent=None):
            yield
    finally:
        telemetry.stop()
