"""Start a service's process, and find and end whatever it left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from cli.local.errors import StackError
from cli.local.privileges import child_setup
from cli.local.services import Service

MAX_LOG_BYTES = 50_000_000


def spawn(service: Service, log: Path) -> "subprocess.Popen[bytes]":
    """The service's process, leader of a session of its own, writing to its log file. Raises StackError."""
    try:
        with log.open("ab") as output:
            return subprocess.Popen(
                service.argv,
                env=dict(service.environment),
                cwd=service.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Safe: the supervisor has one thread.
                preexec_fn=child_setup(service.run_as),  # noqa: PLW1509
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise StackError(f"{service.name} cannot be started ({error}); is {service.argv[0]} there and executable?") from None


def signal_group(leader: int, number: signal.Signals) -> None:
    """Signals a session's process group. The leader must not have been reaped: its number could be somebody else's by then."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return


def has_ended(pid: int) -> bool:
    """Whether our child has ended. It is not reaped yet, so its number stays its own."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def children_of(parent: int) -> list[int]:
    """Living and dead-but-not-reaped children of a process."""
    return [pid for pid, its_parent in _parents() if its_parent == parent]


def kill_orphans(known: Collection[int] = (), *, seconds: float = 1.0) -> None:
    """Kills and reaps the children of this process, a subreaper, that are not in `known`, and what comes to it by their death.

    Gives up after `seconds`: the kernel may hold a process for as long as its disk does not answer.
    """
    deadline = time.monotonic() + seconds
    while orphans := [pid for pid in children_of(os.getpid()) if pid not in known]:
        for pid in orphans:
            # A child that was not reaped keeps its number, so this cannot meet somebody else.
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > deadline:
            return
        time.sleep(0.002)


def tail(log: Path, *, start: int = 0, lines: int = 8) -> str:
    """The last lines of a log file, from byte `start` on, indented."""
    try:
        with log.open("rb") as file:
            file.seek(max(start, log.stat().st_size - 8_000))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def rotate(log: Path, *, limit: int = MAX_LOG_BYTES) -> None:
    """Keeps one older generation. The writer appends and never learns of it, so the file is copied and emptied."""
    if not log.exists() or log.stat().st_size <= limit:
        return
    older = log.with_suffix(".log.1")
    older.write_bytes(log.read_bytes())
    os.truncate(log, 0)


def _parents() -> Iterator[tuple[int, int]]:
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            stat = Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        # The name in parentheses may contain anything, a closing parenthesis too.
        yield int(entry.name), int(stat.rpartition(")")[2].split()[1])
