"""One supervised process: its state, its start and its end."""

import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from cli.local.errors import StackError
from cli.local.processes import has_ended, signal_group, spawn, tail
from cli.local.services import SETTLED_SECONDS, Service, State

# A child that lived this long was well: its next death counts as the first.
STEADY_SECONDS = 60.0

# What servers say about a lack that is not theirs, and what it means for the reader.
_REASONS = {
    "no space left on device": "the disk is full, free some space or set ZAMC_HOME to a folder on another disk",
    "address already in use": "its port was taken by another program in this moment, start again",
    "permission denied": "a file is not accessible, see whom the files in ZAMC_HOME belong to",
}


def restart_delay(deaths: int) -> float:
    """Seconds to wait before the next attempt after that many deaths in a row: 0.1, 0.2, 0.4 ... 30."""
    return min(30.0, 0.1 * 2.0 ** max(0, min(deaths, 20) - 1))


def crash_loop(deaths: int, *, starting: bool) -> bool:
    """Whether that many deaths in a row are too many: during the stack's start a person waits for the answer."""
    return deaths >= (3 if starting else 5)


def question_pause(age: float) -> float:
    """Seconds until a child that started `age` seconds ago is asked again whether it is ready: 0.02 at first, up to 0.25."""
    return min(0.25, 0.02 + age / 20)


@dataclass
class Child:
    """A service and what became of it."""

    service: Service
    log: Path
    state: State = State.WAITING
    message: str = ""
    deaths: int = 0
    restarts: int = 0
    due: float = 0.0
    next_question: float = 0.0
    unanswered: int = 0
    _process: "subprocess.Popen[bytes] | None" = None
    _started: float = 0.0
    _log_start: int = field(default=0, repr=False)

    @property
    def pid(self) -> int | None:
        """The process number while the process exists."""
        return None if self._process is None else self._process.pid

    @property
    def age(self) -> float:
        """Seconds since its last start."""
        return time.monotonic() - self._started

    @property
    def is_up(self) -> bool:
        """Whether services that depend on this one may start."""
        return self.state in {State.READY, State.DONE, State.UNHEALTHY}

    def start(self) -> None:
        """Raises StackError when it cannot even be started."""
        if self.state is State.RESTARTING:
            self.restarts += 1
        try:
            if self.service.prepare is not None:
                self.service.prepare()
            self._log_start = self.log.stat().st_size if self.log.exists() else 0
        except OSError as error:
            raise StackError(f"{self.service.name} cannot be prepared: {error}") from None
        self._process = spawn(self.service, self.log)
        self._started = time.monotonic()
        self.due = self._started + self.service.start_seconds
        self.next_question = 0.0
        self.unanswered = 0
        self.state = State.STARTING

    def is_ready(self) -> bool:
        """Raises StackError when waiting longer is useless."""
        if self.service.ready is None:
            return self.age >= SETTLED_SECONDS
        return self.service.ready()

    def ask_to_stop(self) -> None:
        if self._process is not None and self.state is not State.STOPPING:
            self.state = State.STOPPING
            self.due = time.monotonic() + self.service.stop_seconds
            self._process.send_signal(self.service.stop_signal)

    def kill(self) -> None:
        if self._process is not None:
            signal_group(self._process.pid, signal.SIGKILL)

    def reap(self) -> int | None:
        """The exit code, once, when the process has ended; what it left in its process group is killed before."""
        if self._process is None or not has_ended(self._process.pid):
            return None
        signal_group(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        self._process = None
        return code

    def count_death(self, now: float) -> None:
        self.deaths = 1 if now - self._started > STEADY_SECONDS else self.deaths + 1

    def last_words(self) -> str:
        """The end of what this attempt wrote, ready to be put behind a sentence."""
        words = tail(self.log, start=self._log_start)
        if not words:
            return f" and wrote nothing to {self.log}"
        reasons = "".join(f": {reason}" for sign, reason in _REASONS.items() if sign in words.lower())
        return f"{reasons}; the last lines of {self.log}:\n{words}"
