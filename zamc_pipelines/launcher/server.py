"""`python -m zamc_pipelines.launcher.server`: imports the platform once and forks each run from there.

It opens no connection before a fork and stays single-threaded. When code that it has loaded changes on disk, it
replaces itself by execve before the next run: its pid, its socket, its queue and its children stay. When it dies, the
runs at work die with it; the waiting ones are taken up by the next server on the same socket. SIGHUP makes it
reload at once, SIGTERM ends it.
"""

import argparse
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from zamc_pipelines.launcher.desk import Desk, listen
from zamc_pipelines.launcher.forking import NotSingleThreaded, thread_count
from zamc_pipelines.launcher.journal import AlreadyRunning, Journal
from zamc_pipelines.launcher.nursery import Nursery, Outdated, Stopped
from zamc_pipelines.launcher.preload import preload
from zamc_pipelines.launcher.processes import kill_marked
from zamc_pipelines.launcher.roster import Roster, Task
from zamc_pipelines.launcher.sources import SourceWatch
from zamc_pipelines.launcher.worker import RUN_VARIABLE, log_path, run_mark, work

_LOG = logging.getLogger("zamc.launcher")

_KEPT_DESCRIPTORS = "ZAMC_LAUNCHER_DESCRIPTORS"
"""Listener and lock, handed over by execve. Removed from the environment at once, so that no run sees it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 stopped as asked, 2 wrong arguments or environment, 3 an import starts threads; children: worker."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a request to reload that comes while we load; inherited through execve
    options = _parser().parse_args(arguments)
    _log_to_stderr()
    if not os.environ.get("DAGSTER_HOME"):
        return _refuse("DAGSTER_HOME is not set; runs would not find Dagster's storage", code=2)
    handed_over = os.environ.pop(_KEPT_DESCRIPTORS, "")
    listener_fd, lock_fd = (int(number) for number in handed_over.split(",")) if handed_over else (None, None)
    try:
        journal = Journal(options.socket, lock_fd=lock_fd)
        listener = listen(options.socket) if listener_fd is None else socket.socket(fileno=listener_fd)
    except (AlreadyRunning, OSError) as error:
        return _refuse(f"cannot serve {options.socket}: {error}", code=2)
    roster = journal.load(max_runs=options.max_runs, continued=bool(handed_over))
    _clear_remains(roster, options.socket)
    since_ns = time.time_ns()
    try:
        preloaded = preload(options.preload)
    except NotSingleThreaded as error:
        return _refuse(str(error), code=3)
    watch = SourceWatch(extra=preloaded.mending | set(options.watch), since_ns=since_ns)
    gc.collect()
    gc.freeze()  # the collector then leaves the shared pages of the children alone
    nursery = Nursery(
        desk=Desk(listener),
        roster=roster,
        memory=journal,
        outdated=lambda: _why_outdated(watch),
        output_of=lambda run_id: f"in {log_path(options.log_dir, run_id)}" if options.log_dir else "in the server's log",
        grace_seconds=options.grace_seconds,
    )
    _LOG.info("serving socket=%s max_runs=%d preload_failed=%s", options.socket, options.max_runs, preloaded.failed)
    while True:
        outcome = nursery.serve()
        match outcome:
            case Task():
                os.close(journal.lock_fd)
                return work(outcome, socket_path=options.socket, log_directory=options.log_dir)
            case Stopped():
                return 0
            case Outdated():
                _LOG.info("reloading reason=%s", outcome.reason)
                _replace_process(journal, roster, listener)
                watch.accept()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m zamc_pipelines.launcher.server", description=__doc__)
    parser.add_argument("--socket", required=True, help="path of the Unix socket to serve")
    parser.add_argument("--preload", action="append", default=[], metavar="MODULE", help="import it before any run")
    parser.add_argument("--max-runs", type=_places, default=4, help="runs at work at once; the others wait in order")
    parser.add_argument("--grace-seconds", type=float, default=60.0, help="from SIGTERM to SIGKILL for a run")
    parser.add_argument("--log-dir", type=Path, help="a file per run for its output; without it, the server's own")
    parser.add_argument("--watch", action="append", default=[], type=Path, metavar="FILE", help="reload on change too")
    return parser


def _log_to_stderr() -> None:
    """Our own logger alone: what a run logs is for Dagster and the project to set up."""
    from zamc.telemetry.logs import LINES, LibraryHandler

    LINES.process = "launcher"
    _LOG.handlers = [LibraryHandler()]
    _LOG.propagate = False
    _LOG.setLevel(logging.INFO)


def _places(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least one run must have a place")
    return number


def _refuse(reason: str, *, code: int) -> int:
    _LOG.error("refused reason=%s", reason)
    return code


def _clear_remains(roster: Roster, socket_path: str) -> None:
    """Runs of a dead server are dead; programs that they had started (dbt) may not be."""
    if roster.losses and (count := kill_marked(RUN_VARIABLE, {run_mark(socket_path, run) for run in roster.losses})):
        _LOG.warning("killed_remains processes=%d", count)


def _why_outdated(watch: SourceWatch) -> str:
    if changed := watch.changed():
        return f"changed: {', '.join(map(str, changed[:5]))}"
    if (count := thread_count()) != 1:
        return f"{count} threads"
    return ""


def _replace_process(journal: Journal, roster: Roster, listener: socket.socket) -> None:
    """Run the same command line in this process. Returns only if that is not possible: then the loaded code goes on."""
    descriptors = (listener.fileno(), journal.lock_fd)
    try:
        journal.save(roster)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, True)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        environment = {**os.environ, _KEPT_DESCRIPTORS: ",".join(map(str, descriptors))}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - our own command line
    except OSError as error:
        _LOG.error("reload_failed error=%s", error)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)


if __name__ == "__main__":
    sys.exit(main())
