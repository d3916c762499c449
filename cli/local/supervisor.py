"""The loop that starts services in order, watches them, restarts what dies and stops all in reverse order.

One thread: the kernel binds a child's life to the thread that forked it, and nothing here waits for long.
"""

import os
import selectors
import signal
import time
from collections.abc import Callable, Sequence

from cli.local.children import Child, crash_loop, question_pause, restart_delay
from cli.local.errors import StackError
from cli.local.guard import STOP_SIGNALS
from cli.local.home import Home
from cli.local.ports import Reservation
from cli.local.processes import kill_orphans, rotate
from cli.local.services import Phase, Service, StackEvent, State

TICK_SECONDS = 0.02
HEALTH_SECONDS = 10.0
HEALTH_FAILURES = 3


class Supervisor:
    """Runs services until it is told to stop. `publish` hears of every change; `phase` and `children` can be read at any time."""

    def __init__(
        self,
        services: Sequence[Service],
        *,
        home: Home,
        publish: Callable[["Supervisor", StackEvent], None],
        ports: Reservation | None = None,
        lifeline: int | None = None,
    ) -> None:
        """lifeline: a pipe whose end means stop, because whoever holds the other end is gone; "detach" on it means run on alone."""
        self.phase = Phase.STARTING
        self.message = ""
        self.children = {service.name: Child(service, home.log(service.name)) for service in services}
        self._ports = ports
        self._publish = publish
        self._lifeline = lifeline
        self._stop_wanted = False
        self._selector = selectors.DefaultSelector()
        self._next_health = 0.0

    def run(self) -> int:
        """Returns 0 after an ordered stop and 1 after a failed start. No child is left in either case."""
        self._listen()
        for child in self.children.values():
            self._tell(child)
        try:
            while not self._stop_wanted and self.phase is not Phase.FAILED:
                self._step()
                self._wait()
        finally:
            failed = self.phase is Phase.FAILED
            self._stop_all()
        if not failed:
            self._enter(Phase.STOPPED)
        return 1 if failed else 0

    # -- one turn of the loop

    def _step(self) -> None:
        try:
            self._reap()
            for child in self.children.values():
                self._start_if_due(child)
            for child in self.children.values():
                self._ask(child)
        except StackError as error:
            if self.phase is Phase.STARTING:
                self._enter(Phase.FAILED, str(error))
                return
            raise
        if self.phase is Phase.STARTING and all(child.is_up for child in self.children.values()):
            self._next_health = time.monotonic() + HEALTH_SECONDS
            self._enter(Phase.READY)
        if self.phase is Phase.READY and time.monotonic() >= self._next_health:
            self._check_health()

    def _start_if_due(self, child: Child) -> None:
        waiting = child.state is State.WAITING and all(self.children[name].is_up for name in child.service.depends_on)
        if not waiting and not (child.state is State.RESTARTING and time.monotonic() >= child.due):
            return
        if self._ports is not None:
            for name in child.service.port_names:
                self._ports.release(name)
        try:
            child.start()
        except StackError as error:
            if self.phase is Phase.STARTING:
                raise
            child.count_death(time.monotonic())
            self._retry_later(child, str(error))
            return
        self._tell(child)

    def _ask(self, child: Child) -> None:
        if child.state is not State.STARTING or child.service.one_shot or time.monotonic() < child.next_question:
            return
        try:
            ready = child.is_ready()
        except StackError as error:
            if self.phase is Phase.STARTING:
                raise
            ready, child.message = False, str(error)
        if ready:
            child.state = State.READY
            self._tell(child)
        elif time.monotonic() > child.due:
            late = f"{child.service.name} did not answer within {child.service.start_seconds:.0f} s{child.last_words()}"
            if self.phase is Phase.STARTING:
                raise StackError(late)
            child.kill()
        child.next_question = time.monotonic() + question_pause(child.age)

    def _reap(self) -> None:
        ended = [(child, code) for child in self.children.values() if (code := child.reap()) is not None]
        if ended:
            self._kill_orphans()
        for child, code in ended:
            if child.service.one_shot and code == 0:
                child.state = State.DONE
                self._tell(child)
            else:
                self._died(child, code)

    def _died(self, child: Child, code: int) -> None:
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        child.count_death(time.monotonic())
        if self.phase is Phase.STARTING and (child.service.one_shot or crash_loop(child.deaths, starting=True)):
            child.state = State.FAILED
            self._tell(child)
            raise StackError(f"{child.service.name} {how}{child.last_words()}")
        message = f"{child.service.name} {how}"
        if crash_loop(child.deaths, starting=False):
            message += f", {child.deaths} times in a row{child.last_words()}"
        self._retry_later(child, message)

    def _retry_later(self, child: Child, message: str) -> None:
        child.state = State.FAILED if crash_loop(child.deaths, starting=False) else State.RESTARTING
        self._tell(child, message)
        child.state = State.RESTARTING
        child.due = time.monotonic() + restart_delay(child.deaths)

    def _check_health(self) -> None:
        self._next_health = time.monotonic() + HEALTH_SECONDS
        self._kill_orphans()
        for child in self.children.values():
            rotate(child.log)
            if child.state not in {State.READY, State.UNHEALTHY}:
                continue
            try:
                healthy = child.is_ready()
            except StackError as error:
                healthy, child.message = False, str(error)
            child.unanswered = 0 if healthy else child.unanswered + 1
            state = State.UNHEALTHY if child.unanswered >= HEALTH_FAILURES else State.READY
            if state is not child.state:
                child.state = state
                self._tell(child, child.message)

    # -- the end

    def _stop_all(self) -> None:
        if self.phase is not Phase.FAILED:
            self._enter(Phase.STOPPING)
        while running := [child for child in self.children.values() if child.pid is not None]:
            needed = {name for child in running for name in self._needs(child.service)}
            for child in running:
                if child.service.name not in needed:
                    child.ask_to_stop()
            for child in running:
                if child.state is State.STOPPING and time.monotonic() > child.due:
                    child.kill()
                if child.reap() is not None:
                    child.state = State.STOPPED
                    self._tell(child)
                    self._kill_orphans()
            self._wait()

    def _needs(self, service: Service) -> set[str]:
        """What it depends on, and what that depends on: also through a one-shot that has long ended."""
        direct = set(service.depends_on)
        return direct.union(*(self._needs(self.children[name].service) for name in direct))

    def _kill_orphans(self) -> None:
        # Whatever a service started and left behind came to us, the subreaper, and belongs to nobody.
        kill_orphans({child.pid for child in self.children.values() if child.pid is not None})

    # -- waiting and telling

    def _listen(self) -> None:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._selector.register(reader, selectors.EVENT_READ, self._drain)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_stop_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if self._lifeline is not None:
            os.set_blocking(self._lifeline, False)
            self._selector.register(self._lifeline, selectors.EVENT_READ, self._hear_lifeline)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _on_stop_signal(self, *_: object) -> None:
        self._stop_wanted = True

    def _drain(self, descriptor: int) -> None:
        os.read(descriptor, 4096)

    def _hear_lifeline(self, descriptor: int) -> None:
        said = os.read(descriptor, 4096)
        if not said:
            self._stop_wanted = True
        if not said or b"detach" in said:
            self._selector.unregister(descriptor)
            os.close(descriptor)

    def _wait(self) -> None:
        """Until a signal, a word on the lifeline, or the next thing to do."""
        now = time.monotonic()
        due = [self._next_health] if self.phase is Phase.READY else []
        for child in self.children.values():
            if child.state is State.STOPPING:
                due.append(now + TICK_SECONDS)
            elif child.state is State.STARTING:
                due.append(child.due if child.service.one_shot else child.next_question)
            elif child.state is State.RESTARTING:
                due.append(child.due)
        timeout = max(0.0, min(due, default=now + TICK_SECONDS) - now)
        for key, _ in self._selector.select(timeout):
            key.data(key.fd)

    def _enter(self, phase: Phase, message: str = "") -> None:
        self.phase = phase
        self.message = message
        self._publish(self, StackEvent("", phase, message))

    def _tell(self, child: Child, message: str = "") -> None:
        child.message = message
        self._publish(self, StackEvent(child.service.name, child.state, message, child.pid))
