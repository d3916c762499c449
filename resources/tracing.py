"""What a run's process tells of itself: its lines and spans belong to the trace of whoever asked for the run."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import dagster as dg

TAG = "zamc/traceparent"
P = ParamSpec("P")
R = TypeVar("R")
# How dbt calls what went as it should; the other words are the kinds of what did not.
_DBT_IS_WELL = ("success", "pass", "warn", "skipped", "no-op", "partial success")


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


def check_in_span(check: Callable[P, dg.AssetCheckResult]) -> Callable[P, dg.AssetCheckResult]:
    """Below `@dg.asset_check`: its look is a span of the run, named as the check is. One that does not pass is no error of the look."""

    @wraps(check)
    def work(*args: P.args, **kwargs: P.kwargs) -> dg.AssetCheckResult:
        from zamc.telemetry import tracing

        with tracing.span(f"check {check.__name__}") as span:
            result = check(*args, **kwargs)
            span.set({"zamc.passed": result.passed})
            return result

    return work


def dbt_nodes(results: Path) -> None:
    """A span for each model that a build made and each test that it ran, by what dbt wrote into its run_results.json when it was over.

    Their names are of our own project; what dbt says about them may quote a report, and is left out.
    """
    from zamc.telemetry import tracing

    if not tracing.recording() or not results.exists():
        return
    for node in json.loads(results.read_text())["results"]:
        moments = [datetime.fromisoformat(part[end]) for part in node["timing"] for end in ("started_at", "completed_at") if part[end]]
        if moments:
            kind, _, name = node["unique_id"].split(".")[:3]
            status = node["status"]
            error = None if status in _DBT_IS_WELL else status
            attributes = {"zamc.status": status}
            tracing.happened(f"dbt {kind} {name}", attributes, began=min(moments), ended=max(moments), error=error)
