"""The embedded stack as a Python object: start it, use it, stop it. The supervisor itself is always a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.local.environment import stack_environment, supervisor_environment
from cli.local.errors import AlreadyRunning, NotRunning, StackError
from cli.local.home import Home, default_root, read_json
from cli.local.processes import tail
from cli.local.request import Request
from cli.local.secrets import Secrets
from cli.local.services import Phase, StackEvent

STOP_SECONDS = 60.0


class LocalStack:
    """A running stack. Leave the `with` block, call stop(), or die in whatever way: the stack ends with you, unless you detach()."""

    def __init__(self, home: Home, process: "subprocess.Popen[bytes] | None", on_event: Callable[[StackEvent], None] | None) -> None:
        """Use start() or attach()."""
        self.home = home
        self._process = process
        self._on_event = on_event
        self._phase = Phase.STARTING if process else Phase.READY
        self._message = ""
        self._changed = threading.Condition()
        if process:
            threading.Thread(target=self._listen, name="stack-events", daemon=True).start()

    @classmethod
    def start(
        cls,
        *,
        home: Path | None = None,
        services: Collection[str] = (),
        on_event: Callable[[StackEvent], None] | None = None,
        commands: Mapping[str, Sequence[str]] | None = None,
        environment: Mapping[str, str] | None = None,
        durable: bool = True,
        builder: str = "cli.local.stack:embedded_services",
        wait: bool = True,
    ) -> Self:
        """Starts a supervisor and, unless wait=False, waits until every service is ready.

        home: the data folder, ZAMC_HOME or ~/.local/share/zamc by default. services: names from cli/local/stack.py, empty for all.
        on_event: called on a thread of its own with every change. commands: argument vectors that replace those of the list, by service.
        environment: more variables for our own programs. durable=False: faster and not safe against a power cut; for tests.
        Raises StackError, and AlreadyRunning when the folder has a supervisor: attach() then.
        """
        folder = Home((home or default_root()).expanduser().absolute())
        request = Request(
            root=str(folder.root),
            services=sorted(services),
            commands={name: list(argv) for name, argv in (commands or {}).items()},
            environment=dict(environment or {}),
            durable=durable,
            builder=builder,
        )
        process = subprocess.Popen(
            # -P: what lies in our current folder must not stand in for a module.
            (sys.executable, "-P", "-m", "cli.local"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=supervisor_environment(),
            # Not our terminal's Ctrl-C: it stops when we tell it, or when we are gone.
            start_new_session=True,
        )
        stack = cls(folder, process, on_event)
        try:
            stack._say(request.to_line())
            if wait:
                stack.wait_ready()
        except BaseException:
            stack.stop()
            raise
        return stack

    @classmethod
    def attach(cls, home: Path | None = None) -> Self:
        """The stack that already runs on the folder. Leaving the `with` block lets it run on. Raises NotRunning."""
        folder = Home((home or default_root()).expanduser().absolute())
        if not folder.is_locked():
            raise NotRunning(f"no stack runs on {folder.root}: `zamc up` starts one")
        return cls(folder, None, None)

    # -- what it offers

    @property
    def ports(self) -> dict[str, int]:
        """Every port by name (PORT_NAMES of cli/local/environment.py)."""
        return read_json(self.home.ports_file)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a program needs to use the stack. They hold passwords."""
        return stack_environment(self.home, self.ports, Secrets(self.home.folder("secrets")))

    @property
    def state(self) -> dict[str, Any]:
        """What the supervisor last wrote down: phase, message, pid, guard_pid, started_at and services by name."""
        return read_json(self.home.state_file)

    def url(self, service: str) -> str:
        """The address of a service, for people: without a password."""
        return str(self.state["services"][service]["url"])

    def pid(self, service: str) -> int | None:
        """The process number of a service, None when it does not run."""
        pid = self.state["services"][service]["pid"]
        return None if pid is None else int(pid)

    # -- its life

    def wait_ready(self, timeout: float | None = None) -> None:
        """Until every service is ready. Raises StackError with the reason when the start fails, or after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._phase is not Phase.STARTING, timeout):
                raise StackError(f"the stack on {self.home.root} is not ready after {timeout:.0f} s: `zamc status` shows what it waits for")
            if self._phase is Phase.REFUSED:
                raise AlreadyRunning(self._message)
            if self._phase is not Phase.READY:
                raise StackError(self._message or f"the stack on {self.home.root} has been stopped")

    def wait_end(self) -> None:
        """Until the stack has ended by itself or was stopped by somebody else."""
        if self._process:
            self._process.wait()

    def detach(self) -> None:
        """Lets the stack run on when this process ends."""
        self._say(b"detach\n")
        self._process = None

    def stop(self) -> None:
        """Stops it in order and returns when its last process has ended; does nothing for a stack that was attached to."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        if process.stdin:
            with suppress(BrokenPipeError):
                process.stdin.close()
        process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    # -- the pipes

    def _say(self, line: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            raise NotRunning("this stack was not started here")
        with suppress(BrokenPipeError):
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _listen(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        process = self._process
        with self._process.stdout as events:
            for line in events:
                self._hear(StackEvent(**json.loads(line)))
        code = process.wait()
        self._end(code)

    def _hear(self, event: StackEvent) -> None:
        try:
            if self._on_event:
                self._on_event(event)
        finally:
            if not event.service:
                with self._changed:
                    self._phase, self._message = Phase(event.state), event.message
                    self._changed.notify_all()

    def _end(self, code: int) -> None:
        with self._changed:
            if self._phase in {Phase.STARTING, Phase.READY}:
                log = self.home.log("supervisor")
                self._phase = Phase.FAILED
                self._message = f"the supervisor has ended with code {code}; the last lines of {log}:\n{tail(log)}"
            self._changed.notify_all()


def stop_running(home: Path | None = None, *, seconds: float = STOP_SECONDS) -> None:
    """Stops the stack on the folder, whoever started it, and returns when its last process has ended.

    Raises NotRunning, and StackError when it does not end in time.
    """
    folder = Home((home or default_root()).expanduser().absolute())
    if not folder.is_locked():
        raise NotRunning(f"no stack runs on {folder.root}")
    guard = read_json(folder.state_file).get("guard_pid")
    deadline = time.monotonic() + seconds
    if isinstance(guard, int):
        with suppress(ProcessLookupError):
            os.kill(guard, signal.SIGTERM)
    while folder.is_locked():
        if time.monotonic() > deadline:
            raise StackError(f"the stack on {folder.root} does not end within {seconds:.0f} s: see {folder.log('supervisor')}")
        time.sleep(0.02)
