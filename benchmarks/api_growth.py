"""Whether an answer takes longer when the installation is larger: p99 at 100,000 deployments beside that at 1,000.

The installations have projects of the same size; what differs is how many of them there are, and with them every table and index. As many
people ask in both, each as often: whoever has not asked for a minute is looked up first, and so is a project that nobody has asked about.
Beside it stands the ratio to a third installation, where not only the deployments are fewer but also the people, so that all of them are
known. All run at the same time on one machine and are asked in turns, in short rounds at a low rate, so that what is slow for a moment is
slow for all. Nothing that is asked for is kept: lists of 25 rows behind a place that nobody has asked for, thirty days of figures, changes.
"""

import argparse
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks.api.data import Size
from benchmarks.api.stage import Server, Stage, stage
from benchmarks.api_mixed import add_size
from benchmarks.figure import Figure, at_most, percentile, shown
from benchmarks.progress import say

FEW, ROUNDS, SECONDS = 1_000, 8, 10.0
# Requests a second of each kind: far below what the machine can do, so that nobody waits for anybody else's request.
RATES = {"uncached": 15.0, "overview": 4.0, "change": 4.0}
_GROWTH = 1.2


def add_options(parser: argparse.ArgumentParser) -> None:
    add_size(parser)
    parser.add_argument("--few", type=int, default=FEW, help="deployments of the small installations")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each kind on each side")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a round")


def measure(
    *,
    deployments: int = Size.deployments,
    projects: int = Size.projects,
    days: int = Size.days,
    few: int = FEW,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    world: Path | None = None,
) -> list[Figure]:
    """Sizes as options; the issue's are the defaults."""
    many = Size(deployments, projects, days)
    small = replace(many, deployments=few, projects=max(1, few // many.each))
    sizes = {"few": replace(small, users=many.people // small.projects), "few of both": small, "many": many}
    with ExitStack() as opened:
        sides: list[tuple[str, Stage, Server]] = []
        for name, size in sizes.items():
            made = opened.enter_context(stage(size, world if name == "many" else None))
            sides.append((name, made, opened.enter_context(made.api())))
        found = _rounds(sides, rounds, seconds)
    figures = [shown(f"{name}: deployments", size.each * size.projects, "rows") for name, size in sizes.items()]
    figures += [shown(f"{name}: people", size.people, "count") for name, size in sizes.items()]
    for what in (*RATES, "all"):
        p99 = {name: 1000 * percentile(found[name, what], 0.99) for name in sizes}
        figures += [shown(f"p99, {what}, {name}", milliseconds, "ms") for name, milliseconds in p99.items()]
        for fewer in ("few", "few of both"):
            name, ratio = f"p99 with many / with {fewer}, {what}", p99["many"] / p99[fewer]
            figures.append(at_most(name, ratio, "ratio", _GROWTH) if what == "all" else shown(name, ratio, "ratio"))
    return figures


def _rounds(sides: list[tuple[str, Stage, Server]], rounds: int, seconds: float) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for what, rate in RATES.items():
            # First one, then the others, and the other way round in the next round.
            for name, world, api in sides if number % 2 else reversed(sides):
                loaded = world.load(api, what=what, rate=rate, seconds=seconds, seed=number + 1)
                if loaded.errors:
                    raise RuntimeError(f"wrong answers: {dict(loaded.wrong)}")
                if number:  # the first round warms what later ones share
                    found[name, what] += loaded.all
                    found[name, "all"] += loaded.all
        say(f"round {number} of {rounds}")
    return found
