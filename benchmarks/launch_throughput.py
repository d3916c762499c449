"""Deployments launched a second through both SDKs against the sandbox, with 1,000 and with 100,000 rows already there.

A deployment is one campaign in one language with one ad: on Google 4 objects in one request (validated first), on Meta 5 requests; read
back, enabled leaves first and campaign last, read back again. Two workers, as the two data assets have. The sandbox, PostgreSQL and
the workers share the machine, and no limit of a platform is set.
"""

import json
import os
import time
from dataclasses import dataclass

from benchmarks.figure import Figure, at_least, at_most, shown
from benchmarks.launch_world import World, multiply, tree_cpu_seconds, world

SETS = 150
PLATFORMS = ("google_ads", "meta_ads")
NO_LIMITS = {"ZAMC_GOOGLE_ADS_ACCESS_LEVEL": "none", "ZAMC_META_ACCESS_TIER": "none"}


@dataclass(frozen=True)
class Round:
    """rows: deployments that were there before; the rest is per deployment of this round, in seconds."""

    rows: int
    wall: float
    cpu: float
    begin: float


def measure() -> list[Figure]:
    """Two rounds in one world."""
    with world(overrides=NO_LIMITS) as stage:
        stage.lift_limits()
        _launch(stage, 1, name="warm-up")
        multiply(os.environ["ZAMC_DATABASE_OWNER_URL"], 499, salt="few")
        few = _launch(stage, SETS, name="few")
        with stage.services.database.transaction() as session:
            there = stage.count(session)
        multiply(os.environ["ZAMC_DATABASE_OWNER_URL"], round(100_000 / there) - 1, salt="many")
        many = _launch(stage, SETS, name="many")
    return [
        at_least(f"launched a second with {few.rows:,} rows there", 1 / few.wall, "1/s", 15),
        at_least(f"launched a second with {many.rows:,} rows there", 1 / many.wall, "1/s", 15),
        at_most("time per deployment, many rows / few rows", many.wall / few.wall, "ratio", 1.2),
        at_most("CPU per deployment (all processes), many rows / few rows", many.cpu / few.cpu, "ratio", 1.2),
        shown("CPU per deployment, few rows", few.cpu, "s"),
        shown("CPU per deployment, many rows", many.cpu, "s"),
        shown("planning and reserving one, few rows", few.begin, "s"),
        shown("planning and reserving one, many rows", many.begin, "s"),
    ]


def _launch(stage: World, sets: int, *, name: str) -> Round:
    """Raises RuntimeError unless all of them are live at the end."""
    with stage.services.database.transaction() as session:
        rows = stage.count(session)
    go = stage.stack.home.folder("run") / f"go-{name}"
    workers = [stage.spawn("benchmarks.worker", platform, str(go), answers=True) for platform in PLATFORMS]
    for worker in workers:
        if worker.stdout is None or worker.stdout.readline() != b"ready\n":
            raise RuntimeError("a worker did not start")
    begun = time.monotonic()
    made = stage.begin(sets, platforms=PLATFORMS, name=name)
    begin = time.monotonic() - begun
    before = tree_cpu_seconds(os.getpid())
    begun = time.monotonic()
    go.touch()
    said = [json.loads(worker.communicate()[0]) for worker in workers]
    wall = time.monotonic() - begun
    after = tree_cpu_seconds(os.getpid())
    cpu = sum(used - before.get(process, 0.0) for process, used in after.items() if process in before)
    live = stage.statuses().get("live", 0)
    if live != rows + len(made):
        raise RuntimeError(f"{live} of {rows + len(made)} deployments are live: {stage.statuses()}")
    return Round(rows, wall / len(made), (cpu + sum(each["cpu_seconds"] for each in said)) / len(made), begin / len(made))
