"""A Dagster instance of its own, a code location of its own and a server of its own for each test."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, JobDefinition
from dagster._core.definitions.reconstruct import ReconstructableRepository

from tests.zamc_pipelines.launcher import location
from zamc_pipelines.launcher.client import Client
from zamc_pipelines.launcher.protocol import Answer, Request, Verb

MODULE = "launcher_location"
REPOSITORY = Path(__file__).parents[3]
PATIENCE_SECONDS = 60.0

Seen = TypeVar("Seen")


def until(look: Callable[[], Seen], what: str) -> Seen:
    """What `look` sees as soon as it is true; fails when it never is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {PATIENCE_SECONDS:g} s in vain for {what}")
        time.sleep(0.05)
    return seen


def alive(pid: int) -> bool:
    """A zombie is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Stand:
    """The instance, the folder of marks and the server under test."""

    home: Path
    instance: DagsterInstance
    socket: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def code(self) -> Path:
        return self.home / f"{MODULE}.py"

    @property
    def log(self) -> str:
        return (self.home / "server.log").read_text()

    def start(self, *arguments: str, max_runs: int = 4, ready: bool = True) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "zamc_pipelines.launcher.server", "--socket", self.socket]
        command += ["--preload", MODULE, "--max-runs", str(max_runs), *arguments]
        environment = {**os.environ, "DAGSTER_HOME": str(self.home), "PYTHONPATH": f"{self.home}:{REPOSITORY}"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with (self.home / "server.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self.home, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        if ready:
            assert self.ask(Verb.PING).ok
        return process

    def ask(self, verb: Verb, run_id: str = "") -> Answer:
        return Client(self.socket, wait_seconds=PATIENCE_SECONDS).ask(Request(verb=verb, run_id=run_id))

    def create(self, job: JobDefinition, name: str = "it") -> DagsterRun:
        op = job.nodes[0].name
        pointer = ReconstructableRepository.for_module(MODULE, "definitions", str(self.home))
        return self.instance.create_run_for_job(
            job,
            run_config={"ops": {op: {"config": {"folder": str(self.home), "name": name}}}},
            job_code_origin=pointer.get_reconstructable_job(job.name).get_python_origin(),
            tags={"name": name},
        )

    def launch(self, job: JobDefinition, name: str = "it") -> str:
        run = self.create(job, name)
        self.instance.launch_run(run.run_id, workspace=None)  # type: ignore[arg-type]
        return run.run_id

    def status(self, run_id: str) -> DagsterRunStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status

    def run(self, run_id: str) -> DagsterRun:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run

    def end(self, run_id: str) -> DagsterRunStatus:
        """The status with which the run ended, once it has."""
        until(lambda: self.run(run_id).is_finished, f"the end of run {run_id}; the server's log:\n{self.log}")
        return self.status(run_id)

    def messages(self, run_id: str) -> str:
        return "\n".join(entry.message or entry.user_message for entry in self.instance.all_logs(run_id))

    def mark(self, kind: str, name: str = "it") -> dict[str, Any]:
        path = self.home / f"{kind}-{name}"
        until(path.exists, f"the mark {path.name}; the server's log:\n{self.log}")
        return dict(json.loads(path.read_text()))

    def marks(self, kind: str) -> list[str]:
        """Names of the marks of a kind, oldest first."""
        found = {path.name.partition("-")[2]: json.loads(path.read_text())["at"] for path in self.home.glob(f"{kind}-*")}
        return sorted(found, key=found.__getitem__)

    def release(self, name: str = "all") -> None:
        (self.home / f"release-{name}").touch()


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    launcher = {"module": "zamc_pipelines.launcher", "class": "ForkingRunLauncher"}
    config = {
        "run_launcher": {
            **launcher,
            "config": {
                "socket": {"env": "ZAMC_LAUNCHER_SOCKET"},
                "wait_seconds": {"env": "LAUNCHER_WAIT_SECONDS"},
                "answer_seconds": {"env": "LAUNCHER_ANSWER_SECONDS"},
            },
        },
        "run_monitoring": {"enabled": True, "start_timeout_seconds": 1800, "max_resume_run_attempts": 0},
        "telemetry": {"enabled": False},
    }
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / f"{MODULE}.py").write_text(Path(location.__file__).read_text())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("LAUNCHER_WAIT_SECONDS", "2")
    monkeypatch.setenv("LAUNCHER_ANSWER_SECONDS", "60")
    monkeypatch.setenv("ZAMC_LAUNCHER_SOCKET", str(tmp_path / "s"))
    with DagsterInstance.get() as instance:
        stand = Stand(home=tmp_path, instance=instance, socket=str(tmp_path / "s"))
        yield stand
        stand.release()
        for process in stand.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
