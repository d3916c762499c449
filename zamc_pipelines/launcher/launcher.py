"""The run launcher of a one-machine deployment: each run is forked from a process that has everything imported.

A run of Dagster's own launcher spends its first seconds on imports. Here they are paid once, by the server
(`zamc_pipelines.launcher.server`); this class, which lives in the daemon and the webserver, only tells it which run
to start. On Kubernetes this plays no part: K8sRunLauncher does the work there.
"""

from collections.abc import Mapping
from typing import Any, Self

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, Field, IntSource, StringSource
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from zamc_pipelines.launcher.client import Client, ServerUnreachable
from zamc_pipelines.launcher.protocol import Request, RunState, Verb

_WORKER_STATUS = {
    RunState.QUEUED: WorkerStatus.RUNNING,
    RunState.RUNNING: WorkerStatus.RUNNING,
    RunState.EXITED: WorkerStatus.SUCCESS,
    RunState.DIED: WorkerStatus.FAILED,
    RunState.UNKNOWN: WorkerStatus.NOT_FOUND,
}


class ForkingRunLauncher(RunLauncher[DagsterInstance], ConfigurableClass):
    """Launches runs through the server that listens on a Unix socket. Configured in dagster.yaml:

    run_launcher:
      module: zamc_pipelines.launcher
      class: ForkingRunLauncher
      config:
        socket: {env: ZAMC_LAUNCHER_SOCKET}
    """

    def __init__(
        self,
        socket: str,
        wait_seconds: int = 10,
        answer_seconds: int = 60,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        self._inst_data = inst_data
        self._client = Client(path=socket, wait_seconds=wait_seconds, answer_seconds=answer_seconds)
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Field]:
        return {
            "socket": Field(StringSource, description="Path of the server's Unix socket."),
            "wait_seconds": Field(IntSource, default_value=10, description="How long to wait for a server that is being restarted."),
            "answer_seconds": Field(
                IntSource, default_value=60, description="How long the server may take; it may be loading changed code."
            ),
        }

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        return cls(inst_data=inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Hand the run to the server, which starts it at once or when a place is free.

        Raises ServerUnreachable, ServerSilent or RequestRefused; Dagster then marks the run as failed.
        """
        run = context.dagster_run
        answer = self._client.ask(Request(verb=Verb.LAUNCH, run_id=run.run_id))
        if answer.state is RunState.QUEUED:
            self._instance.report_engine_event(
                f"All places of the run launcher are taken: {answer.running} runs at work, {answer.ahead} wait before this one.",
                run,
                cls=self.__class__,
            )

    def terminate(self, run_id: str) -> bool:
        """Cancel a run: at once when it waits, by SIGTERM (and SIGKILL after the server's grace) when it is at work.

        False when it had ended already. Raises ServerUnreachable or ServerSilent; the run then stays CANCELING, until the
        next server or run monitoring records its end.
        """
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if run.status is not DagsterRunStatus.CANCELING:
            self._instance.report_run_canceling(run)
        answer = self._client.ask(Request(verb=Verb.TERMINATE, run_id=run_id))
        if answer.state is RunState.RUNNING:
            return True
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        # Nothing works on it any more, so nothing but this call will record its end.
        self._instance.report_run_canceled(run, message=f"The run was not at work: {answer.detail}.")
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """What the server knows of the run's process. Without a server the process is dead: it dies with its parent.

        Raises ServerSilent: run monitoring then logs an error and leaves the run alone.
        """
        try:
            answer = self._client.ask(Request(verb=Verb.HEALTH, run_id=run.run_id), wait=False)
        except ServerUnreachable as error:
            return CheckRunHealthResult(WorkerStatus.FAILED, f"{error}; the run's process ended with its server")
        return CheckRunHealthResult(
            _WORKER_STATUS[answer.state],
            answer.detail,
            run_worker_id=str(answer.worker_pid) if answer.worker_pid else None,
        )

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str:  # noqa: ARG002 - Dagster names it
        """The process's fate and where its output lies."""
        answer = self._client.ask(Request(verb=Verb.HEALTH, run_id=run.run_id), wait=False)
        return f"Run launcher: {answer.state}, {answer.detail}"
