"""Several processes, as in production: one budget, one breaker, and nothing bought twice when one of them is killed."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.llm.buyer import MARK
from tests.zamc.llm.conftest import COST, Bench
from tests.zamc.llm.test_till import buy, worst
from tests.zamc.llm.wire import PROVIDERS, Act
from zamc.errors import InDoubt
from zamc.llm.till import AskedAlready

Starts = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(bench: Bench, services: Services, urls: DatabaseUrls) -> Iterator[Starts]:
    """Starts a buyer; all of them begin with the first line that they are sent, and none outlives its test."""
    begun: list[subprocess.Popen[str]] = []

    def one(*, variants: list[int], provider: str = "openai", threads: int = 1, die: str = "") -> "subprocess.Popen[str]":
        told = {
            "redis_url": services.redis_url, "app_url": urls.app_url, "now": bench.clock.now().isoformat(), "provider": provider,
            "url": bench.wire.address(provider), "key": bench.canary, "project_id": str(bench.project_id), "variants": variants,
            "threads": threads, "die": die,
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.zamc.llm.buyer", json.dumps(told)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == f"{MARK}ready\n"
        return process

    yield one
    for process in begun:
        process.kill()
        process.communicate()


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def words(process: "subprocess.Popen[str]") -> list[str]:
    """All that it says until it ends."""
    return [line.removeprefix(MARK) for line in process.communicate(timeout=60)[0].splitlines() if line.startswith(MARK)]


def test_two_processes_never_reserve_more_than_the_budget(bench: Bench, start: Starts) -> None:
    most = worst(bench)
    bench.allow(3 * most + most // 2)
    bench.play("openai", bench.good())
    refused, enough = threading.Semaphore(0), threading.Event()
    bench.wire.before = lambda: (enough.wait(60), None)[1]  # whoever may buy is in flight until all others were refused
    buyers = [start(variants=[10 * number + each for each in range(4)], threads=4) for number in range(2)]
    said: list[str] = []

    def listen(process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in (each for each in process.stdout if each.startswith(MARK)):
            said.append(word := line.removeprefix(MARK).strip())
            if word == "SpendRefused":
                refused.release()

    listeners = [threading.Thread(target=listen, args=(buyer,)) for buyer in buyers]
    for listener in listeners:
        listener.start()
    for buyer in buyers:
        go(buyer)
    for _ in range(5):
        assert refused.acquire(timeout=60), said
    enough.set()
    for listener in listeners:
        listener.join(60)
    assert sorted(said) == ["SpendRefused"] * 5 + ["bought"] * 3
    assert bench.wire.count("openai") == 1 + 3  # one of them to learn the worst case
    assert sum(call.cost_micros for call in bench.calls()) == 3 * COST


def test_what_one_process_learns_of_an_outage_holds_for_the_other(bench: Bench, start: Starts) -> None:
    bench.allow()
    bench.play("openai", Act(status=500))
    first, second = start(variants=[0, 1, 2, 3, 4]), start(variants=[9])
    go(first)
    assert [line.split()[0] for line in words(first)] == ["InDoubt"] * 5
    go(second)
    assert words(second) == ["HeldBack breaker"]
    assert bench.wire.count("openai") == 5


def test_a_wait_that_one_process_was_told_holds_for_the_other(bench: Bench, start: Starts) -> None:
    bench.allow()
    bench.play("openai", Act(status=429, headers={"retry-after": "60"}))
    first, second = start(variants=[0]), start(variants=[1])
    go(first)
    assert words(first)[0].startswith("Throttled")
    go(second)
    assert words(second)[0].startswith("HeldBack")
    assert bench.wire.count("openai") == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_process_killed_after_it_sent_leaves_a_doubt_that_nobody_pays_for_again(bench: Bench, start: Starts, provider: str) -> None:
    bench.allow()
    bench.play(provider, bench.good())
    victim = start(variants=[0], provider=provider)
    bench.wire.before = victim.kill  # the request has come, the answer has not gone
    go(victim)
    assert (words(victim), victim.returncode) == ([], -signal.SIGKILL)
    assert bench.wire.count(provider) == 1
    assert [call.status for call in bench.calls()] == ["reserved"]
    bench.wire.before = lambda: None
    with pytest.raises(AskedAlready):  # as far as anybody knows, it is still being asked
        buy(bench, provider=provider)
    bench.clock.advance(seconds=timedelta(seconds=41).total_seconds())
    other = start(variants=[0, 1], provider=provider)
    go(other)
    assert words(other) == ["InDoubt in-doubt", "bought"]
    assert bench.wire.count(provider) == 2  # the other variant is another request
    lost = bench.calls()[0]
    assert (lost.status, lost.cost_micros) == ("in_doubt", lost.reserved_micros)
    assert lost.cost_micros > 0


def test_killed_before_the_answer_was_committed_it_counts_as_spent(bench: Bench, start: Starts) -> None:
    bench.allow()
    bench.play("openai", bench.good())
    victim = start(variants=[0], die="before-keep")
    go(victim)
    assert (words(victim), victim.returncode) == ([], -signal.SIGKILL)
    bench.clock.advance(seconds=41)
    with pytest.raises(InDoubt):
        buy(bench)
    assert bench.wire.count("openai") == 1


def test_killed_after_the_answer_was_committed_it_is_there_for_the_next(bench: Bench, start: Starts) -> None:
    bench.allow()
    bench.play("openai", bench.good())
    victim = start(variants=[0], die="after-keep")
    go(victim)
    assert (words(victim), victim.returncode) == ([], -signal.SIGKILL)
    other = start(variants=[0])
    go(other)
    assert words(other) == ["cached"]
    assert bench.wire.count("openai") == 1
    assert [(call.status, call.cost_micros) for call in bench.calls()] == [("answered", COST), ("answered", 0)]
