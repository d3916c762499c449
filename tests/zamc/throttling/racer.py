"""One of several processes that share a budget: `python -m tests.zamc.throttling.racer URL KEY AMOUNT SECONDS LASTING`.

Says that it is ready, waits for a line, takes single units as fast as it can for LASTING seconds, and prints, for each that it got, the
monotonic times right before and right after it was asked for: the grant lies between the two.
"""

import json
import sys
import time

from zamc.errors import HeldBack
from zamc.throttling.limiter import Limiter
from zamc.throttling.rules import Limit
from zamc.throttling.store import Store


def main() -> None:
    url, key, amount, seconds, lasting = sys.argv[1:]
    limiter = Limiter(Store(url))
    limit = Limit(int(amount), float(seconds))
    granted = []
    # Connected, so that nobody has used the budget up before the others have begun.
    limiter.acquire(f"{key}:warm", 1, Limit(1_000, 1))
    print("ready", flush=True)  # noqa: T201 - its word to the parent
    sys.stdin.readline()
    until = time.monotonic() + float(lasting)
    while time.monotonic() < until:
        before = time.monotonic()
        try:
            limiter.acquire(key, 1, limit)
        except HeldBack as error:
            time.sleep(min(0.01, error.delay.total_seconds() if error.delay else 0.01))
            continue
        granted.append((before, time.monotonic()))
    print(json.dumps(granted))  # noqa: T201 - its answer to the parent


if __name__ == "__main__":
    main()
