"""The bound on runs at once, the order of those that wait, and cancelling one of them."""

from itertools import pairwise

from dagster import DagsterEventType, DagsterRunStatus
from dagster._core.launcher import WorkerStatus

from tests.zamc_pipelines.launcher import location
from tests.zamc_pipelines.launcher.conftest import Stand, until
from zamc_pipelines.launcher.protocol import RunState, Verb


def test_no_more_runs_are_at_work_than_there_are_places_and_the_others_wait_in_order(stand: Stand) -> None:
    stand.start(max_runs=2)
    names = [f"r{number}" for number in range(6)]
    run_ids = [stand.launch(location.waiting, name) for name in names]
    until(lambda: len(stand.marks("start")) == 2, "the first two starts")
    answer = stand.ask(Verb.PING)
    assert (answer.running, answer.queued) == (2, 4)
    for done, name in enumerate(names, start=1):
        stand.release(name)
        stand.end(run_ids[done - 1])
        for started in names[: done + 2]:
            stand.mark("start", started)
    assert all(stand.status(run_id) is DagsterRunStatus.SUCCESS for run_id in run_ids)
    assert sorted(stand.marks("start")[:2]) == names[:2]
    assert stand.marks("start")[2:] == names[2:]
    changes = sorted([(stand.mark("start", name)["at"], 1) for name in names] + [(stand.mark("end", name)["at"], -1) for name in names])
    at_once = [0]
    for _, change in changes:
        at_once.append(at_once[-1] + change)
    assert max(at_once) == 2


def test_with_one_place_runs_follow_one_another_in_the_order_of_their_launch(stand: Stand) -> None:
    stand.start(max_runs=1)
    names = [f"r{number}" for number in range(4)]
    for run_id in [stand.launch(location.working, name) for name in names]:
        assert stand.end(run_id) is DagsterRunStatus.SUCCESS
    assert stand.marks("start") == names
    for earlier, later in pairwise(names):
        assert stand.mark("end", earlier)["at"] < stand.mark("start", later)["at"]


def test_a_waiting_run_says_so_and_is_healthy(stand: Stand) -> None:
    stand.start(max_runs=1)
    stand.launch(location.waiting, "first")
    stand.mark("start", "first")
    run_id = stand.launch(location.waiting, "second")
    assert "1 runs at work, 0 wait before this one" in stand.messages(run_id)
    health = stand.instance.run_launcher.check_run_worker_health(stand.run(run_id))
    assert health.status is WorkerStatus.RUNNING
    assert health.run_worker_id is None


def test_a_waiting_run_is_cancelled_without_ever_starting(stand: Stand) -> None:
    stand.start(max_runs=1)
    first = stand.launch(location.waiting, "first")
    stand.mark("start", "first")
    second = stand.launch(location.waiting, "second")
    third = stand.launch(location.waiting, "third")
    assert stand.instance.run_launcher.terminate(second)
    assert stand.status(second) is DagsterRunStatus.CANCELED
    stand.release()
    assert stand.end(first) is DagsterRunStatus.SUCCESS
    assert stand.end(third) is DagsterRunStatus.SUCCESS
    assert stand.marks("start") == ["first", "third"]
    assert not stand.instance.all_logs(second, of_type=DagsterEventType.RUN_START)


def test_the_same_launch_twice_is_one_run(stand: Stand) -> None:
    stand.start()
    run_id = stand.launch(location.waiting)
    stand.mark("start")
    assert stand.ask(Verb.LAUNCH, run_id).state is RunState.RUNNING
    stand.release()
    assert stand.end(run_id) is DagsterRunStatus.SUCCESS
    until(lambda: stand.ask(Verb.HEALTH, run_id).state is RunState.EXITED, "the end of the process")
    assert stand.ask(Verb.LAUNCH, run_id).state is RunState.EXITED
    assert len(stand.instance.all_logs(run_id, of_type=DagsterEventType.RUN_START)) == 1
