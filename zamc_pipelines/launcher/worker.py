"""What a forked process does: execute one run as `dagster api execute_run` does, or record the end of lost runs."""

import contextlib
import importlib
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from zamc_pipelines.launcher.roster import Errand, Loss, Task

if TYPE_CHECKING:
    from dagster import DagsterInstance

EXIT_SUCCESS = 0
EXIT_RECORDED = 1
"""The run failed or was cancelled, and Dagster's record says so."""
EXIT_UNRECORDED = os.EX_SOFTWARE

_CONNECTION_SECONDS = 5

RUN_VARIABLE = "ZAMC_LAUNCHED_RUN"
"""In the environment of whatever a run starts: SOCKET#RUN_ID. A new server finds by it what a dead one's runs left."""

KEPT_LOGS = 500
"""Output of the latest runs; Dagster's compute logs, which the UI shows, are kept apart from it."""

_LOG = logging.getLogger("zamc.launcher")


def work(task: Task, *, socket_path: str, log_directory: Path | None) -> int:
    """Do the task; the exit code says whether Dagster's record has the end of the run (or of the losses)."""
    try:
        if task.errand is Errand.SETTLE:
            return _settle(task.losses)
        os.environ[RUN_VARIABLE] = run_mark(socket_path, task.run_id)
        if log_directory is not None:
            _redirect_output(log_path(log_directory, task.run_id))
        return _traced(task.run_id)
    except BaseException:  # noqa: BLE001 - the exit code has to tell the server, whatever happened
        _LOG.exception("worker_failed errand=%s run_id=%s", task.errand, task.run_id)
        return EXIT_UNRECORDED


def run_mark(socket_path: str, run_id: str) -> str:
    return f"{socket_path}#{run_id}"


def log_path(directory: Path, run_id: str) -> Path:
    return directory / f"{run_id}.log"


def _redirect_output(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, sys.stdout.fileno())
    os.dup2(descriptor, sys.stderr.fileno())
    os.close(descriptor)
    with contextlib.suppress(FileNotFoundError):  # another run's process may be tidying up too
        logs = sorted(path.parent.glob("*.log"), key=lambda log: log.stat().st_mtime, reverse=True)
        for log in logs[KEPT_LOGS:]:
            log.unlink()


def _traced(run_id: str) -> int:
    """Only here, after the fork, may telemetry start its thread; what it holds is sent before the process ends."""
    from dagster import _loggers

    from zamc import telemetry
    from zamc.telemetry.logs import json_logger

    telemetry.start("run")
    # Dagster's console logger is given no choice of its format by an instance.
    _loggers.create_console_logger = json_logger  # type: ignore[attr-defined]  # it imports the name for its own use
    try:
        return _execute(run_id)
    finally:
        telemetry.stop()


def _execute(run_id: str) -> int:
    from dagster import DagsterInstance, DagsterRunStatus
    from dagster._cli.api import _execute_run_command_body
    from dagster._core.events import EngineEventData
    from dagster._utils.error import serializable_error_info_from_exc_info
    from dagster._utils.interrupts import capture_interrupts

    importlib.invalidate_caches()
    with capture_interrupts(), DagsterInstance.get() as instance:
        # Otherwise dagster-postgres opens a connection per statement, some thirty even for a trivial run. An older connection
        # is replaced before its next use, so that a restart of PostgreSQL during a long op goes unnoticed.
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=_CONNECTION_SECONDS, max_overflow=20)
        code = EXIT_RECORDED
        try:
            code = _execute_run_command_body(run_id, instance, _drop, set_exit_code_on_failure=True)
        except Exception:
            run = instance.get_run_by_id(run_id)
            if run is None:
                raise
            error = serializable_error_info_from_exc_info(sys.exc_info())
            instance.report_engine_event(error.message, run, EngineEventData.engine_error(error))
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            # Dagster declines to start a run that is being cancelled, and leaves it so.
            _record_end(instance, Loss(run_id=run_id, reason="The run's process ended before the run did."))
            return EXIT_RECORDED
        return EXIT_SUCCESS if code == 0 and run and run.status is DagsterRunStatus.SUCCESS else EXIT_RECORDED


def _drop(_event: object) -> None:
    """Dagster has stored the event; `dagster api execute_run` buffers it for a caller that we do not have."""


def _settle(losses: tuple[Loss, ...]) -> int:
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        for loss in losses:
            _record_end(instance, loss)
    return EXIT_SUCCESS


def _record_end(instance: "DagsterInstance", loss: Loss) -> None:
    from dagster import DagsterRunStatus
    from dagster._core.events import JobFailureData, RunFailureReason

    run = instance.get_run_by_id(loss.run_id)
    if run is None or run.is_finished:
        return
    if run.status is DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message=loss.reason)
    else:
        cause = JobFailureData(error=None, failure_reason=RunFailureReason.UNEXPECTED_TERMINATION)
        instance.report_run_failed(run, message=loss.reason, job_failure_data=cause)
