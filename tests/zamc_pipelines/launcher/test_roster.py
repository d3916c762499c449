"""The bookkeeping alone: order, bound, and that nothing is forgotten."""

import json

from hypothesis import given
from hypothesis import strategies as st

from zamc_pipelines.launcher.roster import REMEMBERED_ENDINGS, Ending, Errand, Roster, Task

RUN_IDS = st.sampled_from([f"run-{number}" for number in range(8)])
STEPS = st.lists(st.tuples(st.sampled_from(["enqueue", "fork", "succeed", "die", "withdraw"]), RUN_IDS), max_size=60)
DEAD = Ending(died=True, detail="killed by SIGKILL")
WELL = Ending(died=False, detail="exit code 0")


@given(steps=STEPS, max_runs=st.integers(1, 3))
def test_every_run_is_in_one_place_in_order_and_within_the_bound(steps: list[tuple[str, str]], max_runs: int) -> None:
    roster, expected, forked, pid = Roster(max_runs=max_runs), list[str](), list[str](), 100
    for step, run_id in steps:
        if step == "enqueue":
            if not roster.knows(run_id):
                expected.append(run_id)
            roster.enqueue(run_id)
        elif step == "withdraw" and roster.withdraw(run_id):
            expected.remove(run_id)
        elif step == "fork" and (task := roster.next_task(may_settle=False)):
            pid += 1
            roster.forked(task, pid)
            forked.append(task.run_id)
        elif step in ("succeed", "die") and (child := roster.child_of(run_id)):
            roster.ended(child.pid, WELL if step == "succeed" else DEAD, recorded=step == "succeed")
        assert roster.at_work <= max_runs
        assert forked == expected[: len(forked)]
        assert list(roster.queue) == expected[len(forked) :]
        assert set(roster.losses) == {run for run, ending in roster.endings.items() if ending.died}
        written = json.loads(json.dumps(roster.to_json()))
        assert Roster.from_json(written, max_runs=max_runs) == roster


def test_losses_are_settled_by_one_process_at_a_time_and_stay_until_they_are_recorded() -> None:
    roster = Roster(max_runs=1)
    for run_id in ("a", "b"):
        roster.enqueue(run_id)
        roster.forked(Task(Errand.RUN, run_id=run_id), pid=ord(run_id))
        roster.ended(ord(run_id), DEAD, recorded=False)
    task = roster.next_task()
    assert task is not None
    assert (task.errand, [loss.run_id for loss in task.losses]) == (Errand.SETTLE, ["a", "b"])
    roster.forked(task, pid=1)
    roster.lose("c", "killed")
    assert roster.next_task() is None
    roster.ended(1, DEAD, recorded=False)
    again = roster.next_task()
    assert again is not None
    assert [loss.run_id for loss in again.losses] == ["a", "b", "c"]
    assert roster.next_task(may_settle=False) is None
    roster.forked(again, pid=2)
    roster.ended(2, WELL, recorded=True)
    assert roster.next_task() is None


def test_settling_takes_no_place_of_a_run() -> None:
    roster = Roster(max_runs=1)
    roster.lose("lost", "killed")
    settle = roster.next_task()
    assert settle is not None
    roster.forked(settle, pid=1)
    roster.enqueue("next")
    assert roster.next_task() == Task(Errand.RUN, run_id="next")


def test_children_of_a_dead_server_are_losses_and_what_waited_still_waits() -> None:
    roster = Roster(max_runs=1)
    for run_id in ("at-work", "waits"):
        roster.enqueue(run_id)
    roster.forked(Task(Errand.RUN, run_id="at-work"), pid=1)
    roster.orphaned("the server died")
    assert roster.losses["at-work"].reason == "the server died"
    assert roster.endings["at-work"].died
    assert list(roster.queue) == ["waits"]
    assert roster.children == {}


def test_only_the_latest_endings_are_remembered() -> None:
    roster = Roster(max_runs=1)
    for number in range(REMEMBERED_ENDINGS + 5):
        roster.end(f"run-{number}", WELL)
    assert len(roster.endings) == REMEMBERED_ENDINGS
    assert not roster.knows("run-4")
    assert roster.knows("run-5")
