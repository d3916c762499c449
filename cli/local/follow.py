"""Read the end of log files, and what is appended to them."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PAUSE_SECONDS = 0.25
# No line of ours is longer; a file may be 50 MB.
BYTES_PER_LINE = 2_000


def last_lines(file: Path, count: int) -> tuple[list[str], int]:
    """The last lines of a file, and the position behind them."""
    with file.open("rb") as log:
        end = log.seek(0, 2)
        log.seek(max(0, end - count * BYTES_PER_LINE))
        text = log.read(end - log.tell()).decode(errors="replace")
    return (text.splitlines()[-count:] if count else []), end


def follow(positions: Mapping[Path, int]) -> Iterator[tuple[Path, str]]:
    """Whole lines as they are appended behind the positions, for ever. A file that became shorter is read from its start."""
    at = dict(positions)
    while True:
        quiet = True
        for file, position in at.items():
            size = file.stat().st_size
            start = position if size >= position else 0
            with file.open("rb") as log:
                log.seek(start)
                whole = log.read().rpartition(b"\n")[0]
            if not whole:
                at[file] = start
                continue
            quiet = False
            at[file] = start + len(whole) + 1
            for line in whole.decode(errors="replace").splitlines():
                yield file, line
        if quiet:
            time.sleep(PAUSE_SECONDS)
