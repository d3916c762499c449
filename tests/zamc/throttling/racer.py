"""One of several processes that share a budget: `python -m tests.zamc.throttling.racer URL KEY AMOUNT SECONDS UNTIL`.

Takes single units as fast as it can until the monotonic time UNTIL and prints, for each that it got, the monotonic times right before
and right after it was asked for: the grant lies between the two.
"""

import json
import sys
import time

from zamc.errors import HeldBack
from zamc.throttling.limiter import Limiter
from zamc.throttling.rules import Limit
from zamc.throttling.store import Store


def main() -> None:
    url, key, amount, seconds, until = sys.argv[1:]
    limiter = Limiter(Store(url))
    limit = Limit(int(amount), float(seconds))
    granted = []
    while time.monotonic() < float(until):
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
