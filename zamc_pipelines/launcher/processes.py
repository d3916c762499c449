"""Ends of child processes, and of what they have started."""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fate:
    """`exit_code` is None when a signal ended the process (or nobody knows what did)."""

    exit_code: int | None
    words: str


def fate_of(pid: int) -> Fate | None:
    """How a child of ours ended; None while it lives. What is left of its session is killed before its pid is free."""
    try:
        seen = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return Fate(exit_code=None, words="the process is gone and left no exit code")
    if seen is None:
        return None
    kill_group(pid)
    os.waitpid(pid, 0)
    if seen.si_code == os.CLD_EXITED:
        return Fate(exit_code=seen.si_status, words=f"exit code {seen.si_status}")
    name = signal.Signals(seen.si_status).name
    hint = " (the kernel's out-of-memory killer sends it)" if name == "SIGKILL" else ""
    return Fate(exit_code=None, words=f"killed by {name}{hint}")


def kill_group(pid: int) -> None:
    """SIGKILL to a child of ours and to everything in its process group."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def kill_marked(variable: str, values: set[str]) -> int:
    """SIGKILL to this user's processes whose environment has the variable at one of the values; how many there were."""
    marks = {f"{variable}={value}".encode() for value in values}
    killed = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if not marks.isdisjoint((entry / "environ").read_bytes().split(b"\0")):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    return killed
