"""What a trial found: counts of harm, and what happened meanwhile."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chaos.plan import POINTS
from benchmarks.chaos.witness import Verdict

if TYPE_CHECKING:
    from benchmarks.figure import Figure

_HARM = ("enabled_twice", "lost", "enabled_orphans", "on_unwanted", "strays_left", "unsettled")


@dataclass(frozen=True)
class Restored:
    """The second act. switched_on: by adopting; back_on: what people paused after the backup and is on; unreserved: what is on, and no
    money is held for it. adopted, held, strangers: deployments that went on, that wait for a person, and campaigns without a record."""

    verdict: Verdict
    switched_on: int
    back_on: int
    unreserved: int
    adopted: int
    held: int
    strangers: int

    @property
    def harmless(self) -> bool:
        """Also when there was nothing to adopt, to hold and to stop, the act proves nothing."""
        harm = self.switched_on or self.back_on or self.unreserved
        return self.verdict.harmless and not harm and bool(self.adopted and self.held and self.strangers)


@dataclass
class Report:
    """What happened. reached: how often a process was killed at each point; random_kills, servers: kills beside those."""

    seed: int
    deployments: int
    verdict: Verdict | None = None
    restored: Restored | None = None
    reached: Counter[str] = field(default_factory=Counter)
    random_kills: int = 0
    servers: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, int] = field(default_factory=dict)
    events_lost: int = 0
    seconds: float = 0.0

    @property
    def missed(self) -> list[str]:
        """Points at which nobody was killed: a trial that misses one proves nothing about it."""
        return [point for point in POINTS if not self.reached[point]]

    @property
    def good(self) -> bool:
        harmless = self.verdict is not None and self.verdict.harmless and self.restored is not None and self.restored.harmless
        return harmless and not self.missed and not self.events_lost


def show(report: Report, kept: Path | None = None) -> int:
    """Print the report, keep it in build/bench/chaos.json; 0 when nothing was harmed and every point was reached."""
    from benchmarks.figure import report as table

    if report.verdict is None or report.restored is None:
        return 1
    figures = [*_harm(report, report.verdict), *_harm_of_a_restore(report.restored), *_shown(report, report.verdict, report.restored)]
    table("chaos", figures)
    for point in report.missed:
        print(f"never reached: {point}")
    if kept is not None:
        kept.write_text(json.dumps([asdict(figure) for figure in figures]))
    return 0 if report.good else 1


def _harm(report: Report, verdict: Verdict) -> "Iterator[Figure]":
    from benchmarks.figure import at_most

    for name in _HARM:
        yield at_most(name.replace("_", " "), getattr(verdict, name), "count", 0)
    yield at_most("events lost", report.events_lost, "count", 0)
    yield at_most("crash points never reached", len(report.missed), f"of {len(POINTS)}", 0)


def _harm_of_a_restore(restored: Restored) -> "Iterator[Figure]":
    from benchmarks.figure import at_most

    for name in _HARM:
        yield at_most(f"after a restore: {name.replace('_', ' ')}", getattr(restored.verdict, name), "count", 0)
    yield at_most("after a restore: switched on by adopting", restored.switched_on, "count", 0)
    yield at_most("after a restore: paused since the backup, and on", restored.back_on, "count", 0)
    yield at_most("after a restore: on, and nothing reserved", restored.unreserved, "count", 0)


def _shown(report: Report, verdict: Verdict, restored: Restored) -> "Iterator[Figure]":
    from benchmarks.figure import shown

    yield shown("deployments asked for", report.deployments, "count")
    for status, count in sorted(report.statuses.items()):
        yield shown(f"of them {status}", count, "count")
    yield shown("strays that were made, and swept", verdict.strays, "count")
    yield shown("of them turned on by an outsider", verdict.outside_on, "count")
    yield shown("adopted after a restore", restored.adopted, "count")
    yield shown("held after a restore", restored.held, "count")
    yield shown("strangers after a restore", restored.strangers, "count")
    yield shown("workers killed at a named point", sum(report.reached.values()), "count")
    yield shown("workers killed at random", report.random_kills, "count")
    for server, count in sorted(report.servers.items()):
        yield shown(f"times {server} was killed", count, "count")
    yield shown("seed", report.seed, "")
    yield shown("time", report.seconds, "s")
