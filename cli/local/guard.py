"""The outer half of the supervisor: it outlives a kill -9 of the inner half, and then leaves no process behind.

PR_SET_PDEATHSIG reaches children, not grandchildren (a dbt under a run under the run launcher). So the supervisor forks before it
starts anything, and this half only waits. As a subreaper it inherits whatever the inner half leaves, at whatever depth and in
whatever session, and kills it; it holds the data folder's lock until then. When this half is killed instead, the kernel tells the
inner half to stop in order.
"""

import os
import signal
from collections.abc import Callable

from cli.local.privileges import become_subreaper, die_with
from cli.local.processes import kill_orphans

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def guarded(inner: Callable[[], int]) -> int:
    """Runs `inner` in a forked child and returns its exit code after every descendant has ended.

    Call it while this process has one thread and no child.
    """
    become_subreaper()
    guard = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    child = os.fork()
    if child == 0:
        die_with(guard, signal.SIGTERM)
        os.setsid()
        become_subreaper()
        # Still blocked: `inner` unblocks when its handlers stand, so that no early signal is lost.
        os._exit(_exit_code_of(inner))
    for number in STOP_SIGNALS:
        signal.signal(number, lambda received, _frame: _forward(child, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    _let_go_of_pipes()
    _, status = os.waitpid(child, 0)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    kill_orphans(seconds=10.0)
    return os.waitstatus_to_exitcode(status)


def _exit_code_of(inner: Callable[[], int]) -> int:
    try:
        return inner()
    except BaseException:  # noqa: BLE001 - the last frame of a process: the traceback goes to the supervisor's log
        import traceback

        traceback.print_exc()
        return 70


def _forward(child: int, number: int) -> None:
    try:
        os.kill(child, number)
    except ProcessLookupError:
        return


def _let_go_of_pipes() -> None:
    # A pipe tells of the inner half's end only when nobody else holds it.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    os.close(null)
