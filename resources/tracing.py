"""What a run's process tells of itself: its lines and spans belong to the trace of whoever asked for the run."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

TAG = "zamc/traceparent"


@contextmanager
def traced(context: dg.InitResourceContext) -> Iterator[None]:
    """Around a run, whichever launcher started it; a sensor's tick has no run, and is not a piece of work by itself."""
    from zamc import telemetry
    from zamc.telemetry import process, tracing

    run = context.run
    # A process that is not ours alone, but Dagster's: its own lines stay as it writes them.
    telemetry.start("run" if run is not None else "sensors", owned=False)
    if run is None:
        yield
        return
    attributes = {"dagster.run_id": run.run_id, "dagster.job": run.job_name}
    with tracing.work(f"run {run.job_name}", tracing.Kind.CONSUMER, attributes, traceparent=run.tags.get(TAG)):
        yield
    process.flush()
