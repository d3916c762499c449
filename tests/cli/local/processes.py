"""Look at processes from outside, as a sceptic would: through /proc alone."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

PATIENCE_SECONDS = 60.0


def below(ancestor: int) -> dict[int, str]:
    """Every living process below `ancestor`, itself included, by its command line."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] not in "ZX":
                parents[int(entry.name)] = int(fields[1])
    found = {ancestor} if ancestor in parents else set()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: command_line(pid) for pid in found}


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def alive(pids: Iterable[int]) -> set[int]:
    """Those that exist and are not only waiting to be reaped."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            found.add(pid)
    return found


def eventually(what: Callable[[], bool], description: str) -> None:
    """Waits until it holds; fails the test, with the description, when it does not within a generous time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {description}")
        time.sleep(0.01)


def all_end(pids: Iterable[int]) -> None:
    """Waits until none of the processes lives."""
    watched = {pid: command_line(pid) for pid in pids}
    assert watched
    eventually(lambda: not alive(watched), f"the end of { ({pid: watched[pid] for pid in alive(watched)}) }")
