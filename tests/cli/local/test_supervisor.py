"""The life of services: order, restarts, crash loops, and that nothing survives."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.local.client import LocalStack, stop_running
from cli.local.environment import supervisor_environment
from cli.local.errors import AlreadyRunning, NotRunning, StackError
from cli.local.services import StackEvent
from tests.cli.local.builders import settled
from tests.cli.local.processes import alive, all_end, below, eventually

HERE = "tests.cli.local.builders"


def start(home: Path, builder: str, **rest: object) -> LocalStack:
    return LocalStack.start(home=home, builder=f"{HERE}:{builder}", **rest)  # type: ignore[arg-type]  # options of start()


def family_of(stack: LocalStack) -> set[int]:
    """The supervisor's two halves, the service, its child and its grandchild."""
    found = set(below(stack.state["guard_pid"]))
    named = {int(file.read_text()) for file in (stack.home.folder("run") / "family").iterdir()}
    assert len(named) == 3
    assert named < found
    return found


def test_services_start_after_what_they_need_and_end_before_it(tmp_path: Path) -> None:
    with start(tmp_path, "chain"):
        pass
    notes = (tmp_path / "run" / "notes").read_text().split("\n")[:-1]
    assert notes == ["start first", "start second", "start third", "end third", "end second", "end first"]


def test_events_tell_what_happens(tmp_path: Path) -> None:
    events: list[StackEvent] = []
    with start(tmp_path, "chain", on_event=events.append):
        pass
    told = [(event.service, event.state) for event in events]
    assert [state for service, state in told if service == "second"] == ["waiting", "starting", "ready", "stopped"]
    assert [state for service, state in told if not service] == ["ready", "stopping", "stopped"]


@pytest.mark.parametrize("builder", ["family", "stubborn_family"])
def test_an_ordered_stop_takes_the_grandchildren_too(tmp_path: Path, builder: str) -> None:
    with start(tmp_path, builder) as stack:
        family = family_of(stack)
    assert not alive(family)


def test_nothing_survives_a_kill_of_the_supervisor(tmp_path: Path) -> None:
    stack = start(tmp_path, "family")
    family = family_of(stack)
    os.kill(stack.state["pid"], signal.SIGKILL)
    all_end(family)
    stack.stop()


def test_nothing_survives_a_kill_of_the_guard(tmp_path: Path) -> None:
    stack = start(tmp_path, "family")
    family = family_of(stack)
    os.kill(stack.state["guard_pid"], signal.SIGKILL)
    all_end(family)
    stack.stop()


def test_what_survives_a_kill_of_both_halves_ends_at_the_next_start(tmp_path: Path) -> None:
    stack = start(tmp_path, "family")
    family = family_of(stack)
    state = stack.state
    # Stopped first, so that neither half notices the other's end.
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for half in ("guard_pid", "pid"):
            os.kill(state[half], number)
    all_end({state["pid"], state["guard_pid"]})
    stack.stop()
    with start(tmp_path, "chain"):
        assert not alive(family)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_supervisor_stops_in_order_on_a_signal(tmp_path: Path, how: signal.Signals) -> None:
    with start(tmp_path, "chain") as stack:
        os.kill(stack.state["pid"], how)
        stack.wait_end()
        assert stack.state["phase"] == "stopped"
    assert (tmp_path / "run" / "notes").read_text().endswith("end third\nend second\nend first\n")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("builder", ["family", "slow"])
def test_nothing_survives_whoever_started_it(tmp_path: Path, how: signal.Signals, builder: str) -> None:
    """Also in the middle of the start (slow)."""
    code = f"""
import pathlib, time
from cli.local.client import LocalStack
with LocalStack.start(home=pathlib.Path({str(tmp_path)!r}), builder="{HERE}:{builder}"):
    time.sleep(600)
"""
    caller = subprocess.Popen((sys.executable, "-c", code), env=supervisor_environment(), stderr=subprocess.DEVNULL)
    eventually(lambda: settled(tmp_path / "run"), "the family's start")
    stack = LocalStack.attach(tmp_path)
    family = family_of(stack)
    caller.send_signal(how)
    caller.wait()
    all_end(family)
    eventually(lambda: not stack.home.is_locked(), "the folder is free")


def test_a_detached_stack_lives_on_until_it_is_stopped(tmp_path: Path) -> None:
    stack = start(tmp_path, "family")
    stack.detach()
    stack.stop()
    family = family_of(LocalStack.attach(tmp_path))
    assert alive(family) == family
    stop_running(tmp_path)
    assert not alive(family)
    with pytest.raises(NotRunning):
        stop_running(tmp_path)


def test_a_second_supervisor_on_the_folder_is_refused(tmp_path: Path) -> None:
    with start(tmp_path, "family") as stack:
        family = family_of(stack)
        with pytest.raises(AlreadyRunning, match="already running"):
            start(tmp_path, "chain")
        assert alive(family) == family


def test_a_stack_can_start_while_its_predecessor_still_ends(tmp_path: Path) -> None:
    first = start(tmp_path, "stubborn_family")
    os.kill(first.state["guard_pid"], signal.SIGTERM)
    with start(tmp_path, "chain") as second:
        assert second.state["phase"] == "ready"
    first.stop()


def test_a_killed_child_is_started_again_without_its_orphans(tmp_path: Path) -> None:
    events: list[StackEvent] = []
    with start(tmp_path, "family", on_event=events.append) as stack:
        before = family_of(stack) - {stack.state["guard_pid"], stack.state["pid"]}
        os.kill(stack.pid("family") or 0, signal.SIGKILL)
        all_end(before)
        eventually(lambda: stack.state["services"]["family"]["state"] == "ready" and stack.pid("family") not in before, "the restart")
        assert stack.state["services"]["family"]["restarts"] == 1
    assert any("SIGKILL" in event.message for event in events)


def test_a_crash_loop_at_the_start_is_one_error_with_the_last_words(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"broken ended with code 1; the last lines of .*broken.log:\n.*\n.*flux is not in the capacitor"):
        start(tmp_path, "crashing")
    assert (tmp_path / "logs" / "broken.log").read_text().count("attempt of") == 3
    all_end({int((tmp_path / "run" / "family" / "child").read_text())})


def test_a_failed_one_shot_is_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="migrate ended with code 1"):
        start(tmp_path, "failing_once_for_all")
    assert (tmp_path / "logs" / "migrate.log").read_text() == "no such column\n"


def test_a_service_that_never_answers_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="mute did not answer within 0 s"):
        start(tmp_path, "never_ready")


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="/nonexistent/program"):
        start(tmp_path, "missing_program")


def test_an_unknown_service_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"no service is called mongodb; there are .*postgres, nats, valkey"):
        LocalStack.start(home=tmp_path, services={"mongodb"})
