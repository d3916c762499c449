"""`zamc up`, `down`, `status` and `logs`: the embedded stack from a terminal. Mounted at the top level by cli/main.py."""

import json
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from cli.local.client import LocalStack, stop_running
from cli.local.errors import AlreadyRunning, NotRunning, StackError
from cli.local.follow import follow, last_lines
from cli.local.home import Home, default_root
from cli.local.services import Phase, StackEvent, State
from cli.local.welcome import welcome

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
    """Start the platform on this machine and wait until it is healthy.

    Example: zamc up
    """
    tell = _Tell()
    try:
        with (
            _stop_signals_as_ctrl_c(),
            LocalStack.start(services=services or (), on_event=tell, wait=False) as stack,
        ):
            with tell.progress:
                stack.wait_ready()
            if foreground:
                _show(stack.home, stack.state)
                _welcome()
                stack.wait_end()
            else:
                stack.detach()
    except AlreadyRunning as error:
        console.print(str(error))
    except KeyboardInterrupt:
        gone = not Home(default_root()).is_locked()
        console.print("stopped; no process is left" if gone else "the services go on stopping; `zamc status` shows them")
        raise typer.Exit(130) from None
    if not foreground:
        _welcome()
        status()


@app.command()
def down() -> None:
    """Stop the platform on this machine. Its data stays.

    Example: zamc down
    """
    try:
        stop_running()
    except NotRunning as error:
        console.print(str(error))
        return
    console.print("stopped; no process is left")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show each service: state, process, address and log file. Exit code 1 when the platform does not run or is not healthy.

    Example: zamc status --json
    """
    home = Home(default_root())
    state = {"phase": Phase.STOPPED, **(LocalStack.attach(home.root).state if home.is_locked() else {})}
    if as_json:
        print(json.dumps(state, indent=1))  # noqa: T201 - the command's output
    else:
        _show(home, state)
    states = {service["state"] for service in state.get("services", {}).values()}
    if state["phase"] != Phase.READY or not states <= {State.READY, State.DONE}:
        raise typer.Exit(1)


@app.command()
def env() -> None:
    """Print the variables that a program needs to use the running platform, as a shell reads them. They hold passwords.

    Example: eval "$(zamc env)"
    """
    for name, value in LocalStack.attach().environment.items():
        print(f"export {name}={shlex.quote(value)}")  # noqa: T201 - the command's output


@app.command()
def logs(
    service: Annotated[str | None, typer.Argument(help="One service; all when it is not named.")] = None,
    follow_on: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 20,
) -> None:
    """Print the last lines of the services' log files.

    Example: zamc logs relay --follow
    """
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


def _welcome() -> None:
    """Only where the API runs: a part of the stack has nobody to welcome."""
    stack = LocalStack.attach()
    if stack.state["services"].get("api", {}).get("state") == State.READY:
        for line in welcome(stack.environment):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _show(home: Home, state: dict[str, Any]) -> None:
    console.print(f"{home.root}: {state['phase']}" + (f", supervisor {state['pid']}" if "pid" in state else ""))
    table = Table("service", "state", "pid", Column("address", no_wrap=True), Column("log file", no_wrap=True))
    for name, service in state.get("services", {}).items():
        style = _STYLES.get(State(service["state"]), "default")
        restarts = f" ({service['restarts']} restarts)" if service["restarts"] else ""
        address = service["url"] or (f"127.0.0.1:{service['port']}" if service["port"] else "")
        table.add_row(name, f"[{style}]{service['state']}[/]{restarts}", str(service["pid"] or ""), address, f"logs/{name}.log")
    if table.row_count:
        console.print(table)


def _print_lines(file: Path, lines: list[str], *, prefix: bool) -> None:
    for line in lines:
        console.print(f"{file.stem:>15} | {line}" if prefix else line, markup=False, highlight=False, soft_wrap=True)


class _Tell:
    """Turns events into a bar over the services that are up, with what is being waited for. Called on the stack's own thread."""

    def __init__(self) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.progress = Progress(*columns, console=console, transient=True)
        self._task = self.progress.add_task("starting", total=None)
        self._states: dict[str, str] = {}

    def __call__(self, event: StackEvent) -> None:
        if event.service:
            self._states[event.service] = event.state
        elif event.state == Phase.STOPPING:
            self.progress.update(self._task, description="stopping")
        done = sum(state in {State.READY, State.DONE} for state in self._states.values())
        waiting = [name for name, state in self._states.items() if state not in {State.READY, State.DONE}]
        self.progress.update(self._task, description=", ".join(waiting[:4]) or "starting", completed=done, total=len(self._states))


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
