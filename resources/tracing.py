"""What a run's process tells of itself: its lines and spans belong to the trace of whoever asked for the run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import dagster as dg

TAG = "zamc/traceparent"
P = ParamSpec("P")
R = TypeVar("R")


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


@contextmanager
def data_asset(name: str) -> Iterator[None]:
    """What a run does for one data asset: calls to the outside stand below it, and it says how long it took and whether it failed."""
    from zamc.telemetry import tracing

    with tracing.span(f"asset {name}"):
        yield


def in_span(asset: Callable[P, R]) -> Callable[P, R]:
    """Below `@dg.asset`: its work is a span of the run, named as the data asset is."""

    @wraps(asset)  # Dagster reads parameters and description from it
    def work(*args: P.args, **kwargs: P.kwargs) -> R:
        with data_asset(asset.__name__):
            return asset(*args, **kwargs)

    return work
