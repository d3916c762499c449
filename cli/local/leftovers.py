"""Processes of an earlier run that nobody ended: both halves of its supervisor were killed at the same moment."""

import os
import signal
import time
from pathlib import Path

from cli.local.errors import StackError
from cli.local.home import Home

MARKER = "ZAMC_SUPERVISED_HOME"
SECONDS = 10.0


def kill_leftovers(home: Home) -> None:
    """Kills what still runs on the data folder. Only the holder of its lock may call this: everything that is found is an orphan.

    Raises StackError when something does not end.
    """
    deadline = time.monotonic() + SECONDS
    while found := _leftovers(home):
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            except PermissionError:
                raise StackError(f"process {pid} of another user still runs on {home.root}: end it, then start again") from None
        if time.monotonic() > deadline:
            raise StackError(f"process {found[0]} still runs on {home.root} and does not end: end it, then start again")
        time.sleep(0.01)


def _leftovers(home: Home) -> list[int]:
    mark = f"{MARKER}={home.root}".encode()
    cluster = str(home.folder("postgres") / "data")
    return [
        int(entry.name)
        for entry in os.scandir("/proc")
        if entry.name.isdigit() and (_is_marked(Path(entry.path), mark) or _is_postgres(Path(entry.path), cluster))
    ]


def _is_marked(process: Path, mark: bytes) -> bool:
    try:
        return mark in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _is_postgres(process: Path, cluster: str) -> bool:
    # PostgreSQL writes its status over its environment; but each of its processes works in the folder of its cluster.
    try:
        return (process / "comm").read_text(encoding="utf-8") == "postgres\n" and str((process / "cwd").readlink()) == cluster
    except (OSError, UnicodeDecodeError):
        return False
