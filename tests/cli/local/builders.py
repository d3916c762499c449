"""Services that stand in for real ones where only their lives matter. Same signature as cli.local.stack.embedded_services."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli.local.environment import base_environment
from cli.local.home import Home
from cli.local.services import Service

# Starts a grandchild in a session of its own, which starts another one; both ignore SIGTERM. Says who they are in a file.
FAMILY = """
import os, pathlib, signal, sys, time
def settle(name):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (pathlib.Path("family") / name).write_text(str(os.getpid()))
pathlib.Path("family").mkdir(exist_ok=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        settle("grandgrandchild")
        time.sleep(600)
    settle("grandchild")
    time.sleep(600)
(pathlib.Path("family") / "child").write_text(str(os.getpid()))
{child}
time.sleep(600)
"""

# Notes its start and its end in a file that all share. Its end takes a while, so that an end out of order shows.
NOTING = """
import os, signal, sys, time
def note(what):
    with open("notes", "a") as notes:
        notes.write(f"{what} {sys.argv[1]}\\n")
def end(*_):
    time.sleep(0.3)
    note("end")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("start")
open(f"up-{sys.argv[1]}", "w").close()
time.sleep(600)
"""


def _written(file: Path) -> bool:
    """A file that was made may still be empty."""
    return file.exists() and file.read_text() != ""


def settled(folder: Path) -> bool:
    """All three have said who they are; in which order they do is for the kernel to say. folder: in which the family runs."""
    return all(_written(folder / "family" / member) for member in ("child", "grandchild", "grandgrandchild"))


def family(home: Home, **_: Any) -> list[Service]:
    """One service with a child, a grandchild and a grandgrandchild, each in its own session."""
    folder = home.folder("run")
    return [
        Service(
            name="family",
            argv=(sys.executable, "-c", FAMILY.format(child="")),
            environment=base_environment(home),
            folder=folder,
            ready=lambda: settled(folder),
        )
    ]


def stubborn_family(home: Home, **_: Any) -> list[Service]:
    """As above, and the child does not hear SIGTERM either."""
    (service,) = family(home)
    argv = (sys.executable, "-c", FAMILY.format(child="signal.signal(signal.SIGTERM, signal.SIG_IGN)"))
    return [replace(service, argv=argv, stop_seconds=0.3)]


def chain(home: Home, **_: Any) -> list[Service]:
    """first <- second <- third, where second is reached through a one-shot."""

    def link(name: str, *after: str) -> Service:
        return Service(
            name=name,
            argv=(sys.executable, "-c", NOTING, name),
            environment=base_environment(home),
            folder=home.folder("run"),
            depends_on=after,
            ready=(home.folder("run") / f"up-{name}").exists,
        )

    done = replace(_python(home, "done", ""), one_shot=True, depends_on=("second",))
    return [link("third", "done"), link("first"), done, link("second", "first")]


def crashing(home: Home, **_: Any) -> list[Service]:
    """A healthy service, and one that complains and ends each time."""
    broken = "import os; print('attempt of', os.getpid()); raise SystemExit('the flux is not in the capacitor')"
    return [*family(home), _python(home, "broken", broken)]


def failing_once_for_all(home: Home, **_: Any) -> list[Service]:
    """A one-shot that fails."""
    return [replace(_python(home, "migrate", "raise SystemExit('no such column')"), one_shot=True)]


def never_ready(home: Home, **_: Any) -> list[Service]:
    return [replace(family(home)[0], name="mute", ready=lambda: False, start_seconds=0.5)]


def slow(home: Home, **_: Any) -> list[Service]:
    """Two that are up at once, one of them with a family, and one that never gets ready: the stack keeps on starting."""
    return [*family(home), replace(_python(home, "slow", "import time; time.sleep(600)"), ready=lambda: False, start_seconds=600)]


def missing_program(home: Home, **_: Any) -> list[Service]:
    return [Service("ghost", ("/nonexistent/program",), base_environment(home), home.root)]


def _python(home: Home, name: str, code: str, **environment: str) -> Service:
    inherited: Mapping[str, str] = {**base_environment(home), **environment}
    return Service(name=name, argv=(sys.executable, "-c", code), environment=inherited, folder=home.folder("run"))
