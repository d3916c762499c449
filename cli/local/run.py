"""The inner half of the supervisor's process: builds the services, runs them, and writes down what happens."""

import importlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime

from cli.local.environment import PORT_NAMES, base_environment, stack_environment
from cli.local.errors import StackError
from cli.local.home import Home, write_json
from cli.local.leftovers import clear_leftovers
from cli.local.ports import Reservation
from cli.local.request import Request
from cli.local.secrets import Secrets
from cli.local.services import Phase, StackEvent
from cli.local.supervisor import Supervisor


class EventPipe:
    """Events for whoever started us, a line of JSON each. The reader may be slow or gone: state.json is the record, this is the bell."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = os.dup(descriptor)
        os.set_blocking(self._descriptor, False)

    def tell(self, event: StackEvent) -> None:
        # A pipe takes up to PIPE_BUF = 4096 bytes as a whole or not at all.
        line = json.dumps(asdict(replace(event, message=event.message[-2000:]))).encode() + b"\n"
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._descriptor, line)


class Record:
    """state.json and the supervisor's log."""

    def __init__(self, home: Home, events: EventPipe) -> None:
        self._home = home
        self._events = events
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")

    def __call__(self, supervisor: Supervisor, event: StackEvent) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        print(json.dumps({"at": at, **asdict(event)}), file=sys.stderr, flush=True)  # noqa: T201 - standard error is our log file
        # A full disk must not stop servers that still run.
        with suppress(OSError):
            write_json(self._home.state_file, self._state(supervisor), durable=False)
        self._events.tell(event)

    def _state(self, supervisor: Supervisor) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "guard_pid": os.getppid(),
            "phase": supervisor.phase,
            "message": supervisor.message,
            "started_at": self._started_at,
            "services": {
                name: {
                    "state": child.state,
                    "pid": child.pid,
                    "port": child.service.port,
                    "url": child.service.url,
                    "log": str(child.log),
                    "restarts": child.restarts,
                    "message": child.message,
                }
                for name, child in supervisor.children.items()
            },
        }


def run_stack(request: Request, home: Home, events: EventPipe) -> int:
    """Until told to stop. Returns the exit code."""
    lifeline = os.dup(0)
    with open(os.devnull, "r+b", buffering=0) as null:  # noqa: PTH123 - a descriptor is wanted, not a path
        os.dup2(null.fileno(), 0)
        os.dup2(null.fileno(), 1)
    os.chdir(home.root)
    try:
        clear_leftovers(home)
        secrets = Secrets(home.folder("secrets"))
        wanted = set(request.services)
        ports = Reservation(home.ports_file, PORT_NAMES)
        environment = {
            **base_environment(home),
            **stack_environment(home, ports.ports, secrets),
            **request.environment,
        }
        module, _, function = request.builder.partition(":")
        services = getattr(importlib.import_module(module), function)(
            home,
            ports=ports.ports,
            secrets=secrets,
            environment=environment,
            wanted=wanted,
            commands=request.commands,
            durable=request.durable,
        )
        ports.keep({name for service in services for name in service.port_names})
    except StackError as error:
        events.tell(StackEvent("", Phase.FAILED, str(error)))
        return 1
    except OSError as error:
        events.tell(StackEvent("", Phase.FAILED, f"{error.filename or home.root} cannot be used: {error.strerror}"))
        return 1
    return Supervisor(services, home=home, publish=Record(home, events), ports=ports, lifeline=lifeline).run()
