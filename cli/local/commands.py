"""`zamc up`, `down`, `status` and `logs`: the embedded stack from a terminal. Mounted at the top level by cli/main.py."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.local.client import LocalStack, stop_running
from cli.local.errors import AlreadyRunning, NotRunning, StackError
from cli.local.follow import follow, last_lines
from cli.local.home import Home, default_root
from cli.local.services import Phase, StackEvent, State

app = typer.Typer()
console = Console()

_STYLES = {
    State.READY: "green",
    State.DONE: "green",
    State.UNHEALTHY: "yellow",
    State.RESTARTING: "yellow",
    State.FAILED: "red",
}


@app.command()
def up(
    services: Annotated[list[str] | None, typer.Argument(help="Services to start; all when none is named.")] = None,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay, and stop everything on Ctrl-C.")] = False,
) -> None:
    """Start the platform on this machine and wait until it is healthy."""
    with _stop_signals_as_ctrl_c():
        try:
            with _progress() as tell:
                stack = LocalStack.start(services=services or (), on_event=tell)
        except AlreadyRunning as error:
            console.print(str(error))
            status()
            return
        except KeyboardInterrupt:
            console.print("stopped; no process is left")
            raise typer.Exit(130) from None
        if not foreground:
            stack.detach()
            status()
            return
        status()
        try:
            with stack:
                stack.wait_end()
        except KeyboardInterrupt:
            console.print("stopped; no process is left")


@app.command()
def down() -> None:
    """Stop the platform on this machine. Its data stays."""
    try:
        stop_running()
    except NotRunning as error:
        console.print(str(error))
        return
    console.print("stopped; no process is left")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show each service: state, process, address and log file. Exit code 1 when the platform does not run or is not healthy."""
    home = Home(default_root())
    running = home.is_locked()
    state = LocalStack.attach(home.root).state if running else {}
    phase = state.get("phase", Phase.STARTING) if running else Phase.STOPPED
    if as_json:
        print(json.dumps({"phase": phase, **state}, indent=1))  # noqa: T201 - the command's output
    else:
        console.print(f"{home.root}: {phase}" + (f", supervisor {state.get('pid')}" if running else ""))
    services = state.get("services", {})
    if not as_json and services:
        table = Table("service", "state", "pid", "address", "log file")
        for name, service in services.items():
            style = _STYLES.get(State(service["state"]), "")
            restarts = f" ({service['restarts']} restarts)" if service["restarts"] else ""
            address = service["url"] or (f"127.0.0.1:{service['port']}" if service["port"] else "")
            table.add_row(
                name,
                f"[{style}]{service['state']}[/]{restarts}" if style else service["state"] + restarts,
                str(service["pid"] or ""),
                address,
                service["log"],
            )
        console.print(table)
    if phase != Phase.READY or any(service["state"] not in {State.READY, State.DONE} for service in services.values()):
        raise typer.Exit(1)


@app.command()
def logs(
    service: Annotated[str | None, typer.Argument(help="One service; all when it is not named.")] = None,
    follow_on: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 20,
) -> None:
    """Print the last lines of the services' log files."""
    folder = Home(default_root()).folder("logs")
    files = sorted(folder.glob("*.log"))
    if service is not None:
        files = [file for file in files if file.stem == service]
        if not files:
            known = ", ".join(sorted(file.stem for file in folder.glob("*.log"))) or "none yet"
            raise StackError(f"no log of {service} in {folder}; there are: {known}")
    prefix = len(files) > 1
    positions: dict[Path, int] = {}
    for file in files:
        text, positions[file] = last_lines(file, lines)
        _print_lines(file, text, prefix=prefix)
    if not follow_on:
        return
    try:
        for file, line in follow(positions):
            _print_lines(file, [line], prefix=prefix)
    except KeyboardInterrupt:
        return


def _print_lines(file: Path, lines: list[str], *, prefix: bool) -> None:
    for line in lines:
        console.print(f"{file.stem:>15} | {line}" if prefix else line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _progress() -> "Iterator[_Tell]":
    """A bar over the services that are up, with what is being waited for."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Tell(progress)


class _Tell:
    """Turns events into the bar. Called on the stack's own thread."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)
        self._states: dict[str, str] = {}

    def __call__(self, event: StackEvent) -> None:
        if event.service:
            self._states[event.service] = event.state
        elif event.state == Phase.STOPPING:
            self._progress.update(self._task, description="stopping")
        done = sum(state in {State.READY, State.DONE} for state in self._states.values())
        waiting = [name for name, state in self._states.items() if state not in {State.READY, State.DONE}]
        self._progress.update(self._task, description=", ".join(waiting[:4]) or "starting", completed=done, total=len(self._states))


@contextmanager
def _stop_signals_as_ctrl_c() -> Iterator[None]:
    """SIGTERM and SIGHUP end `zamc up` the way Ctrl-C does: in order, and without leaving a process."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
