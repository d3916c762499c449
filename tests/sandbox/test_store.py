"""The store: atomic, ordered ids, a history of every change, nothing lost over a restart."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import Clock, ClockError
from sandbox.faults import Fault, FaultError, Faults
from sandbox.store import Store


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], Store]:
    return lambda: Store(tmp_path / "sandbox.sqlite")


def insert_and_fail(store: Store) -> None:
    with store.transaction() as tx:
        tx.insert("meta", "a", "thing", {}, name="lost")
        raise LookupError


def names(store: Store) -> list[str | None]:
    with store.reading() as tx:
        return [o.name for o in tx.find("meta", "a", "thing")]


def test_ids_rise_and_are_unique_over_threads(opened: Callable[[], Store]) -> None:
    store = opened()

    def make(n: int) -> str:
        with store.transaction() as tx:
            return tx.insert("meta", f"account {n % 3}", "thing", {"n": n})

    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(make, range(100)))
    assert len(set(keys)) == 100
    with store.reading() as tx:
        assert [o.id for o in tx.find("meta", None, "thing")] == sorted(keys, key=int)


def test_an_exception_takes_everything_back(opened: Callable[[], Store]) -> None:
    store = opened()
    with pytest.raises(LookupError):
        insert_and_fail(store)
    with store.transaction() as tx:
        tx.insert("meta", "a", "thing", {}, name="checked")
        tx.discard()
    assert names(store) == []


def test_a_savepoint_takes_only_its_part_back(opened: Callable[[], Store]) -> None:
    store = opened()
    with store.transaction() as tx:
        tx.insert("meta", "a", "thing", {}, name="kept")
        with suppress(LookupError), tx.savepoint():
            tx.insert("meta", "a", "thing", {}, name="lost")
            raise LookupError
    assert names(store) == ["kept"]


def test_a_reader_sees_one_moment(opened: Callable[[], Store]) -> None:
    store = opened()
    with store.reading() as before:
        assert before.find("meta", "a", "thing") == []
        with store.transaction() as tx:
            tx.insert("meta", "a", "thing", {}, name="new")
        assert before.find("meta", "a", "thing") == []
    assert names(store) == ["new"]


def test_history_keeps_every_version(opened: Callable[[], Store]) -> None:
    store = opened()
    with store.transaction() as tx:
        key = tx.insert("meta", "a", "thing", {"budget": 1}, status="PAUSED", name="n")
        obj = tx.get("meta", "a", "thing", key)
        assert obj is not None
        changed = tx.update(obj, body={"budget": 2}, status="ACTIVE")
        assert (changed.name, changed.status, changed.body) == ("n", "ACTIVE", {"budget": 2})
        tx.remove(changed)
        versions = tx.history("meta", "a", "thing", key)
        assert tx.find("meta", "a", "thing") == []
        assert len(tx.find("meta", "a", "thing", removed=None)) == 1
    assert [(v.status, v.body["budget"], v.removed) for v in versions] == [
        ("PAUSED", 1, False), ("ACTIVE", 2, False), ("ACTIVE", 2, True),
    ]  # fmt: skip


def test_a_restart_keeps_objects_calls_ids_and_the_clock(opened: Callable[[], Store]) -> None:
    store = opened()
    clock = Clock(store, datetime(2027, 3, 1, tzinfo=UTC))
    clock.advance(86_400)
    with store.transaction() as tx:
        first = tx.insert("meta", "a", "thing", {"x": "ü"}, name="kept")
        tx.call_log("meta", "a", "POST thing", "r1", "ok")
    store.close()
    again = opened()
    later = Clock(again, datetime(2027, 1, 1, tzinfo=UTC))
    assert later.now() >= datetime(2027, 3, 2, tzinfo=UTC)
    with again.transaction() as tx:
        assert [o.body for o in tx.find("meta", "a", "thing")] == [{"x": "ü"}]
        assert [c.outcome for c in tx.calls("meta")] == ["ok"]
        assert tx.calls("google") == []
        assert int(tx.insert("meta", "a", "thing", {})) > int(first)


def test_the_clock_goes_on_and_never_back(opened: Callable[[], Store]) -> None:
    store = opened()
    start = datetime(2027, 3, 1, tzinfo=UTC)
    clock = Clock(store, start)
    assert clock.set(start + timedelta(days=2)) >= start + timedelta(days=2)
    for refused in (start, datetime(2027, 3, 9)):  # noqa: DTZ001 -- a naive time is what is refused
        with pytest.raises(ClockError):
            clock.set(refused)
    with pytest.raises(ClockError):
        clock.advance(-1)
    assert store.now() >= start + timedelta(days=2)


def test_a_fault_is_taken_as_often_as_it_was_ordered() -> None:
    faults = Faults()
    faults.add(Fault.parse({"platform": "meta", "method": "POST *", "fault": "reset", "times": 2, "skip": 1}))
    assert faults.take("google", "POST x") is None
    assert faults.take("meta", "GET x") is None
    taken = [faults.take("meta", "POST x") for _ in range(4)]
    assert [t is not None for t in taken] == [False, True, True, False]
    assert faults.waiting() == []


@pytest.mark.parametrize(
    "raw",
    [
        {"platform": "tiktok", "fault": "reset"},
        {"platform": "meta", "fault": "earthquake"},
        {"platform": "meta", "fault": "reset", "often": 1},
        {"platform": "meta", "fault": "error", "detail": "name"},
        {"platform": "meta", "fault": "reset", "times": "many"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises((FaultError, ValueError)):
        Fault.parse(raw)
