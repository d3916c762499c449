"""Durable steps: whoever dies or stalls, each item ends once."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.conftest import ManualClock
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.database.ids import uuid7
from zamc.errors import GiveUp, InDoubt, Later, OutsideCallInTransaction, Throttled, ZamcError
from zamc.projects.tables import Project
from zamc.steps import Outcome, work
from zamc.strategies.tables import Strategy

LEASE = timedelta(seconds=60)


class Worker:
    """Drafts strategies by calling something outside that the test plays."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database = database
        self.clock = clock
        self.calls: list[UUID] = []
        self.answers: dict[UUID, BaseException] = {}
        self.before_write = lambda: None
        self.failed: list[UUID] = []

    def call(self, key: UUID) -> str:
        refuse_inside_transaction("the outside")
        self.calls.append(key)
        self.before_write()
        if key in self.answers:
            raise self.answers[key]
        return f"plan of {key}"

    def run(self, *, most_attempts: int = 3, workers: int = 1) -> Outcome:
        def prepare(session: Session, row: Strategy) -> UUID:
            return row.id

        def write(session: Session, row: Strategy, result: str) -> None:
            row.status, row.plan_hash = "drafted" if isinstance(result, str) else "no such status", str(result)
            session.flush()

        def failed(session: Session, row: Strategy, error: ZamcError) -> None:
            row.status = "failed"
            self.failed.append(row.id)

        return work(
            self.database, Strategy, where=[Strategy.status == "requested"], prepare=prepare, call=self.call, write=write, failed=failed,
            clock=self.clock, lease=LEASE, most_attempts=most_attempts, workers=workers,
        )  # fmt: skip


@pytest.fixture
def worker(database: Database, clock: ManualClock) -> Worker:
    return Worker(database, clock)


@pytest.fixture
def items(database: Database, clock: ManualClock) -> list[UUID]:
    with database.transaction() as session:
        project = Project(id=uuid7(), name="P")
        session.add(project)
        session.flush()
        rows = [
            Strategy(
                id=uuid7(),
                project_id=project.id,
                name=str(n),
                request_key=str(n),
                brief={},
                status="requested",
                next_attempt_at=clock.now(),
            )
            for n in range(3)
        ]
        session.add_all(rows)
        return [row.id for row in rows]


def _states(database: Database) -> Sequence[tuple[str, int, int]]:
    with database.transaction() as session:
        rows = session.execute(select(Strategy.status, Strategy.attempts, Strategy.fence).order_by(Strategy.name))
        return [(row.status, row.attempts, row.fence) for row in rows]


@pytest.mark.parametrize("workers", [1, 3])
def test_every_pending_item_is_done_once(worker: Worker, items: list[UUID], workers: int) -> None:
    assert worker.run(workers=workers).done == 3
    assert sorted(worker.calls) == sorted(items)
    assert worker.run().done == 0
    assert _states(worker.database) == [("drafted", 1, 1)] * 3


def test_an_item_of_a_dead_worker_is_free_again_when_its_lease_ends(worker: Worker, items: list[UUID]) -> None:
    worker.answers[items[1]] = SystemExit()
    with pytest.raises(SystemExit):
        worker.run()
    assert worker.calls == items[:2], "the worker did not die where it should"
    worker.answers.clear()
    assert worker.run().done == 0, "a lease was not respected"
    worker.clock.advance(seconds=61)
    assert worker.run().done == 2
    assert _states(worker.database) == [("drafted", 1, 1), ("drafted", 2, 2), ("drafted", 2, 2)]


def test_a_stalled_worker_cannot_overwrite_what_another_one_did(worker: Worker, items: list[UUID], database: Database) -> None:
    other = Worker(database, worker.clock)
    overtaking = threading.Event()

    def stall() -> None:
        if not overtaking.is_set():
            overtaking.set()
            worker.clock.advance(seconds=61)
            assert other.run().done == 3

    worker.before_write = stall
    outcome = worker.run()
    assert overtaking.is_set()
    assert outcome.counts == {"overtaken": 3}
    assert {fence for _, _, fence in _states(database)} == {2}


@pytest.mark.parametrize("error", [Later("busy", delay=timedelta(seconds=30)), InDoubt("no answer")])
def test_what_may_work_later_waits_and_is_tried_again(worker: Worker, items: list[UUID], error: ZamcError) -> None:
    worker.answers[items[0]] = error
    assert worker.run().counts == {"waiting": 1, "done": 2}
    assert worker.run().counts == {}
    worker.answers.clear()
    worker.clock.advance(seconds=31)
    assert worker.run().done == 1
    assert worker.failed == []


def test_the_platforms_own_delay_is_kept(worker: Worker, items: list[UUID]) -> None:
    worker.answers[items[0]] = Later("busy", delay=timedelta(seconds=30))
    worker.run()
    worker.answers.clear()
    worker.clock.advance(seconds=29)
    assert worker.run().done == 0
    worker.clock.advance(seconds=1)
    assert worker.run().done == 1


def test_waiting_for_room_is_no_attempt(worker: Worker, items: list[UUID]) -> None:
    worker.answers[items[0]] = Throttled("no room", delay=timedelta(seconds=30))
    for _ in range(5):
        assert worker.run(most_attempts=2).counts["failed"] == 0
        worker.clock.advance(seconds=31)
    del worker.answers[items[0]]
    assert worker.run(most_attempts=2).done == 1
    assert worker.failed == []


def test_what_will_never_work_fails_at_once_and_the_last_attempt_fails_too(worker: Worker, items: list[UUID]) -> None:
    worker.answers = {items[0]: GiveUp("no"), items[1]: Later("busy")}
    for _ in range(3):
        worker.run(most_attempts=2)
        worker.clock.advance(hours=2)
    assert worker.failed == items[:2]
    assert [status for status, _, _ in _states(worker.database)] == ["failed", "failed", "drafted"]


def test_a_bug_is_raised_when_the_other_items_have_ended_and_its_item_gives_up_in_the_end(worker: Worker, items: list[UUID]) -> None:
    worker.answers[items[0]] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        worker.run(most_attempts=2)
    assert sorted(status for status, _, _ in _states(worker.database)) == ["drafted", "drafted", "requested"]
    worker.clock.advance(hours=2)
    with pytest.raises(ZeroDivisionError):
        worker.run(most_attempts=2)
    assert worker.failed == items[:1]


def test_a_write_that_breaks_leaves_nothing_behind(worker: Worker, items: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "call", lambda _key: 7)
    with pytest.raises(DBAPIError):
        worker.run()
    assert {(status, attempts) for status, attempts, _ in _states(worker.database)} == {("requested", 1)}


def test_nothing_outside_is_called_inside_a_transaction(worker: Worker, database: Database) -> None:
    with pytest.raises(OutsideCallInTransaction, match="claim, commit, then call"), database.transaction():
        worker.call(uuid7())
