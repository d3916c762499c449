"""What run monitoring is told about a run's process, and what it makes of it."""

import json
import logging
import os
import signal
from pathlib import Path

import pytest
from dagster import DagsterEventType, DagsterRunStatus
from dagster._core.launcher import WorkerStatus
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration

from tests.zamc_pipelines.launcher import location
from tests.zamc_pipelines.launcher.conftest import Stand, alive, until
from zamc_pipelines.launcher.client import ServerSilent
from zamc_pipelines.launcher.protocol import RunState, Verb


def monitor(stand: Stand) -> None:
    """One iteration of the daemon's run monitoring."""
    with WorkspaceProcessContext(stand.instance, EmptyWorkspaceTarget()) as context:
        errors = [error for error in execute_run_monitoring_iteration(context, logging.getLogger("monitor")) if error]
    assert errors == []


def test_a_run_at_work_is_healthy_and_left_alone(stand: Stand) -> None:
    stand.start()
    run_id = stand.launch(location.waiting)
    pid = stand.mark("start")["pid"]
    health = stand.instance.run_launcher.check_run_worker_health(stand.run(run_id))
    assert (health.status, health.run_worker_id) == (WorkerStatus.RUNNING, str(pid))
    monitor(stand)
    assert stand.status(run_id) is DagsterRunStatus.STARTED
    stand.release()
    assert stand.end(run_id) is DagsterRunStatus.SUCCESS
    until(lambda: stand.ask(Verb.HEALTH, run_id).state is RunState.EXITED, "the end of the process")
    assert stand.instance.run_launcher.check_run_worker_health(stand.run(run_id)).status is WorkerStatus.SUCCESS


def test_run_monitoring_fails_a_run_whose_process_was_killed(stand: Stand) -> None:
    stand.start()
    run_id = stand.launch(location.waiting)
    pid = stand.mark("start")["pid"]
    settings = stand.home / "dagster.yaml"
    working_settings = settings.read_text()
    settings.write_text("no: instance: can be opened")  # so that the server itself cannot record the death
    os.kill(pid, signal.SIGKILL)
    until(lambda: stand.ask(Verb.HEALTH, run_id).state is RunState.DIED, "the server to notice")
    health = stand.instance.run_launcher.check_run_worker_health(stand.run(run_id))
    assert health.status is WorkerStatus.FAILED
    assert "SIGKILL" in (health.msg or "")
    monitor(stand)
    assert stand.status(run_id) is DagsterRunStatus.FAILURE
    settings.write_text(working_settings)
    until(lambda: json.loads(Path(f"{stand.socket}.journal").read_text())["roster"]["losses"] == [], "the settlement")
    assert len(stand.instance.all_logs(run_id, of_type=DagsterEventType.RUN_FAILURE)) == 1


def test_run_monitoring_fails_the_runs_of_a_dead_server(stand: Stand) -> None:
    server = stand.start()
    run_id = stand.launch(location.waiting)
    pid = stand.mark("start")["pid"]
    server.kill()
    server.wait()
    until(lambda: not alive(pid), "the end of the run's process")
    assert stand.instance.run_launcher.check_run_worker_health(stand.run(run_id)).status is WorkerStatus.FAILED
    monitor(stand)
    assert stand.status(run_id) is DagsterRunStatus.FAILURE
    assert len(stand.instance.all_logs(run_id, of_type=DagsterEventType.RUN_FAILURE)) == 1
    assert "the run's process ended with its server" in stand.messages(run_id)


def test_a_server_that_does_not_answer_is_no_proof_of_death(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUNCHER_ANSWER_SECONDS", "1")
    server = stand.start()
    run_id = stand.launch(location.waiting)
    stand.mark("start")
    server.send_signal(signal.SIGSTOP)
    with pytest.raises(ServerSilent, match="took the connection and gave no answer within 1 s"):
        stand.instance.run_launcher.check_run_worker_health(stand.run(run_id))
    server.send_signal(signal.SIGCONT)
    stand.release()
    assert stand.end(run_id) is DagsterRunStatus.SUCCESS


def test_a_run_that_the_server_never_saw_is_not_found(stand: Stand) -> None:
    stand.start()
    run = stand.create(location.waiting)
    assert stand.instance.run_launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND
    assert "knows nothing of it" in (stand.instance.run_launcher.get_run_worker_debug_info(run) or "")
