"""fork(2) without its traps: one thread, no signal in between, and a child that dies with its parent."""

import contextlib
import ctypes
import os
import random
import signal
import sys
import threading
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_CATCHABLE = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


class NotSingleThreaded(RuntimeError):
    """A forked child would inherit the locks of threads that it does not have."""


def thread_count() -> int:
    """Threads of this process, those of native libraries included."""
    return max(threading.active_count(), sum(1 for _ in Path("/proc/self/task").iterdir()))


def demand_single_thread(what: str) -> None:
    """Raises NotSingleThreaded, naming `what` started the threads."""
    if (count := thread_count()) != 1:
        raise NotSingleThreaded(f"{what}: {count} threads where one is allowed before a fork")


def fork() -> int:
    """As os.fork. The child leads a session of its own, has default signal handlers, and gets SIGKILL when the parent dies.

    Raises NotSingleThreaded and OSError (no memory or process left), in the parent alone.
    """
    demand_single_thread("fork")
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    # A signal between fork and reset would run the parent's handler in the child, and be read by the parent as its own.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _CATCHABLE)
    try:
        pid = os.fork()
        if pid == 0:
            try:
                _settle_child(parent)
            except BaseException:  # noqa: BLE001 - whatever it is, the child must not go on in the parent's code
                os._exit(os.EX_OSERR)
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _settle_child(parent: int) -> None:
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in _CATCHABLE:
        with contextlib.suppress(OSError, ValueError):
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os._exit(os.EX_TEMPFAIL)
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
