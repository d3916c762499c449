"""Four processes on one budget: what they were allowed, what they used, and what an own witness counted; and what a call costs.

The witness is a stream of Valkey that each process adds to after each grant: the server, not the limiter, puts the time on it.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis

from benchmarks.figure import Figure, at_most, percentile, shown
from cli.local.client import LocalStack
from zamc.errors import HeldBack
from zamc.throttling.breaker import Breaker
from zamc.throttling.gate import SharedGate
from zamc.throttling.limiter import Limiter
from zamc.throttling.quotas import MetaQuotas
from zamc.throttling.rules import Kind, Limit
from zamc.throttling.store import Store

_PROCESSES = 4
_RATE = Limit(50, 1)
_RATE_LASTS_SECONDS = 20.0
_BUDGET = Limit(2_000, 3_600)
_BUDGET_LASTS_SECONDS = 8.0
_CALLS = 2_000


def measure() -> list[Figure]:
    """Starts Valkey alone, in a folder that is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder,
        LocalStack.start(home=Path(folder), services=("valkey",), durable=False) as stack,
    ):
        url = stack.environment["ZAMC_REDIS_URL"]
        granted, used, most = _race(url, _RATE, _RATE_LASTS_SECONDS)
        whole, _, _ = _race(url, _BUDGET, _BUDGET_LASTS_SECONDS)
        # A moving window lets the first budget through at once, and each further one a window later.
        allowed = _RATE.amount * (1 + used / _RATE.window_seconds)
        alone, gated = _cost(url)
    return [
        shown("rate: grants to 4 processes", granted, f"calls in {used:.1f} s"),
        shown("rate: allowed in that time", allowed, "calls"),
        at_most("rate: granted / allowed", granted / allowed, "ratio", 1),
        at_most(f"rate: most arrivals at the witness in any second, of {_RATE.amount}", most, "calls", _RATE.amount),
        at_most(f"budget of {_BUDGET.amount}: granted to 4 processes", whole, "calls", _BUDGET.amount),
        shown("one limit: median of a call", 1e6 * statistics.median(alone), "us"),
        shown("one limit: 99th percentile", 1e6 * percentile(alone, 0.99), "us"),
        shown("breaker and Meta's four limits: median of a call", 1e6 * statistics.median(gated), "us"),
        shown("breaker and Meta's four limits: 99th percentile", 1e6 * percentile(gated, 0.99), "us"),
    ]


def _race(url: str, limit: Limit, lasting: float) -> tuple[int, float, int]:
    """Grants, seconds between the first and the last arrival, and the most arrivals in any window, by the witness."""
    key, witness = f"bench:{uuid4().hex}", f"witness:{uuid4().hex}"
    order = json.dumps({"url": url, "key": key, "witness": witness, "amount": limit.amount, "seconds": limit.seconds, "lasting": lasting})
    racers = [subprocess.Popen([sys.executable, "-m", "benchmarks.limiter", order], stdout=subprocess.PIPE) for _ in range(_PROCESSES)]
    granted = sum(int(racer.communicate(timeout=lasting + 60)[0]) for racer in racers)
    client: Any = redis.Redis.from_url(url)
    arrivals = [int(entry.split(b"-")[0]) / 1000 for entry, _ in client.xrange(witness)]
    client.close()
    assert granted == len(arrivals)
    most, first = 0, 0
    for last, stamp in enumerate(arrivals):
        while arrivals[first] <= stamp - limit.seconds:
            first += 1
        most = max(most, last - first + 1)
    return granted, arrivals[-1] - arrivals[0], most


def _cost(url: str) -> tuple[list[float], list[float]]:
    store = Store(url)
    limiter = Limiter(store)
    gate = SharedGate(limiter, Breaker(store), MetaQuotas(app="bench", tier="standard"))
    alone, gated = [], []
    for _ in range(_CALLS):
        started = time.perf_counter()
        limiter.acquire("bench:cost", 1, Limit(100_000, 3_600))
        between = time.perf_counter()
        with gate.call(f"act_{_ % 20}", Kind.MUTATE):
            pass
        alone.append(between - started)
        gated.append(time.perf_counter() - between)
    store.close()
    return alone, gated


def _racer(order: dict[str, Any]) -> int:
    client: Any = redis.Redis.from_url(order["url"])
    limiter, limit, granted = Limiter(Store(order["url"])), Limit(order["amount"], order["seconds"]), 0
    until = time.monotonic() + order["lasting"]
    while time.monotonic() < until:
        try:
            limiter.acquire(order["key"], 1, limit)
        except HeldBack as error:
            time.sleep(min(0.02, error.delay.total_seconds() if error.delay else 0.02))
            continue
        client.xadd(order["witness"], {"pid": "1"})
        granted += 1
    return granted


if __name__ == "__main__":
    print(_racer(json.loads(sys.argv[1])))
