"""Ten minutes at half the highest rate of the mixed load, in which PostgreSQL, Valkey and NATS are each killed once and start again.

The supervisor of the stack starts what has died again, as any platform does. A request may fail only while something is down (from the kill
until the server answers again, and a moment more for those that were under way); beside the load somebody changes a project every 0.2
seconds and reads it at once: what is read must be what was written last, by whoever's 200. Memory is looked at all the time.
"""

import argparse
import os
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.api.data import Size, key_text, project_id
from benchmarks.api.mix import GATES, OVERVIEW
from benchmarks.api.stage import Loaded, Server, Stage, stage
from benchmarks.api_mixed import add_size
from benchmarks.figure import Figure, at_least, at_most, shown
from benchmarks.progress import say

SECONDS, SEARCH_SECONDS = 600.0, 8.0
SERVERS = ("valkey", "nats", "postgres")
# Whoever is connected anew has this long to be: once PostgreSQL answers again, the API tries within a second, and then has all to ask.
_GRACE_SECONDS = 3.0
_GROWN = 1.15
_BETWEEN_CHANGES_SECONDS = 0.2


def add_options(parser: argparse.ArgumentParser) -> None:
    add_size(parser)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of load")
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second; 0: half of the highest")


def measure(
    *,
    deployments: int = Size.deployments,
    projects: int = Size.projects,
    days: int = Size.days,
    seconds: float = SECONDS,
    rate: float = 0.0,
    world: Path | None = None,
) -> list[Figure]:
    """Sizes as options; the issue's are the defaults."""
    with stage(Size(deployments, projects, days), world) as made, made.api() as api:
        highest = _highest(made, api)
        asked = rate or highest / 2
        say(f"{asked:.0f} requests a second for {seconds:.0f} s")
        watch = Watch(made, api, seconds)
        ended = made.begin(api, what="mixed", rate=asked, seconds=seconds, seed=5)
        watch.run()
        return _figures(asked, ended(), watch)


def _highest(world: Stage, api: Server) -> float:
    """Of the mixed load: as fast as 64 connections get answers, once what can be kept is kept."""
    world.load(api, how="closed", what="mixed", seconds=SEARCH_SECONDS, connections=64, seed=3)
    return world.load(api, how="closed", what="mixed", seconds=SEARCH_SECONDS, connections=64, seed=4).rate


class WrongAnswer(Exception):
    """Says that all is well, and is not."""


@dataclass
class Watch:
    """What happens beside the load."""

    world: Stage
    api: Server
    seconds: float
    down: dict[str, tuple[float, float]] = field(default_factory=dict)
    memory: list[float] = field(default_factory=list)
    written: int = 0
    wrong: int = 0
    refused_at: list[tuple[float, float]] = field(default_factory=list)
    began: float = field(default_factory=time.time)

    def was_down(self, sent: float, over: float) -> bool:
        """Whether something was, or had just been, while a request was under way."""
        return any(began <= over and sent <= ended + _GRACE_SECONDS for began, ended in self.down.values())

    def run(self) -> None:
        """Until the load is over."""
        end = time.monotonic() + self.seconds
        begun = time.monotonic()
        due = {begun + self.seconds * (number + 1) / (len(SERVERS) + 1): name for number, name in enumerate(SERVERS)}
        with ThreadPoolExecutor(1) as beside:
            writing = beside.submit(self._write, end)
            while time.monotonic() < end:
                self.memory.append(self.api.memory)
                for at in [at for at in due if at <= time.monotonic()]:
                    self._kill(due.pop(at))
                time.sleep(min(2.0, max(0.0, end - time.monotonic())))
            writing.result()

    def _kill(self, name: str) -> None:
        before = self.world.stack.pid(name)
        if before is None:
            raise RuntimeError(f"{name} does not run")
        began = time.time()
        os.kill(before, signal.SIGKILL)
        self._wait(lambda: self.world.stack.pid(name) not in {None, before} and self._well(name), f"{name} did not come back")
        self.down[name] = (began, time.time())
        say(f"{name} was down for {time.time() - began:.1f} s")

    def _well(self, name: str) -> bool:
        called = {"valkey": "redis"}.get(name, name)
        try:
            return bool(httpx.get(f"http://127.0.0.1:{self.api.port}/readyz", timeout=10).json().get(called) == "ok")
        except httpx.HTTPError:
            return False

    def _wait(self, holds: Callable[[], bool], words: str) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            if time.monotonic() > deadline:
                raise RuntimeError(words)
            time.sleep(0.1)

    def _write(self, end: float) -> None:
        """The last project, which the load hardly asks for."""
        last = self.world.size.projects - 1
        user, project = last * self.world.size.users, str(project_id(last))
        turn = 0
        with httpx.Client(
            base_url=f"http://127.0.0.1:{self.api.port}", headers={"authorization": f"Bearer {key_text(user)}"}, timeout=30
        ) as client:
            while time.monotonic() < end:
                turn += 1
                wanted, began = ("AUTO", "PERSON")[turn % 2], time.time()
                try:
                    seen = _changed_and_read(client, project, wanted)
                except WrongAnswer as error:
                    say(str(error))
                    seen = ""
                if seen is None:
                    self.refused_at.append((began, time.time()))
                else:
                    self.written += 1
                    self.wrong += seen != wanted
                time.sleep(_BETWEEN_CHANGES_SECONDS)


def _changed_and_read(client: httpx.Client, project: str, wanted: str) -> str | None:
    """What is read once a change is said to be made; None when one of the two was refused. Raises WrongAnswer."""
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    try:
        changed = client.post("/graphql", json={"query": GATES, "variables": {"project": project, "gates": {"launch": wanted}}})
        if changed.status_code != 200 or _data(changed)["setGates"]["__typename"] != "GatesSet":
            return None
        read = client.post("/graphql", json={"query": OVERVIEW, "variables": {"project": project, "range": {"first": day, "last": day}}})
    except httpx.HTTPError:
        return None
    return str(_data(read)["project"]["gates"]["launch"]) if read.status_code == 200 else None


def _data(answer: httpx.Response) -> Any:
    """Of an answer with status 200. Raises WrongAnswer when errors stand in it."""
    said = answer.json()
    if "errors" in said:
        raise WrongAnswer(f"status 200 with {said['errors']}")
    return said["data"]


def _figures(asked: float, loaded: Loaded, watch: Watch) -> list[Figure]:
    outside = [(sent, reason) for sent, over, reason in loaded.errors_at if not watch.was_down(sent, over)]
    alone = [sent for sent, over in watch.refused_at if not watch.was_down(sent, over)]
    false = sum(count for reason, count in loaded.wrong.items() if "wrong answer" in reason or "no answer" in reason)
    quarter = max(1, len(watch.memory) // 4)
    before, after = (statistics.median(part) for part in (watch.memory[quarter : 2 * quarter], watch.memory[-quarter:]))
    for reason, count in loaded.wrong.items():
        say(f"{count} times {reason}")
    by_second = Counter(
        (int(at - watch.began), reason) for at, reason in [*outside, *((at, "a change and its reading: refused") for at in alone)]
    )
    for (second, reason), count in sorted(by_second.items())[:40]:
        say(f"{count} times {reason}, {second} s after the beginning, while everything was up")
    say("memory in MiB: " + " ".join(f"{each:.0f}" for each in watch.memory[:: max(1, len(watch.memory) // 40)]))
    return [
        shown("requests a second", asked, "1/s"),
        shown("requests answered", len(loaded.all), "count"),
        at_most("wrong answers", false + watch.wrong, "count", 0),
        shown("changes that were read back at once", watch.written, "count"),
        at_most("errors while everything was up", len(outside) + len(alone), "count", 0),
        shown("errors while something was down", loaded.errors - len(outside) + len(watch.refused_at) - len(alone), "count"),
        *(shown(f"{name} was down", ended - began, "s") for name, (began, ended) in watch.down.items()),
        at_least("servers that were killed and came back", len(watch.down), "count", len(SERVERS)),
        shown("memory in the second quarter", before, "MiB"),
        at_most("memory in the last quarter / in the second", after / before, "ratio", _GROWN),
    ]
