"""The second process: `python -m benchmarks.api.load`, told on standard input what to ask; its figures are JSON in a file.

open: by a schedule with random gaps (a Poisson process) at a rate. closed: as fast as so many connections get answers.
"""

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.api.client import Client, Connection
from benchmarks.api.data import Size
from benchmarks.api.mix import Ask, Mix

# A schedule is kept to so exactly: whoever sleeps is woken late.
_STEP_SECONDS = 0.001
_WAIT_SECONDS = 20.0


async def run(plan: dict[str, Any]) -> dict[str, Any]:
    mix = Mix(Size(**plan["size"]), plan["seed"])
    client = Client(plan["ports"], most=plan.get("connections", 512))
    began, cpu = time.perf_counter(), time.process_time()
    try:
        if plan["how"] == "closed":
            took = await _closed(client, _asker(mix, plan["what"]), plan["connections"], plan["seconds"])
        else:
            took = await _open(client, _asker(mix, plan["what"]), plan["rate"], plan["seconds"], plan["seed"])
    finally:
        client.close()
    tally = client.tally
    return {
        "seconds": dict(tally.seconds),
        "wrong": dict(tally.wrong),
        "errors_at": tally.errors_at,
        "took": took,
        "rate": tally.answers / took,
        "busy": (time.process_time() - cpu) / (time.perf_counter() - began),
    }


def _asker(mix: Mix, what: str) -> Any:
    hot = [mix.cached("deployments", user) for user in range(min(50, mix.users))]
    source = random.Random(1)  # noqa: S311 - load, not secrets
    whatever: dict[str, Any] = {
        "mixed": mix.draw,
        "hot": lambda: source.choice(hot),
        "uncached": lambda: mix.uncached(mix.user()),
        "overview": lambda: mix.overview(mix.user()),
        "change": lambda: mix.change(mix.user()),
    }
    return whatever[what]


async def _open(client: Client, draw: Any, rate: float, seconds: float, seed: int) -> float:
    gaps = random.Random(seed + 1)  # noqa: S311 - load, not secrets
    began = time.perf_counter()
    due = began
    while due < began + seconds:
        now = time.perf_counter()
        while due <= now:
            client.send(draw(), due)
            due += gaps.expovariate(rate)
        await asyncio.sleep(max(_STEP_SECONDS, due - time.perf_counter()))
    deadline = time.perf_counter() + _WAIT_SECONDS
    while client.underway > 0 and time.perf_counter() < deadline:  # noqa: ASYNC110 - a count that falls thousands of times a second
        await asyncio.sleep(_STEP_SECONDS * 10)
    if client.underway > 0:
        client.tally.wrong["no answer"] += client.underway
    return seconds


async def _closed(client: Client, draw: Any, count: int, seconds: float) -> float:
    connections = await client.open(count)
    end = time.perf_counter() + seconds
    done = asyncio.get_running_loop().create_future()
    left = len(connections)

    def following(connection: Connection) -> None:
        nonlocal left
        now = time.perf_counter()
        if now < end:
            client.underway += 1
            ask: Ask = draw()
            connection.send(ask, now)
            return
        left -= 1
        if left == 0 and not done.done():
            done.set_result(None)

    client.after = following
    began = time.perf_counter()
    for connection in connections:
        following(connection)
    await asyncio.wait_for(done, seconds + _WAIT_SECONDS)
    return time.perf_counter() - began


def main() -> None:
    import uvloop

    plan = json.loads(sys.stdin.read())
    Path(plan["answer"]).write_text(json.dumps(uvloop.run(run(plan))))


if __name__ == "__main__":
    main()
