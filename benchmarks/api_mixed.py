"""A dashboard's load on the API (two processes), from a process of its own; PostgreSQL, Valkey, the API and the load share the machine.

Requests arrive by a schedule (a Poisson process), whatever the server does, and latency counts from when each was to be sent. Who asks
is drawn by Zipf (exponent 1) over the projects. Of all requests 90 % are reads that may be kept, 8 % lists of 25 rows that nobody has asked
for before, 2 % changes, each of which makes what is kept about its project worthless. The highest rate of cached reads is compared, in
turns, with a bare ASGI application that returns the same bytes on the same server.
"""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx

from benchmarks.api.data import Size
from benchmarks.api.mix import GATES, Mix
from benchmarks.api.stage import Loaded, Server, Stage, stage
from benchmarks.figure import Figure, at_least, at_most, percentile, shown
from benchmarks.progress import say

RATE, SECONDS, PROCESSES = 1_000.0, 60.0, 2
# The cache is empty at first; whoever starts an installation under full load is told to come back, which is not what is measured.
_WARM_UP = ((0.25, 0.5), (0.5, 0.5), (1.0, 0.25))
ROUNDS, ROUND_SECONDS, CONNECTIONS = 3, 8.0, 32
_TRIALS = 40


def add_options(parser: argparse.ArgumentParser) -> None:
    add_size(parser)
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second of the mixed load")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the mixed load, after half as long to warm up")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="of the API, for the mixed load; all else is asked of one")
    parser.add_argument("--round-seconds", type=float, default=ROUND_SECONDS, help="of each of three rounds at the highest rate")


def add_size(parser: argparse.ArgumentParser) -> None:
    """What all benchmarks of the API load."""
    parser.add_argument("--deployments", type=int, default=Size.deployments, help="over all projects")
    parser.add_argument("--projects", type=int, default=Size.projects, help="projects")
    parser.add_argument("--days", type=int, default=Size.days, help="days of facts")
    parser.add_argument("--world", type=Path, help="a folder in which the data are made once, and kept for the next benchmark of this size")


def measure(
    *,
    deployments: int = Size.deployments,
    projects: int = Size.projects,
    days: int = Size.days,
    rate: float = RATE,
    seconds: float = SECONDS,
    round_seconds: float = ROUND_SECONDS,
    processes: int = PROCESSES,
    world: Path | None = None,
) -> list[Figure]:
    """Sizes as options; the issue's are the defaults."""
    size = Size(deployments, projects, days)
    with stage(size, world) as made, ExitStack() as servers:
        apis = [servers.enter_context(made.api()) for _ in range(processes)]
        api = apis[0]
        figures = [shown("deployments", size.each * size.projects, "rows"), shown("facts", size.each * size.projects * size.days, "rows")]
        figures += _mixed(made, apis, rate, seconds)
        figures += _highest(made, api, servers.enter_context(made.bare(api)), round_seconds)
        figures += _seen(made, api, servers.enter_context(made.api()))
    return figures


def _mixed(world: Stage, apis: Sequence[Server], rate: float, seconds: float) -> list[Figure]:
    for number, (part, share) in enumerate(_WARM_UP):
        world.load(*apis, what="mixed", rate=rate * part, seconds=seconds * share, seed=1 + number)
    say("warmed up")
    before, cpu, began = _counts(world, apis), sum(api.cpu_seconds for api in apis), time.monotonic()
    loaded = world.load(*apis, what="mixed", rate=rate, seconds=seconds, seed=20)
    busy = (sum(api.cpu_seconds for api in apis) - cpu) / (time.monotonic() - began)
    after = _counts(world, apis)
    done = {outcome: after[outcome] - before[outcome] for outcome in after}
    uncached = len(loaded.seconds.get("uncached list", ()))
    hits = done.get("cached", 0.0) / max(1.0, sum(done.values()) - uncached)
    for reason, count in loaded.wrong.items():
        say(f"{count} times {reason}")
    return [
        shown("requests a second asked for", rate, "1/s"),
        shown("requests a second answered", loaded.rate, "1/s"),
        at_most("errors", loaded.errors, "count", 0),
        at_most("p99 of all", 1000 * percentile(loaded.all, 0.99), "ms", 200),
        shown("median of all", 1000 * percentile(loaded.all, 0.5), "ms"),
        *_by_kind(loaded),
        shown("hit rate of reads that may be kept", hits, "share"),
        shown("processes of the API", len(apis), "count"),
        shown("their share of a core, together", busy, "cores"),
        shown("the load generator's share of a core", loaded.busy, "cores"),
    ]


def _counts(world: Stage, apis: Sequence[Server]) -> Counter[str]:
    return sum((Counter(api.counts(world.token)) for api in apis), Counter())


def _by_kind(loaded: Loaded) -> list[Figure]:
    return [shown(f"p99 of {kind}s", 1000 * percentile(values, 0.99), "ms") for kind, values in sorted(loaded.seconds.items())]


def _highest(world: Stage, api: Server, bare: Server, seconds: float) -> list[Figure]:
    rates: dict[str, list[float]] = {"bare": [], "cached": [], "uncached": []}
    busy = 0.0
    for number in range(ROUNDS):
        for name, server, what in (("bare", bare, "hot"), ("cached", api, "hot"), ("uncached", api, "uncached")):
            loaded = world.load(server, how="closed", what=what, seconds=seconds, connections=CONNECTIONS, seed=10 + number)
            if loaded.errors and name != "bare":
                raise RuntimeError(f"wrong answers at the highest rate: {dict(loaded.wrong)}")
            answered = loaded.rate if name != "bare" else (len(loaded.all) + loaded.errors) / loaded.took
            rates[name].append(answered)
            busy = max(busy, loaded.busy if name == "bare" else 0.0)
            say(f"{name}: {answered:.0f}/s, load generator {loaded.busy:.2f} of a core")
    middle = {name: statistics.median(values) for name, values in rates.items()}
    return [
        shown("highest rate, bare ASGI application", middle["bare"], "1/s"),
        shown("the load generator's share of a core meanwhile", busy, "cores"),
        shown("highest rate, cached reads", middle["cached"], "1/s"),
        at_least("cached reads / bare ASGI application", middle["cached"] / middle["bare"], "ratio", 0.4),
        shown("highest rate, uncached lists of 25 rows", middle["uncached"], "1/s"),
    ]


def _seen(world: Stage, here: Server, there: Server) -> list[Figure]:
    """How soon a change is seen: by whoever made it with the next request, and by others through another process."""
    mix, late = Mix(world.size, 3), []
    own = 0
    with httpx.Client(timeout=30) as client:
        for _ in range(_TRIALS):
            user = mix.user()
            payload = mix.cached("overview", user).payload
            head, _, read = payload.partition(b"\r\n\r\n")
            headers = {"authorization": head.split(b"Authorization: ")[1].split(b"\r\n")[0].decode(), "content-type": "application/json"}
            project = str(httpx.Response(200, content=read).json()["variables"]["project"])
            urls = [f"http://127.0.0.1:{server.port}/graphql" for server in (here, there)]
            wanted = "PERSON" if _launch(client.post(urls[1], content=read, headers=headers)) == "AUTO" else "AUTO"
            body = {"query": GATES, "variables": {"project": project, "gates": {"launch": wanted}}}
            client.post(urls[0], json=body, headers=headers).raise_for_status()
            done = time.perf_counter()
            own += _launch(client.post(urls[0], content=read, headers=headers)) == wanted
            while _launch(client.post(urls[1], content=read, headers=headers)) != wanted:
                if time.perf_counter() - done > 10:
                    raise RuntimeError("the other process never saw the change")
            late.append(time.perf_counter() - done)
    return [
        at_least("changes that whoever made them saw at once", own / _TRIALS, "share", 1),
        at_most("until another process showed a change, longest", 1000 * max(late), "ms", 1_000),
        shown("the same, median", 1000 * percentile(late, 0.5), "ms"),
    ]


def _launch(answer: httpx.Response) -> str:
    return str(answer.json()["data"]["project"]["gates"]["launch"])
