"""What an earlier run left behind: processes, when both halves of its supervisor were killed at the same moment, and a stale lock."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from cli.local.errors import StackError
from cli.local.home import Home

MARKER = "ZAMC_SUPERVISED_HOME"
SECONDS = 10.0


def clear_leftovers(home: Home) -> None:
    """Kills what still runs on the data folder, and removes the lock file of a PostgreSQL that does not run any more.

    Only the holder of the folder's lock may call this: everything that is found is an orphan. Raises StackError when something does
    not end.
    """
    deadline = time.monotonic() + SECONDS
    cluster = home.folder("postgres") / "data"
    while found := list(_leftovers(home, cluster)):
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
    # PostgreSQL believes this file as long as any process has the number in it, and after a reboot any other process may have.
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _leftovers(home: Home, cluster: Path) -> Iterator[int]:
    mark = f"{MARKER}={home.root}".encode()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            process = Path(entry.path)
            if _is_marked(process, mark) or _is_postgres(process, cluster):
                yield int(entry.name)


def _is_marked(process: Path, mark: bytes) -> bool:
    try:
        return mark in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _is_postgres(process: Path, cluster: Path) -> bool:
    # PostgreSQL writes its status over its environment; but each of its processes works in the folder of its cluster.
    try:
        if (process / "comm").read_bytes() != b"postgres\n":
            return False
        return (process / "cwd").readlink() == cluster
    except FileNotFoundError:
        # On its way out a process has no folder any more, and still holds memory, until it is a zombie.
        return _postmaster(cluster) == process.name and _state(process) not in {"", "Z", "X"}
    except OSError:
        return False


def _postmaster(cluster: Path) -> str:
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8").partition("\n")[0].strip()
    except OSError:
        return ""


def _state(process: Path) -> str:
    try:
        return (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return ""
