"""Workers that are replaced as they die, and the accidents around them."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.chaos.people import Outsiders, People
from benchmarks.chaos.plan import POINTS, SWEEP_POINTS, Death, Plan, hand, wish
from benchmarks.chaos.report import Report
from benchmarks.chaos.worker import PRELOADED, work
from benchmarks.launch_world import World
from zamc.errors import ZamcError

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess as Child

WORKERS = 2
_SETTLE_SECONDS = 900.0
# Seconds that a worker takes to start, that the first one which waits for its point may live, and how many more may try to reach it.
# Each of these waits ten seconds longer: on a busy machine, a worker's round among many deployments takes longer than the first one's life.
_START, _FIRST_LIFE, _TRIES = 0.5, 20.0, 8
# How much longer people outside take for a thing while nobody waits for it.
_LEISURE = 6
Say = Callable[[str], None]


class Crew:
    """Workers that are replaced as they die, and the people and accidents around them."""

    def __init__(self, stage: World, script: Plan, people: People, report: Report) -> None:
        self._stage = stage
        self._people, self._outsiders = people, Outsiders(stage)
        self._script = script
        self._report = report
        self._deaths = list(script.deaths)
        self._tries: Counter[str] = Counter()
        self._more = random.Random(script.seed)  # noqa: S311 - wishes, not secrets
        folder = stage.stack.home.folder("run")
        self._diary, self._stop = folder / "diary.jsonl", folder / "stop"
        self._log = folder / "workers.log"
        self._workers: list[tuple[Child, Death | None, float]] = []
        self._cradle = get_context("forkserver")
        self._cradle.set_forkserver_preload(["benchmarks.chaos.worker", *PRELOADED])

    @contextmanager
    def at_work(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._stop.touch()
            for worker, *_ in self._workers:
                worker.join(timeout=60)
                worker.kill()
                worker.join()

    def live_through(self, say: Say) -> None:
        """Until every death has happened, every server was killed and every wish was uttered."""
        actions, hands, servers = list(self._script.actions), list(self._script.hands), list(self._script.servers)
        now = time.monotonic()
        next_action, last_hand, next_server = now + 2.0, now, now + 3.0
        deed = hands.pop(0)
        while self._deaths or any(death for _, death, _ in self._workers) or servers:
            self._tend()
            now = time.monotonic()
            if now >= next_action:
                # Wishes go on as long as the accidents do: some points are passed only when somebody wants something.
                action = actions.pop(0) if actions else wish(self._more)
                self._people.act(action)
                next_action = now + action.seconds
            # Somebody outside is always at it, and all the more while somebody is to die over what that makes.
            if now >= last_hand + deed.seconds * (1 if self._sweeping() else _LEISURE):
                self._outsiders.do(deed)
                last_hand, deed = now, hands.pop(0) if hands else hand(self._more)
            if servers and now >= next_server:
                self._kill_server(servers.pop(0).server)
                next_server = now + (servers[0].seconds if servers else 0)
            say(self._line())
            time.sleep(0.05)

    def come_to_rest(self, say: Say) -> None:
        """Nobody dies any more, and what is paused is wanted on again: what is under way ends, strays are swept."""
        patiently(self._people.resume_all)
        deadline = time.monotonic() + _SETTLE_SECONDS
        quiet = 0
        while quiet < 3:
            self._tend()
            say(f"coming to rest: {moving(self._stage)}")
            quiet = quiet + 1 if moving(self._stage) == "nothing moves" else 0
            if time.monotonic() > deadline:
                raise RuntimeError(f"the trial does not come to rest: {moving(self._stage)}; seed {self._script.seed}")
            time.sleep(1.0)
        # A stray is found and removed by the watch that comes after everything else.
        for _ in range(3):
            patiently(self._stage.services.deployments.watch)
            patiently(self._stage.services.deployments.run_stops)

    def _sweeping(self) -> bool:
        return any(death is not None and death.point in SWEEP_POINTS for _, death, _ in self._workers)

    def _tend(self) -> None:
        """Bury who died, kill whose time has come, and hire."""
        for each in list(self._workers):
            worker, death, until = each
            if not worker.is_alive():
                self._workers.remove(each)
                self._bury(worker, death)
            elif death is not None and time.monotonic() > until:
                worker.kill()
        while len(self._workers) < WORKERS:
            death = self._deaths.pop(0) if self._deaths else None
            self._workers.append((self._hire(death), death, time.monotonic() + self._life(death)))

    def _life(self, death: Death | None) -> float:
        """Seconds; a worker that is not to die has no end."""
        if death is None:
            return 0.0
        return _FIRST_LIFE * (1 + self._tries[death.point] / 2) if death.point else _START + death.seconds

    def _bury(self, worker: "Child", death: Death | None) -> None:
        if death is None:
            return
        self._report.reached = reached(self._diary)
        if death.point is None and worker.exitcode == -signal.SIGKILL:
            self._report.random_kills += 1
        elif death.point is not None and not self._report.reached[death.point] and self._tries[death.point] < _TRIES:
            # Nothing brought it to its point in its time: somebody else shall die there.
            self._tries[death.point] += 1
            self._deaths.append(Death(death.point))

    def _hire(self, death: Death | None) -> "Child":
        environment = environment_of_workers()
        arguments = (death or Death("never"), environment, self._diary, self._stop, self._log)
        child = self._cradle.Process(target=work, args=arguments)
        child.start()
        return child

    def _kill_server(self, server: str) -> None:
        pid = self._stage.stack.pid(server)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._report.servers[server] += 1

    def _line(self) -> str:
        done = len(POINTS) - len(self._report.missed)
        killed = sum(self._report.reached.values()) + self._report.random_kills
        servers = sum(self._report.servers.values())
        return f"{killed} workers killed, at {done} of {len(POINTS)} points; servers {servers} times; {len(self._deaths)} deaths to come"


def environment_of_workers() -> Mapping[str, str]:
    """The stack's, without the password of the owner of the tables."""
    return {name: value for name, value in os.environ.items() if name != "ZAMC_DATABASE_OWNER_URL"}


def moving(stage: World) -> str:
    """What is under way, in words; "nothing moves" when that is nothing."""
    query = """SELECT (SELECT count(*) FROM operations WHERE state IN ('planned', 'sending', 'sent', 'in_doubt')),
                      (SELECT count(*) FROM deployments WHERE status NOT IN ('live', 'paused', 'failed', 'ended')),
                      (SELECT count(*) FROM events.outbox WHERE published_at IS NULL)"""
    try:
        with stage.services.database.transaction() as session:
            operations, deployments, events = session.execute(text(query)).one()
    except SQLAlchemyError as error:
        return type(error).__name__
    if not operations and not deployments and not events:
        return "nothing moves"
    return f"{operations} operations, {deployments} deployments, {events} events under way"


def reached(diary: Path) -> Counter[str]:
    """How often somebody was killed at each point."""
    lines = diary.read_text(encoding="utf-8").splitlines() if diary.exists() else []
    return Counter(json.loads(line)["point"] for line in lines)


def patiently(use: Callable[[], object]) -> None:
    """A server may still be on its way up."""
    for _ in range(4):
        with suppress(ZamcError, SQLAlchemyError):
            use()
            return
        time.sleep(1.0)
    use()
