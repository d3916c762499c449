"""Run a seed's plan against real workers, servers and both platforms, let everything come to rest, and ask the witness."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.chaos.plan import POINTS, Action, Death, Plan, plan, wish
from benchmarks.chaos.witness import Verdict, Wanted, campaigns, judge
from benchmarks.chaos.worker import PRELOADED, work
from benchmarks.launch_world import EUR, World, world
from zamc.deployments.change_rules import Request
from zamc.errors import ZamcError

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess as Child

WORKERS = 2
BY = "somebody"
# A call is sent at most a lease's end minus its time limit, and a late commit lands 3 s after that: Q has a second and a half to spare.
TIMES = {
    "ZAMC_CALL_TIMEOUT_SECONDS": "1.5",
    "ZAMC_LEASE_SECONDS": "5",
    "ZAMC_QUIET_PERIOD_SECONDS": "4",
    "ZAMC_READ_BACK_GAP_SECONDS": "0.1",
}
_SETTLE_SECONDS = 900.0
# Seconds that a worker takes to start, that one which waits for its point may live, and how many may try to reach it.
_START, _LONGEST_LIFE, _TRIES = 0.5, 20.0, 8
Say = Callable[[str], None]


@dataclass
class Report:
    """What happened. reached: how often a worker was killed at each point; random_kills, servers: kills beside those."""

    seed: int
    deployments: int
    verdict: Verdict | None = None
    reached: Counter[str] = field(default_factory=Counter)
    random_kills: int = 0
    servers: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    unsent_events: int = 0
    events_lost: int = 0
    seconds: float = 0.0

    @property
    def missed(self) -> list[str]:
        """Points at which nobody was killed: a trial that misses one proves nothing about it."""
        return [point for point in POINTS if not self.reached[point]]

    @property
    def good(self) -> bool:
        return bool(self.verdict and self.verdict.harmless) and not self.missed and not self.events_lost


def run(seed: int, deployments: int, *, say: Say = lambda _: None) -> Report:
    """One trial. Raises RuntimeError when it does not come to rest."""
    begun = time.monotonic()
    script = plan(seed, deployments)
    report = Report(seed, deployments)
    with world(overrides=TIMES, services=("postgres", "nats", "valkey", "sandbox", "migrate", "relay")) as stage:
        folder = stage.stack.home.folder("run")
        crew = _Crew(stage, script, folder, report)
        with crew.at_work():
            stage.lift_limits()
            crew.launch(max(1, deployments // 8))
            stage.order_faults(script.fault_seed, script.fault_share)
            crew.live_through(say)
            crew.launch((deployments + 1) // 2 - crew.launched)
            stage.order_faults(0, 0.0)
            crew.come_to_rest(say)
        report.statuses = stage.statuses()
        report.verdict = judge(campaigns(stage.stack.home.folder("sandbox") / "sandbox.sqlite"), _wanted(stage))
        report.events_lost = _events_lost(stage)
    report.seconds = time.monotonic() - begun
    return report


class _Crew:
    """Workers that are replaced as they die, and the people and accidents around them."""

    def __init__(self, stage: World, script: Plan, folder: Path, report: Report) -> None:
        self._stage = stage
        self._script = script
        self._report = report
        self._deaths = list(script.deaths)
        self._tries: Counter[str] = Counter()
        self._more = random.Random(script.seed)  # noqa: S311 - wishes, not secrets
        self._launched = 0
        self._diary, self._stop = folder / "diary.jsonl", folder / "stop"
        self._log = folder / "workers.log"
        self._workers: list[tuple[Child, Death | None, float]] = []
        self._cradle = get_context("forkserver")
        self._cradle.set_forkserver_preload(["benchmarks.chaos.worker", *PRELOADED])

    @property
    def launched(self) -> int:
        """Sets, each with a deployment on both platforms."""
        return self._launched

    def launch(self, sets: int) -> None:
        """Have so many more approved sets. Raises SQLAlchemyError while the database is down."""
        if sets > 0:
            self._stage.begin(sets, platforms=("google_ads", "meta_ads"), name=f"Trial {self._launched}")
            self._launched += sets

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
        actions, servers = list(self._script.actions), list(self._script.servers)
        now = time.monotonic()
        next_action, next_server = now + 2.0, now + 3.0
        while self._deaths or any(death for _, death, _ in self._workers) or servers:
            self._tend()
            now = time.monotonic()
            if now >= next_action:
                # Wishes go on as long as the accidents do: some points are passed only when somebody wants something.
                action = actions.pop(0) if actions else wish(self._more)
                self._act(action)
                next_action = now + action.seconds
            if servers and now >= next_server:
                self._kill_server(servers.pop(0).server)
                next_server = now + (servers[0].seconds if servers else 0)
            say(self._line())
            time.sleep(0.05)

    def come_to_rest(self, say: Say) -> None:
        """Nobody dies any more, and what is paused is wanted on again: what is under way ends, strays are swept."""
        _patiently(self._resume_all)
        deadline = time.monotonic() + _SETTLE_SECONDS
        quiet = 0
        while quiet < 3:
            self._tend()
            say(f"coming to rest: {self._moving()}")
            quiet = quiet + 1 if self._moving() == "nothing moves" else 0
            if time.monotonic() > deadline:
                raise RuntimeError(f"the trial does not come to rest: {self._moving()}; seed {self._script.seed}")
            time.sleep(1.0)
        # A stray is found and removed by the watch that comes after everything else.
        for _ in range(3):
            _patiently(self._stage.services.deployments.watch)
            _patiently(self._stage.services.deployments.run_stops)

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
            life = 0.0 if death is None else _LONGEST_LIFE if death.point else _START + death.seconds
            self._workers.append((self._hire(death), death, time.monotonic() + life))

    def _bury(self, worker: "Child", death: Death | None) -> None:
        if death is None:
            return
        self._report.reached = _reached(self._diary)
        if death.point is None and worker.exitcode == -signal.SIGKILL:
            self._report.random_kills += 1
        elif death.point is not None and not self._report.reached[death.point] and self._tries[death.point] < _TRIES:
            # Nothing brought it to its point in its time: somebody else shall die there.
            self._tries[death.point] += 1
            self._deaths.append(Death(death.point))

    def _hire(self, death: Death | None) -> "Child":
        environment = {name: value for name, value in os.environ.items() if name != "ZAMC_DATABASE_OWNER_URL"}
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

    def _act(self, action: Action) -> None:
        service, database = self._stage.services.deployments, self._stage.services.database
        try:
            if action.wish == "launch":
                self.launch(1)
                return
            ids = self._ids({"budget": "live", "end": "live", "resume": "paused"}.get(action.wish, "%"))
            if not ids:
                return
            subject = ids[int(action.subject * len(ids))]
            if action.wish == "budget":
                micros = (5 + int(action.subject * 1000) % 7) * EUR
                shown = service.plan_change(subject, Request(daily_budget_micros=micros), by=BY)
                service.apply_change(subject, shown.change_hash, by=BY)
                return
            with database.transaction() as session:
                {"pause": service.pause, "resume": service.resume, "end": service.end}[action.wish](session, subject, by=BY)
        except (ZamcError, SQLAlchemyError):
            return  # refused, or the database is just being killed: people see an error and go on

    def _ids(self, status: str) -> Sequence[UUID]:
        with self._stage.services.database.transaction() as session:
            rows = session.execute(text("SELECT id FROM deployments WHERE status LIKE :status ORDER BY id"), {"status": status})
            return [row.id for row in rows]

    def _resume_all(self) -> None:
        service = self._stage.services.deployments
        query = "SELECT id FROM deployments WHERE desired_status = 'paused'"
        with self._stage.services.database.transaction() as session:
            for row in session.execute(text(query)).all():
                service.resume(session, row.id, by=BY)

    def _moving(self) -> str:
        query = """SELECT (SELECT count(*) FROM operations WHERE state IN ('planned', 'sending', 'sent', 'in_doubt')),
                          (SELECT count(*) FROM deployments WHERE status NOT IN ('live', 'paused', 'failed', 'ended')),
                          (SELECT count(*) FROM events.outbox WHERE published_at IS NULL)"""
        try:
            with self._stage.services.database.transaction() as session:
                operations, deployments, events = session.execute(text(query)).one()
        except SQLAlchemyError as error:
            return type(error).__name__
        if not operations and not deployments and not events:
            return "nothing moves"
        return f"{operations} operations, {deployments} deployments, {events} events under way"

    def _line(self) -> str:
        done = len(POINTS) - len(self._report.missed)
        killed = sum(self._report.reached.values()) + self._report.random_kills
        servers = sum(self._report.servers.values())
        return f"{killed} workers killed, at {done} of {len(POINTS)} points; servers {servers} times; {len(self._deaths)} deaths to come"


def _reached(diary: Path) -> Counter[str]:
    lines = diary.read_text(encoding="utf-8").splitlines() if diary.exists() else []
    return Counter(json.loads(line)["point"] for line in lines)


def _patiently(use: Callable[[], object]) -> None:
    """A server may still be on its way up."""
    for _ in range(4):
        with suppress(ZamcError, SQLAlchemyError):
            use()
            return
        time.sleep(1.0)
    use()


def _wanted(stage: World) -> dict[str, Wanted]:
    query = """SELECT replace(o.obj_key::text, '-', ''), d.platform, d.status, o.external_id
               FROM platform_objects o JOIN deployments d ON d.id = o.deployment_id WHERE o.kind = 'campaign'"""
    with stage.services.database.transaction() as session:
        rows = session.execute(text(query)).tuples().all()
    return {key[:16]: Wanted(platform, status == "live", status, external_id) for key, platform, status, external_id in rows}


def _events_lost(stage: World) -> int:
    """Events of the outbox that the stream does not have."""
    import asyncio

    with stage.services.database.transaction() as session:
        ids = {str(row.event_id) for row in session.execute(text("SELECT event_id FROM events.outbox"))}
    return len(ids - asyncio.run(_published(stage.stack.environment["ZAMC_NATS_URL"])))


async def _published(url: str) -> set[str]:
    from zamc.events.stream import connected

    seen: set[str] = set()
    async with connected(url, name="chaos") as client:
        jetstream = client.jetstream()
        info = await jetstream.stream_info("ZAMC")
        subscription = await jetstream.subscribe("zamc.>", ordered_consumer=True)
        while len(seen) < info.state.messages:
            message = await subscription.next_msg(timeout=10)
            seen.add(json.loads(message.data)["id"])
            if message.metadata.sequence.stream >= info.state.last_seq:
                break
    return seen


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m benchmarks.chaos`."""
    import argparse

    from rich.console import Console

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos",
        description="Kill workers, servers and calls by a seed's plan, and ask the platforms' own record whether anything was harmed.",
        epilog="example: python -m benchmarks.chaos --deployments 300 --seed 7",
    )
    parser.add_argument("--deployments", type=int, default=300, help="how many to launch, half on each platform (300)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same plan (1)")
    parser.add_argument("--json", type=Path, help="also keep the figures in this file")
    options = parser.parse_args(argv)
    console = Console()
    with console.status("starting") as status:
        report = run(options.seed, options.deployments, say=status.update)
    return show(report, options.json)


def show(report: Report, kept: Path | None = None) -> int:
    """Print the report, keep it in build/bench/chaos.json; 0 when nothing was harmed and every point was reached."""
    from benchmarks.figure import Figure, at_most, shown
    from benchmarks.figure import report as table

    verdict = report.verdict
    if verdict is None:
        return 1
    none = [
        at_most(name.replace("_", " "), getattr(verdict, name), "count", 0)
        for name in ("enabled_twice", "lost", "enabled_orphans", "on_unwanted", "strays_left", "unsettled")
    ]
    figures: list[Figure] = [
        *none,
        at_most("events lost", report.events_lost, "count", 0),
        at_most("crash points never reached", len(report.missed), f"of {len(POINTS)}", 0),
        shown("deployments asked for", report.deployments, "count"),
        *(shown(f"of them {status}", count, "count") for status, count in sorted(report.statuses.items())),
        shown("strays that were made, and swept", verdict.strays, "count"),
        shown("workers killed at a named point", sum(report.reached.values()), "count"),
        shown("workers killed at random", report.random_kills, "count"),
        *(shown(f"times {server} was killed", count, "count") for server, count in sorted(report.servers.items())),
        shown("seed", report.seed, ""),
        shown("time", report.seconds, "s"),
    ]
    table("chaos", figures)
    if kept is not None:
        kept.write_text(json.dumps([asdict(figure) for figure in figures]))
    return 0 if report.good else 1
