"""The server's loop: takes requests, forks runs, notices their ends. One thread, no connection but its Unix socket."""

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from zamc_pipelines.launcher.desk import Desk
from zamc_pipelines.launcher.forking import fork
from zamc_pipelines.launcher.processes import fate_of, kill_group
from zamc_pipelines.launcher.protocol import Answer, Request, RunState, Verb
from zamc_pipelines.launcher.roster import Ending, Errand, Roster, Task
from zamc_pipelines.launcher.worker import EXIT_RECORDED, EXIT_SUCCESS

_LOG = logging.getLogger("zamc.launcher")

_FORK_AGAIN_SECONDS = 1.0
_SETTLE_AGAIN_SECONDS = 5.0
_KILL_AGAIN_SECONDS = 1.0


class Memory(Protocol):
    """Keeps the roster for the server's next image or its successor."""

    def save(self, roster: Roster) -> None:
        """Raises OSError."""


@dataclass(frozen=True)
class Stopped:
    """The loop has ended and no child is left."""


@dataclass(frozen=True)
class Outdated:
    """The process should be replaced by one that loads the code anew; children and queue are kept."""

    reason: str


class Nursery:
    """Forks a process per run, at most `roster.max_runs` at once."""

    def __init__(
        self,
        *,
        desk: Desk,
        roster: Roster,
        memory: Memory,
        outdated: Callable[[], str],
        output_of: Callable[[str], str],
        grace_seconds: float,
    ) -> None:
        """`outdated` says why the process must be replaced before the next fork, or ""; `output_of` where a run's output is.

        `grace_seconds` pass between SIGTERM and SIGKILL.
        """
        self._desk = desk
        self._roster = roster
        self._memory = memory
        self._outdated = outdated
        self._output_of = output_of
        self._grace_seconds = grace_seconds
        self._stopping = False
        self._reload_asked = False
        self._fork_not_before = 0.0
        self._settle_not_before = 0.0

    def serve(self) -> Task | Outdated | Stopped:
        """Serve until told to stop, until the code is outdated, or, in a forked child, until it is born with its task."""
        while True:
            self._reap()
            self._kill_condemned()
            if self._reload_asked and not self._stopping:
                self._reload_asked = False
                return Outdated("SIGHUP")
            outcome = self._fork_what_waits()
            if outcome is not None:
                return outcome
            if self._stopping and not self._roster.children:
                self._desk.close()
                return Stopped()
            for number in self._desk.attend(self._respond, until=self._next_deadline()):
                self._on_signal(number)

    def _fork_what_waits(self) -> Task | Outdated | None:
        now = time.monotonic()
        while not self._stopping and now >= self._fork_not_before:
            task = self._roster.next_task(may_settle=now >= self._settle_not_before)
            if task is None:
                return None
            if reason := self._outdated():
                return Outdated(reason)
            try:
                pid = fork()
            except OSError as error:
                _LOG.error("fork_failed run_id=%s error=%s", task.run_id, error)
                self._fork_not_before = now + _FORK_AGAIN_SECONDS
                return None
            if pid == 0:
                self._desk.abandon()
                return task
            self._roster.forked(task, pid)
            self._remember()
            _LOG.info("forked errand=%s run_id=%s pid=%d", task.errand, task.run_id, pid)
        return None

    def _respond(self, request: Request) -> Answer:
        match request.verb:
            case Verb.LAUNCH:
                answer = self._launch(request.run_id)
            case Verb.TERMINATE:
                answer = self._terminate(request.run_id)
            case Verb.HEALTH | Verb.PING:
                answer = self._describe(request.run_id)
        return answer

    def _launch(self, run_id: str) -> Answer:
        if self._stopping:
            return Answer(ok=False, retry=True, error="it is stopping")
        new = not self._roster.knows(run_id)
        self._roster.enqueue(run_id)
        try:
            self._memory.save(self._roster)
        except OSError as error:
            if new:
                self._roster.queue.remove(run_id)
            return Answer(ok=False, error=f"it cannot write its journal: {error}")
        return self._describe(run_id)

    def _terminate(self, run_id: str) -> Answer:
        if self._roster.withdraw(run_id):
            self._remember()
        elif child := self._roster.child_of(run_id):
            self._condemn(child.pid)
        return self._describe(run_id)

    def _describe(self, run_id: str) -> Answer:
        roster = self._roster
        state, detail, worker_pid, ahead = RunState.UNKNOWN, "the server knows nothing of it", 0, 0
        if run_id in roster.queue:
            ahead = roster.queue.index(run_id)
            starts_now = roster.at_work + ahead < roster.max_runs
            state = RunState.RUNNING if starts_now else RunState.QUEUED
            detail = "it is about to start" if starts_now else f"{ahead} runs wait before it"
        elif child := roster.child_of(run_id):
            state, worker_pid = RunState.RUNNING, child.pid
            detail = f"process {child.pid} works on it, its output is {self._output_of(run_id)}"
        elif ending := roster.endings.get(run_id):
            state, detail = RunState.DIED if ending.died else RunState.EXITED, ending.detail
        return Answer(
            ok=True,
            state=state,
            detail=detail,
            worker_pid=worker_pid,
            ahead=ahead,
            server_pid=os.getpid(),
            running=roster.at_work,
            queued=len(roster.queue),
        )

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._reload_asked = True
        if number not in (signal.SIGTERM, signal.SIGINT):
            return
        _LOG.info("stopping signal=%s running=%d queued=%d", number, self._roster.at_work, len(self._roster.queue))
        for pid in tuple(self._roster.children):
            if self._stopping:
                kill_group(pid)
            else:
                self._condemn(pid)
        self._stopping = True

    def _condemn(self, pid: int) -> None:
        """SIGTERM now, SIGKILL to it and all that it started after the grace. Asking again changes nothing."""
        if not self._roster.children[pid].kill_at:
            self._roster.condemn(pid, kill_at=time.monotonic() + self._grace_seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _kill_condemned(self) -> None:
        now = time.monotonic()
        for child in tuple(self._roster.children.values()):
            if child.kill_at and now >= child.kill_at:
                _LOG.warning("killed run_id=%s pid=%d grace_seconds=%g", child.task.run_id, child.pid, self._grace_seconds)
                kill_group(child.pid)
                self._roster.condemn(child.pid, kill_at=now + _KILL_AGAIN_SECONDS)

    def _reap(self) -> None:
        for pid in tuple(self._roster.children):
            fate = fate_of(pid)
            if fate is None:
                continue
            recorded = fate.exit_code in (EXIT_SUCCESS, EXIT_RECORDED)
            run_id = self._roster.children[pid].task.run_id
            ending = Ending(died=not recorded, detail=f"{fate.words}; its output is {self._output_of(run_id)}")
            task = self._roster.ended(pid, ending, recorded=recorded)
            if task.errand is Errand.SETTLE and not recorded:
                self._settle_not_before = time.monotonic() + _SETTLE_AGAIN_SECONDS
            _LOG.info("ended errand=%s run_id=%s pid=%d fate=%s", task.errand, run_id, pid, fate.words)
            self._remember()

    def _remember(self) -> None:
        try:
            self._memory.save(self._roster)
        except OSError as error:
            _LOG.error("journal_failed error=%s", error)

    def _next_deadline(self) -> float | None:
        """When the loop has something to do though nothing happens, on the monotonic clock; None: never."""
        deadlines = [child.kill_at for child in self._roster.children.values() if child.kill_at]
        if not self._stopping and (self._roster.queue or self._roster.losses):
            now = time.monotonic()
            deadlines += [moment for moment in (self._fork_not_before, self._settle_not_before) if moment > now]
        return min(deadlines, default=None)
