"""The shared limiter on a real Valkey: never above, a reserve for pauses, the platforms' own words, and no Redis at all."""

import json
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from tests.services import Services
from zamc.errors import HeldBack
from zamc.throttling.lane import urgent
from zamc.throttling.limiter import Limiter
from zamc.throttling.rules import Charge, Limit, Usage
from zamc.throttling.store import Store

HOUR = 3_600


def _take(limiter: Limiter, key: str, limit: Limit, *, cost: int = 1, tries: int = 1_000) -> int:
    """How many calls get room before the first that does not."""
    for taken in range(tries):
        try:
            limiter.acquire(key, cost, limit)
        except HeldBack:
            return taken
    return tries


def _race(services: Services, key: str, *, amount: int, seconds: float, lasting: float) -> list[tuple[float, float]]:
    arguments = [sys.executable, "-m", "tests.zamc.throttling.racer", services.redis_url, key, str(amount), str(seconds), str(lasting)]
    racers = [subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    answers = [json.loads(racer.communicate(timeout=120)[0]) for racer in racers]
    assert len([answer for answer in answers if answer]) >= 2, "one process alone proves nothing"
    return sorted((before, after) for answer in answers for before, after in answer)


def test_four_processes_on_one_budget_get_exactly_what_it_holds(services: Services, key: str) -> None:
    assert len(_race(services, key, amount=700, seconds=HOUR, lasting=4)) == 700


def test_four_processes_never_exceed_a_rate(services: Services, key: str) -> None:
    granted = _race(services, key, amount=100, seconds=1, lasting=5)
    # Grants whose whole interval lies within one second were surely made within it.
    for start, _ in granted:
        assert len([1 for before, after in granted if before >= start and after < start + 1]) <= 100
    lasted = max(after for _, after in granted) - granted[0][0]
    assert 100 < len(granted) <= 100 * (int(lasted) + 1)


def test_a_call_takes_all_its_units_in_all_its_windows_or_none(limiter: Limiter, key: str) -> None:
    wide, narrow = Limit(10, HOUR), Limit(3, HOUR)
    charges = [Charge(f"{key}:token", wide, 2), Charge(f"{key}:account", narrow, 2)]
    limiter.acquire_all(charges)
    for _ in range(5):
        with pytest.raises(HeldBack, match=f"{key}:account"):
            limiter.acquire_all(charges)
    assert _take(limiter, f"{key}:token", wide) == 8
    assert _take(limiter, f"{key}:account", narrow) == 1


def test_the_delay_says_when_there_is_room_again(limiter: Limiter, key: str) -> None:
    limiter.acquire(key, 10, Limit(10, 50))
    with pytest.raises(HeldBack) as said:
        limiter.acquire(key, 1, Limit(10, 50))
    assert said.value.delay is not None
    assert 40 < said.value.delay.total_seconds() <= 51


def test_a_short_wait_is_slept_and_a_long_one_is_not(store: Store, key: str) -> None:
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        time.sleep(seconds)

    limiter = Limiter(store, sleep=sleep)
    limiter.acquire(key, 1, Limit(1, 0.2))
    assert limiter.acquire(key, 1, Limit(1, 0.2), patience=30) == pytest.approx(sum(naps))
    naps.clear()
    limiter.acquire(f"{key}:long", 1, Limit(1, HOUR))
    with pytest.raises(HeldBack):
        limiter.acquire(f"{key}:long", 1, Limit(1, HOUR), patience=30)
    assert naps == []


def test_nothing_but_a_pause_gets_the_reserve(limiter: Limiter, key: str) -> None:
    limit = Limit(20, HOUR, reserve=5)
    assert _take(limiter, key, limit) == 15
    with urgent():
        assert _take(limiter, key, limit) == 5
    assert _take(limiter, key, limit) == 0


def test_pauses_may_use_everything_and_the_sum_stays_the_limit(limiter: Limiter, key: str) -> None:
    limit = Limit(20, HOUR, reserve=5)
    limiter.acquire(key, 4, limit)
    with urgent():
        assert _take(limiter, key, limit) == 16
    assert _take(limiter, key, limit) == 0


def test_while_a_pause_waits_everything_else_leaves_it_the_room(limiter: Limiter, key: str) -> None:
    limit = Limit(4, 0.4, reserve=2)
    limiter.acquire(key, 2, limit)
    with urgent():
        limiter.acquire(key, 2, limit)
        with pytest.raises(HeldBack):
            limiter.acquire(key, 1, limit)
    with pytest.raises(HeldBack) as said:
        limiter.acquire(key, 1, limit)
    assert said.value.delay is not None
    assert said.value.delay > timedelta(seconds=1), "longer than the window: it yields"


def test_pauses_use_all_of_the_room_that_there_is(limiter: Limiter, key: str) -> None:
    limit = Limit(20, HOUR, reserve=2)
    with urgent():
        limiter.acquire(key, 10, limit)
        # Eight are left to all, and two in reserve.
        limiter.acquire(key, 10, limit)
        with pytest.raises(HeldBack):
            limiter.acquire(key, 1, limit)


def test_a_pause_as_large_as_the_limit_takes_all_of_it(limiter: Limiter, key: str) -> None:
    limit = Limit(20, HOUR, reserve=2)
    with urgent():
        limiter.acquire(key, 20, limit)
        with pytest.raises(HeldBack):
            limiter.acquire(key, 1, limit)


def test_a_pause_larger_than_the_reserve_goes_all_the_same(limiter: Limiter, key: str) -> None:
    limit = Limit(20, HOUR, reserve=5)
    limiter.acquire(key, 15, limit)
    with urgent():
        limiter.acquire(key, 12, limit)
        assert _take(limiter, key, limit) == 0


def test_a_request_larger_than_its_limit_goes_alone(limiter: Limiter, key: str) -> None:
    limiter.acquire(key, 500, Limit(20, HOUR))
    assert _take(limiter, key, Limit(20, HOUR)) == 0


def test_what_a_platform_closed_is_closed_for_all_but_pauses(limiter: Limiter, store: Store, key: str) -> None:
    limiter.close_key(key, timedelta(minutes=5))
    limiter.close_key(key, timedelta(seconds=1))
    other = Limiter(store)
    with pytest.raises(HeldBack) as said:
        other.acquire_all([Charge(key)])
    assert said.value.delay is not None
    assert timedelta(minutes=4) < said.value.delay <= timedelta(minutes=5), "a shorter word does not open it"
    with urgent():
        other.acquire_all([Charge(key)])


def test_usage_above_three_quarters_spreads_calls_out(limiter: Limiter, key: str) -> None:
    limiter.observe([Usage(key, 74.9)])
    assert _take(limiter, key, Limit(0, 1), tries=20) == 20
    limiter.observe([Usage(key, 90)])
    assert _take(limiter, key, Limit(0, 1), tries=20) == 1
    with pytest.raises(HeldBack) as said:
        limiter.acquire(key, 1, Limit(0, 1))
    assert said.value.delay is not None
    assert said.value.delay <= timedelta(seconds=6)
    limiter.observe([Usage(key, 20)])
    assert _take(limiter, key, Limit(0, 1), tries=20) == 20


def test_a_full_usage_closes_until_the_platform_says_so(limiter: Limiter, key: str) -> None:
    limiter.observe([Usage(key, 100, timedelta(minutes=7))])
    with pytest.raises(HeldBack) as said:
        limiter.acquire(key, 1, Limit(0, 1))
    assert said.value.delay is not None
    assert timedelta(minutes=6) < said.value.delay <= timedelta(minutes=7)


def test_without_redis_writes_wait_reads_are_few_and_pauses_go(nowhere: Store, key: str) -> None:
    limiter = Limiter(nowhere)
    charge = Charge(key, Limit(80, HOUR))
    with pytest.raises(HeldBack) as said:
        limiter.acquire_all([charge])
    assert said.value.code == "no-redis"
    for _ in range(10):
        limiter.acquire_all([charge], writes=False)
    with pytest.raises(HeldBack):
        limiter.acquire_all([charge], writes=False)
    with urgent():
        for _ in range(100):
            limiter.acquire_all([charge])


def test_a_redis_that_comes_back_counts_again(store: Store, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter, limit = Limiter(store), Limit(3, HOUR)
    monkeypatch.setattr(store, "_down_until", time.monotonic() + 60)
    with pytest.raises(HeldBack, match="Redis"):
        limiter.acquire(key, 1, limit)
    monkeypatch.setattr(store, "_down_until", time.monotonic() - 1)
    assert _take(limiter, key, limit) == 3
