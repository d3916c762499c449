"""The shared breaker on a real Valkey: it opens, lets one try, closes, and never stands before a pause."""

import threading
import time
from datetime import timedelta

import pytest

from zamc.errors import GiveUp, HeldBack, InDoubt, Later, OutsideError, Throttled
from zamc.throttling.breaker import Breaker
from zamc.throttling.lane import urgent
from zamc.throttling.rules import BreakerRules, BreakerState
from zamc.throttling.store import Store

QUICK = BreakerRules(failures=3, cool_off=timedelta(seconds=0.2), longest=timedelta(seconds=1))
OUTAGE = InDoubt("no answer", outage=True)


def _call(breaker: Breaker, key: str, error: BaseException | None = None) -> None:
    with breaker.guard(key):
        if error is not None:
            raise error


def _fail(breaker: Breaker, key: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(InDoubt):
            _call(breaker, key, OUTAGE)


def _wait_until_it_may_be_tried(breaker: Breaker, key: str) -> None:
    deadline = time.monotonic() + 30
    while breaker.state(key) is BreakerState.OPEN and time.monotonic() < deadline:
        time.sleep(0.02)
    assert breaker.state(key) is BreakerState.HALF_OPEN


def test_it_opens_after_failures_in_a_row_for_every_process(store: Store, breaker: Breaker, key: str) -> None:
    _fail(breaker, key, 5)
    other = Breaker(store)
    assert other.state(key) is BreakerState.OPEN
    with pytest.raises(HeldBack) as said:
        _call(other, key)
    assert said.value.code == "breaker"
    assert said.value.delay is not None
    assert timedelta(seconds=10) < said.value.delay <= timedelta(seconds=30)
    _call(other, f"{key}:another")


@pytest.mark.parametrize("answer", [None, GiveUp("no"), Throttled("slow"), Later("busy")])
def test_any_answer_ends_the_row(breaker: Breaker, key: str, answer: OutsideError | None) -> None:
    for _ in range(3):
        _fail(breaker, key, 4)
        if answer is None:
            _call(breaker, key)
        else:
            with pytest.raises(type(answer)):
                _call(breaker, key, answer)
    assert breaker.state(key) is BreakerState.CLOSED


def test_one_call_tries_and_closes_it(store: Store, key: str) -> None:
    breaker = Breaker(store, rules=QUICK)
    _fail(breaker, key, 3)
    _wait_until_it_may_be_tried(breaker, key)
    with breaker.guard(key), pytest.raises(HeldBack):
        _call(Breaker(store, rules=QUICK), key)
    assert breaker.state(key) is BreakerState.CLOSED
    _call(breaker, key)


def test_of_many_at_once_one_tries(store: Store, key: str) -> None:
    breaker = Breaker(store, rules=QUICK)
    _fail(breaker, key, 3)
    _wait_until_it_may_be_tried(breaker, key)
    outcomes: list[str] = []
    inside = threading.Barrier(8)

    def run() -> None:
        inside.wait()
        try:
            with breaker.guard(key):
                while len(outcomes) < 7:
                    time.sleep(0.005)
                outcomes.append("tried")
        except HeldBack:
            outcomes.append("held back")

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes.count("tried") == 1
    assert len(outcomes) == 8


def test_a_failed_try_opens_it_for_longer(store: Store, key: str) -> None:
    breaker = Breaker(store, rules=BreakerRules(failures=1, cool_off=timedelta(seconds=0.1), longest=timedelta(hours=1)))
    _fail(breaker, key)
    _wait_until_it_may_be_tried(breaker, key)
    _fail(breaker, key)
    with pytest.raises(HeldBack) as said:
        _call(breaker, key)
    assert said.value.delay is not None
    assert said.value.delay <= timedelta(seconds=0.2)
    assert [QUICK.open_for(trips) for trips in (1, 2, 3, 4, 9)] == [timedelta(seconds=each) for each in (0.2, 0.4, 0.8, 1, 1)]


@pytest.mark.parametrize("ending", [HeldBack("no room"), ValueError("a bug"), GeneratorExit()])
def test_what_says_nothing_about_the_other_side_leaves_the_try_to_another(store: Store, key: str, ending: BaseException) -> None:
    breaker = Breaker(store, rules=QUICK)
    _fail(breaker, key, 3)
    _wait_until_it_may_be_tried(breaker, key)
    with pytest.raises(type(ending)):
        _call(breaker, key, ending)
    assert breaker.state(key) is BreakerState.HALF_OPEN
    _call(breaker, key)
    assert breaker.state(key) is BreakerState.CLOSED


def test_a_pause_passes_an_open_breaker_and_closes_it_when_it_is_answered(breaker: Breaker, key: str) -> None:
    _fail(breaker, key, 5)
    with urgent():
        with pytest.raises(InDoubt):
            _call(breaker, key, OUTAGE)
        assert breaker.state(key) is BreakerState.OPEN
        _call(breaker, key)
    assert breaker.state(key) is BreakerState.CLOSED


def test_without_redis_it_is_closed(nowhere: Store, key: str) -> None:
    breaker = Breaker(nowhere)
    _fail(breaker, key, 10)
    assert breaker.state(key) is BreakerState.CLOSED
    _call(breaker, key)


def test_a_person_can_close_it(breaker: Breaker, key: str) -> None:
    _fail(breaker, key, 5)
    breaker.reset(key)
    _call(breaker, key)
