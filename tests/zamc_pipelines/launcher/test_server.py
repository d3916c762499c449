"""The server's own life: changed code, its death and return, its end, callers that speak nonsense."""

import signal
import socket
import stat
from pathlib import Path

import pytest
from dagster import DagsterEventType, DagsterRunStatus

from tests.zamc_pipelines.launcher import location
from tests.zamc_pipelines.launcher.conftest import Stand, alive, until
from zamc_pipelines.launcher.client import ServerUnreachable
from zamc_pipelines.launcher.protocol import REQUEST_LIMIT_BYTES, Answer, Verb, decode_answer


def change(stand: Stand, old: str, new: str) -> None:
    """Written as an editor does: a new file in the place of the old."""
    draft = stand.code.with_suffix(".draft")
    draft.write_text(stand.code.read_text().replace(old, new))
    draft.replace(stand.code)


def test_the_next_run_has_the_changed_code_and_the_run_at_work_goes_on(stand: Stand) -> None:
    server = stand.start(max_runs=2)
    before = stand.launch(location.waiting, "before")
    stand.mark("start", "before")
    change(stand, 'VERSION = "first"', 'VERSION = "second, and longer"')
    after = stand.launch(location.working, "after")
    assert stand.end(after) is DagsterRunStatus.SUCCESS
    assert stand.mark("start", "after")["version"] == "second, and longer"
    assert stand.mark("start", "after")["parent"] == server.pid
    stand.release()
    assert stand.end(before) is DagsterRunStatus.SUCCESS
    assert stand.mark("end", "before")["version"] == "first"
    until(lambda: stand.ask(Verb.PING).running == 0, "the end of the last process")


def test_a_child_that_outlives_a_reload_still_counts_and_still_dies_with_the_server(stand: Stand) -> None:
    server = stand.start(max_runs=1)
    before = stand.launch(location.waiting, "before")
    pid = stand.mark("start", "before")["pid"]
    change(stand, 'VERSION = "first"', 'VERSION = "second, and longer"')
    server.send_signal(signal.SIGHUP)
    until(lambda: "reloading" in stand.log, "the reload")
    stand.launch(location.working, "after")
    answer = stand.ask(Verb.HEALTH, before)
    assert (answer.worker_pid, answer.running, answer.queued) == (pid, 1, 1)
    server.kill()
    server.wait()
    until(lambda: not alive(pid), "the end of the child")


def test_broken_code_fails_the_run_with_its_message_and_mended_code_works_again(stand: Stand) -> None:
    stand.start()
    change(stand, 'VERSION = "first"', "VERSION = = 1")
    broken = stand.launch(location.working, "broken")
    assert stand.end(broken) is DagsterRunStatus.FAILURE
    assert "Could not load job definition" in stand.messages(broken)
    change(stand, "VERSION = = 1", 'VERSION = "mended"')
    mended = stand.launch(location.working, "mended")
    assert stand.end(mended) is DagsterRunStatus.SUCCESS
    assert stand.mark("start", "mended")["version"] == "mended"


def test_when_the_server_dies_its_runs_die_and_the_next_one_takes_up_what_waited(stand: Stand) -> None:
    server = stand.start(max_runs=1)
    at_work = stand.launch(location.helped, "at-work")
    start = stand.mark("start", "at-work")
    waiting = stand.launch(location.working, "waiting")
    server.kill()
    server.wait()
    until(lambda: not alive(start["pid"]), "the end of the run's process")
    with pytest.raises(ServerUnreachable, match=r"no run launcher's server came to .* within 2 s"):
        stand.launch(location.working, "refused")
    stand.start(max_runs=1)
    assert stand.end(at_work) is DagsterRunStatus.FAILURE
    assert "ended together with the run launcher's server" in stand.messages(at_work)
    assert stand.end(waiting) is DagsterRunStatus.SUCCESS
    assert not alive(start["helper"])
    assert stand.end(stand.launch(location.working, "new")) is DagsterRunStatus.SUCCESS


def test_a_launch_waits_for_a_server_that_is_being_restarted(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUNCHER_WAIT_SECONDS", "60")
    server = stand.start()
    server.kill()
    server.wait()
    run = stand.create(location.working)
    stand.start(ready=False)
    stand.instance.launch_run(run.run_id, workspace=None)  # type: ignore[arg-type]
    assert stand.end(run.run_id) is DagsterRunStatus.SUCCESS


def test_a_launch_without_a_server_fails_the_run(stand: Stand) -> None:
    run = stand.create(location.working)
    with pytest.raises(ServerUnreachable):
        stand.instance.launch_run(run.run_id, workspace=None)  # type: ignore[arg-type]
    assert stand.status(run.run_id) is DagsterRunStatus.FAILURE
    assert "start it with `python -m zamc_pipelines.launcher.server`" in stand.messages(run.run_id)


def test_sigterm_ends_the_runs_and_the_server_and_keeps_what_waits(stand: Stand) -> None:
    server = stand.start(max_runs=1)
    at_work = stand.launch(location.waiting, "at-work")
    pid = stand.mark("start", "at-work")["pid"]
    waiting = stand.launch(location.working, "waiting")
    server.terminate()
    assert server.wait(timeout=60) == 0
    assert not alive(pid)
    assert not Path(stand.socket).exists()
    assert stand.status(at_work) is DagsterRunStatus.FAILURE
    assert len(stand.instance.all_logs(at_work, of_type=DagsterEventType.RUN_FAILURE)) == 1
    stand.start()
    assert stand.end(waiting) is DagsterRunStatus.SUCCESS


def test_a_second_server_on_the_same_socket_is_refused(stand: Stand) -> None:
    first = stand.start()
    second = stand.start(ready=False)
    assert second.wait(timeout=60) == 2
    assert "another run launcher's server serves" in stand.log
    assert stand.ask(Verb.PING).server_pid == first.pid


def test_a_module_that_starts_threads_is_refused_by_name(stand: Stand) -> None:
    (stand.home / "threaded.py").write_text("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n")
    server = stand.start("--preload", "threaded", ready=False)
    assert server.wait(timeout=60) == 3
    assert "--preload threaded: 2 threads where one is allowed before a fork" in stand.log


def say(stand: Stand, line: bytes) -> Answer:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(30)
        caller.connect(stand.socket)
        caller.sendall(line)
        return decode_answer(caller.makefile("rb").readline())


NONSENSE = {
    b"\n": "not a line of JSON",
    b"\xff\xfe\n": "not a line of JSON",
    b"[" * 900 + b"\n": "not a line of JSON",
    b"[]\n": "a JSON object is expected",
    b'{"verb":"fly"}\n': "verb must be one of ping, launch, terminate, health",
    b'{"verb":"launch"}\n': "run_id must be",
    b'{"verb":"launch","run_id":"../x"}\n': "run_id must be",
    b'{"verb":"launch","run_id":7}\n': "run_id must be",
    b'{"verb":"ping","more":1}\n': "unknown fields",
    b"x" * (REQUEST_LIMIT_BYTES + 1): "at most",
}


def test_nonsense_is_answered_with_what_is_allowed(stand: Stand) -> None:
    server = stand.start()
    for line, complaint in NONSENSE.items():
        answer = say(stand, line)
        assert not answer.ok
        assert complaint in answer.error
    assert stand.ask(Verb.PING).server_pid == server.pid


def test_callers_that_say_nothing_or_hang_up_do_not_disturb(stand: Stand) -> None:
    server = stand.start()
    silent = []
    for _ in range(70):
        caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        caller.connect(stand.socket)
        silent.append(caller)
    silent[-1].sendall(b'{"verb":"pi')
    silent[-2].close()
    assert stand.ask(Verb.PING).server_pid == server.pid
    for caller in silent:
        caller.close()


def test_the_socket_and_its_files_are_for_their_owner_alone(stand: Stand) -> None:
    stand.start()
    run_id = stand.launch(location.working)
    stand.end(run_id)
    for name in (stand.socket, f"{stand.socket}.lock", f"{stand.socket}.journal"):
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600, name
