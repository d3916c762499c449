"""From an event's publication to the first line of the asset it starts, on the running platform.

The daemon looks every 5 s, so a lone event waits 0 to 5 s for the next look: p95 is bounded with the grid, and what comes after the
look is bounded by itself. Offsets are random by a fixed seed. The burst asks for one run per event, the worst case of the launcher.
"""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.figure import Figure, at_most, percentile, shown
from cli.local.client import LocalStack
from zamc.database.ids import uuid7
from zamc.events.catalogue import StrategyRequested, envelope
from zamc.events.stream import connected

EVENTS, SEED, BURST = 60, 20261122, 10
_RUNS = """query Runs($filter: RunsFilter) { runsOrError(filter: $filter, limit: 500) { ... on Runs {
  results { runId status creationTime runConfig } } } }"""
_LOGS = """query Logs($id: ID!) { logsForRun(runId: $id, limit: 200) { ... on EventConnection {
  events { __typename ... on LogMessageEvent { message timestamp } } } } }"""
_TICKS = """query Ticks($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) { ... on Sensor {
  sensorState { ticks(limit: 2000) { timestamp runIds } } } } }"""


def measure() -> list[Figure]:
    """One stack for the lone events, one with a run per event for the burst."""
    return [*asyncio.run(_lone()), *asyncio.run(_burst())]


async def _lone() -> list[Figure]:
    with _platform({}) as stack:
        source = random.Random(SEED)  # noqa: S311 - offsets, not secrets
        published: dict[str, float] = {}
        await _publish(stack, published)
        await _first_lines(stack, published)  # the first run of a platform warms what later ones share
        published.clear()
        for _ in range(EVENTS):
            await _publish(stack, published)
            await asyncio.sleep(source.uniform(4, 9))
        lines = await _first_lines(stack, published)
        looks = _looks(stack)
        total = [lines[key] - at for key, at in published.items()]
        beyond = [lines[key] - looks[key] for key in published if key in looks]
        return [
            at_most(f"event to first line of the asset, {EVENTS} events, p95", percentile(total, 0.95), "s", 6),
            shown("the same, median", percentile(total, 0.5), "s"),
            at_most("beyond the daemon's grid (from its look to the first line), p95", percentile(beyond, 0.95), "s", 1.5),
        ]


async def _burst() -> list[Figure]:
    with _platform({"ZAMC_EVENTS_PER_RUN": "1"}) as stack:
        published: dict[str, float] = {}
        await _publish(stack, published)
        await _first_lines(stack, published)
        published.clear()
        await _publish(stack, published, count=BURST)
        lines = await _first_lines(stack, published)
        started = min(published.values())
        return [at_most(f"burst of {BURST} runs, one per event: last first line", max(lines.values()) - started, "s", 10)]


class _platform:  # noqa: N801 - reads as a verb where it is used
    """A whole platform on a data folder of its own, gone afterwards."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zamc-bench-")
        self._environment = environment

    def __enter__(self) -> LocalStack:
        self._stack = LocalStack.start(home=Path(self._folder.name), environment=self._environment)
        return self._stack

    def __exit__(self, *_: object) -> None:
        self._stack.stop()
        self._folder.cleanup()


async def _publish(stack: LocalStack, published: dict[str, float], *, count: int = 1) -> None:
    """Events whose strategies do not exist: the runs do nothing but start, which is what is measured."""
    async with connected(stack.environment["ZAMC_NATS_URL"], name="bench") as client:
        jetstream = client.jetstream()
        for _ in range(count):
            data = StrategyRequested(project_id=uuid7(), strategy_id=uuid7())
            await jetstream.publish(data.subject, envelope(data).model_dump_json(exclude_none=True).encode())
            published[str(data.strategy_id)] = time.time()


async def _first_lines(stack: LocalStack, published: Mapping[str, float]) -> dict[str, float]:
    """Per strategy id, when the asset's first line was logged (seconds since 1970). Raises TimeoutError after two minutes."""
    deadline = time.monotonic() + 120
    found: dict[str, float] = {}
    while time.monotonic() < deadline:
        for run in _runs(stack, since=min(published.values()) - 1):
            ids = [key for key in published if key in json.dumps(run["runConfig"]) and key not in found]
            for event in _ask(stack, _LOGS, {"id": run["runId"]})["logsForRun"]["events"] if ids else ():
                if event["__typename"] == "LogMessageEvent" and event["message"] == "first line of strategies":
                    found |= dict.fromkeys(ids, float(event["timestamp"]) / 1000)
        if len(found) == len(published):
            return found
        await asyncio.sleep(0.5)
    raise TimeoutError(f"{len(published) - len(found)} of {len(published)} events started no run")


def _looks(stack: LocalStack) -> dict[str, float]:
    """Per strategy id, when the tick that took it began."""
    selector = {"repositoryLocationName": "zamc_pipelines", "repositoryName": "__repository__", "sensorName": "campaign_requests"}
    ticks = _ask(stack, _TICKS, {"selector": selector})["sensorOrError"]["sensorState"]["ticks"]
    began = {run_id: float(tick["timestamp"]) for tick in ticks for run_id in tick["runIds"]}
    looks: dict[str, float] = {}
    for run in _runs(stack, since=0):
        for key in run["runConfig"].get("ops", {}).get("strategies", {}).get("config", {}).get("strategy_ids", []):
            if run["runId"] in began:
                looks[key] = began[run["runId"]]
    return looks


def _runs(stack: LocalStack, *, since: float) -> Sequence[dict[str, Any]]:
    import yaml

    rows: list[dict[str, Any]] = _ask(stack, _RUNS, {"filter": {"createdAfter": since, "pipelineName": "campaigns_job"}})["runsOrError"][
        "results"
    ]
    for row in rows:
        if isinstance(row["runConfig"], str):
            row["runConfig"] = yaml.safe_load(row["runConfig"]) or {}
    return rows


def _ask(stack: LocalStack, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.post(stack.environment["ZAMC_DAGSTER_URL"] + "/graphql", json={"query": query, "variables": variables}, timeout=30)
    answer.raise_for_status()
    data: dict[str, Any] = answer.json()["data"]
    return data
