"""From launch to the end of a run: success, failure, cancellation, death."""

import os
import signal
import stat
from pathlib import Path

from dagster import DagsterEventType, DagsterRunStatus

from tests.zamc_pipelines.launcher import location
from tests.zamc_pipelines.launcher.conftest import Stand, alive, until
from zamc_pipelines.launcher.protocol import RunState, Verb


def test_a_launched_run_succeeds_in_a_process_of_its_own(stand: Stand) -> None:
    server = stand.start()
    run_id = stand.launch(location.working)
    assert stand.end(run_id) is DagsterRunStatus.SUCCESS
    start = stand.mark("start")
    assert start["pid"] != server.pid
    assert start["parent"] == server.pid
    assert start["session"] == start["pid"]
    assert start["handlers"] == [str(signal.SIG_DFL), str(signal.SIG_DFL)]
    of_server = {str(path.readlink()) for path in Path(f"/proc/{server.pid}/fd").iterdir()}
    private = {target for target in of_server if target.startswith("socket:") or target.endswith(".lock")}
    assert len(private) == 4  # the listener, two ends of the wake-up pair, the lock
    assert private.isdisjoint(start["descriptors"])
    assert "Started process for run" in stand.messages(run_id)


def test_runs_do_not_share_their_random_numbers(stand: Stand) -> None:
    stand.start()
    for name in ("one", "two"):
        stand.end(stand.launch(location.working, name))
    assert stand.mark("start", "one")["dice"] != stand.mark("start", "two")["dice"]


def test_a_failing_op_fails_the_run(stand: Stand) -> None:
    stand.start()
    run_id = stand.launch(location.failing)
    assert stand.end(run_id) is DagsterRunStatus.FAILURE
    failures = stand.instance.all_logs(run_id, of_type=DagsterEventType.RUN_FAILURE)
    assert len(failures) == 1
    assert "this op always fails" in str(stand.instance.all_logs(run_id, of_type=DagsterEventType.STEP_FAILURE)[0])


def test_a_run_is_cancelled_by_a_signal(stand: Stand) -> None:
    stand.start()
    run_id = stand.launch(location.waiting)
    pid = stand.mark("start")["pid"]
    assert stand.instance.run_launcher.terminate(run_id)
    assert stand.end(run_id) is DagsterRunStatus.CANCELED
    until(lambda: not alive(pid), "the end of the cancelled process")
    assert not stand.instance.run_launcher.terminate(run_id)


def test_a_run_that_ignores_the_signal_is_killed_after_the_grace(stand: Stand) -> None:
    stand.start("--grace-seconds", "0.5")
    run_id = stand.launch(location.stubborn)
    pid = stand.mark("start")["pid"]
    assert stand.instance.run_launcher.terminate(run_id)
    assert stand.end(run_id) is DagsterRunStatus.CANCELED
    assert not alive(pid)
    assert "killed by SIGKILL" in stand.messages(run_id)


def test_the_output_of_a_run_has_a_file_of_its_own_and_is_named_when_the_run_dies(stand: Stand) -> None:
    stand.start("--log-dir", str(stand.home / "runs"))
    run_id = stand.launch(location.working, "works")
    stand.end(run_id)
    output = stand.home / "runs" / f"{run_id}.log"
    assert "a line for the log" in output.read_text()
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    dying = stand.launch(location.waiting, "dies")
    os.kill(stand.mark("start", "dies")["pid"], signal.SIGKILL)
    stand.end(dying)
    assert f"runs/{dying}.log" in stand.messages(dying)


def test_a_run_of_which_dagster_knows_nothing_harms_nobody(stand: Stand) -> None:
    stand.start()
    stand.ask(Verb.LAUNCH, "no-such-run")
    until(lambda: stand.ask(Verb.HEALTH, "no-such-run").state is RunState.DIED, "the end of the process")
    assert "Run with id 'no-such-run' not found" in stand.log
    assert stand.end(stand.launch(location.working)) is DagsterRunStatus.SUCCESS


def test_the_sdks_of_the_platform_may_be_preloaded_and_used_after_the_fork(stand: Stand) -> None:
    modules = ["grpc", "google.ads.googleads.client", "facebook_business.api", "sqlalchemy", "nats", "psycopg", "numpy"]
    stand.start(*(argument for module in modules for argument in ("--preload", module)))
    run_id = stand.launch(location.calling)
    assert stand.end(run_id) is DagsterRunStatus.SUCCESS
    assert stand.mark("start")["status"] == "UNAVAILABLE"
    for module in modules:
        assert f"preloaded module={module} " in stand.log


def test_the_death_of_a_process_is_recorded_at_once_and_takes_its_helpers_along(stand: Stand) -> None:
    stand.start()
    run_id = stand.launch(location.helped)
    start = stand.mark("start")
    os.kill(start["pid"], signal.SIGKILL)
    assert stand.end(run_id) is DagsterRunStatus.FAILURE
    assert "killed by SIGKILL" in stand.messages(run_id)
    until(lambda: not alive(start["helper"]), "the end of the helper")
