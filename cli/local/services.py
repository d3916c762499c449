"""What the supervisor knows of a service, and what it tells about one."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from cli.local.privileges import Identity

# An interpreter that fails to import or to configure itself has ended by then.
SETTLED_SECONDS = 1.5

Probe = Callable[[], bool]


class State(StrEnum):
    """A service's state, as `zamc status` shows it."""

    WAITING = "waiting"  # for what it depends on
    STARTING = "starting"
    READY = "ready"
    UNHEALTHY = "unhealthy"  # runs, but does not answer
    RESTARTING = "restarting"  # died; waits for its next attempt
    DONE = "done"  # a one-shot that ended well
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Phase(StrEnum):
    """The state of the whole stack."""

    STARTING = "starting"
    READY = "ready"
    REFUSED = "refused"  # another supervisor has the folder
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Service:
    """A child of the supervisor, described by the same command that a container would run.

    argv[0] is an absolute path. `environment` is the whole environment of the child. `ready` is asked again and again and must
    answer within a second or two; it may raise StackError when waiting longer is useless. A child that nobody can ask is taken for
    ready when it has lived for SETTLED_SECONDS. `prepare` runs just before each start.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    ready: Probe | None = None
    depends_on: tuple[str, ...] = ()
    prepare: Callable[[], None] | None = None
    one_shot: bool = False
    run_as: Identity | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 5.0
    start_seconds: float = 60.0
    port: int | None = None
    port_names: tuple[str, ...] = ()  # reserved ports that are freed for it when it starts
    url: str = ""  # for people: without a password


@dataclass(frozen=True)
class StackEvent:
    """Something that happened. `service` is empty when it is about the whole stack, whose state is then a Phase."""

    service: str
    state: str
    message: str = ""
    pid: int | None = None
