"""How far a long benchmark is, on standard error, and an end in order when it is told to stop."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_begun = time.monotonic()


def say(words: str) -> None:
    """One line with the minutes since the start. Standard output is the table's."""
    print(f"[{(time.monotonic() - _begun) / 60:6.1f} min] {words}", file=sys.stderr, flush=True)


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM is KeyboardInterrupt, as Ctrl-C is: folders, servers and children are gone before we are."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
