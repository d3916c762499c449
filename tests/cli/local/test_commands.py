"""`zamc up`, `down`, `status`, `logs`, as typed in a terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local.client import LocalStack, stop_running
from cli.local.environment import supervisor_environment
from cli.local.errors import NotRunning
from cli.local.follow import follow, last_lines
from tests.cli.local.processes import alive, all_end, below, eventually

APP = """
import sys
from cli.local.commands import app
from cli.local.errors import StackError
try:
    app()
except StackError as error:
    print(f"zamc: {error}", file=sys.stderr)
    raise SystemExit(1)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    try:
        stop_running(tmp_path)
    except NotRunning:
        return


def environment(home: Path) -> dict[str, str]:
    return {**supervisor_environment(), "ZAMC_HOME": str(home), "COLUMNS": "400"}


def zamc(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, "-c", APP, *arguments), env=environment(home), capture_output=True, text=True, check=False, timeout=120
    )


def test_up_status_logs_down(home: Path) -> None:
    up = zamc(home, "up", "valkey", "nats")
    assert up.returncode == 0, up.stderr
    status = zamc(home, "status", "--json")
    assert status.returncode == 0
    services = json.loads(status.stdout)["services"]
    assert {name: service["state"] for name, service in services.items()} == {"valkey": "ready", "nats": "ready"}
    assert f"redis://127.0.0.1:{services['valkey']['port']}" in up.stdout
    assert str(services["nats"]["pid"]) in zamc(home, "status").stdout

    exported = zamc(home, "env").stdout
    assert f"export ZAMC_HOME={home}\n" in exported
    assert f"@127.0.0.1:{services['nats']['port']}" in exported

    again = zamc(home, "up")
    assert again.returncode == 0
    assert "already running" in again.stdout

    assert "Ready to accept connections" in zamc(home, "logs", "valkey").stdout
    assert "valkey |" in zamc(home, "logs").stdout
    unknown = zamc(home, "logs", "mongodb")
    assert unknown.returncode == 1
    assert "there are: nats, supervisor, valkey" in unknown.stderr

    processes = below(json.loads(status.stdout)["guard_pid"])
    down = zamc(home, "down")
    assert down.returncode == 0
    all_end(processes)
    assert "no stack runs" in zamc(home, "down").stdout
    assert zamc(home, "status").returncode == 1
    assert zamc(home, "env").returncode == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_up_in_the_foreground_ends_with_its_services(home: Path, how: signal.Signals) -> None:
    process = subprocess.Popen(
        (sys.executable, "-c", APP, "up", "valkey", "--foreground"), env=environment(home), stdout=subprocess.DEVNULL
    )
    eventually(lambda: LocalStack.attach(home).state.get("phase") == "ready" if (home / "run" / "state.json").exists() else False, "ready")
    processes = below(LocalStack.attach(home).state["guard_pid"])
    process.send_signal(how)
    process.wait()
    all_end(processes)


@pytest.mark.parametrize("when", ["starting", "ready"])
def test_ctrl_c_in_a_terminal_leaves_no_process(home: Path, when: str) -> None:
    """Through a real terminal, which sends the signal to everything that runs in it."""
    pid, terminal = pty.fork()
    if pid == 0:
        command = [sys.executable, "-c", APP, "up", "postgres", "valkey", "--foreground"]
        os.execve(sys.executable, command, environment(home))  # noqa: S606 - as a shell does it
    said = bytearray()
    # A terminal that nobody reads from would hold the program up.
    reader = threading.Thread(target=_read_all, args=(terminal, said))
    reader.start()
    state = home / "run" / "state.json"

    def there() -> bool:
        seen = json.loads(state.read_text()) if state.exists() else {"phase": "", "services": {}}
        return seen["phase"] == when and any(service["pid"] for service in seen["services"].values())

    eventually(there, when)
    processes = below(json.loads(state.read_text())["guard_pid"])
    assert len(processes) >= 3
    os.write(terminal, b"\x03")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    assert not alive(processes)
    reader.join()
    assert b"no process is left" in said
    os.close(terminal)


def _read_all(terminal: int, said: bytearray) -> None:
    try:
        while chunk := os.read(terminal, 4096):
            said += chunk
    except OSError:  # how Linux tells that the last program in the terminal has ended
        return


def test_the_last_lines_and_what_follows(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    log.write_text("a\nb\nc\n")
    assert last_lines(log, 2) == (["b", "c"], 6)
    assert last_lines(log, 0) == ([], 6)
    following = follow({log: 6})
    with log.open("a") as file:
        file.write("d\nhalf")
    assert next(following) == (log, "d")
    with log.open("a") as file:
        file.write(" a line\n")
    assert next(following) == (log, "half a line")
    log.write_text("x\n")  # emptied, as when it had grown too long
    assert next(following) == (log, "x")
