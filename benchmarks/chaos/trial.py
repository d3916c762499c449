"""Run a seed's plan against real workers, servers and both platforms, let everything come to rest, and ask the witness; then restore."""

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.chaos import restore
from benchmarks.chaos.crew import Crew, Say
from benchmarks.chaos.people import People
from benchmarks.chaos.plan import plan
from benchmarks.chaos.record import events_lost, wanted
from benchmarks.chaos.report import Report, show
from benchmarks.chaos.witness import campaigns, judge
from benchmarks.launch_world import world

# A call is sent at most a lease's end minus its time limit, and a late commit lands 3 s after that: Q has a second and a half to spare.
TIMES = {
    "ZAMC_CALL_TIMEOUT_SECONDS": "1.5",
    "ZAMC_LEASE_SECONDS": "5",
    "ZAMC_QUIET_PERIOD_SECONDS": "4",
    "ZAMC_READ_BACK_GAP_SECONDS": "0.1",
}


def run(seed: int, deployments: int, *, say: Say = lambda _: None) -> Report:
    """One trial. Raises RuntimeError when it does not come to rest."""
    begun = time.monotonic()
    script = plan(seed, deployments)
    report = Report(seed, deployments)
    with world(overrides=TIMES, services=("postgres", "nats", "valkey", "sandbox", "migrate", "relay")) as stage:
        people = People(stage)
        crew = Crew(stage, script, people, report)
        with crew.at_work():
            stage.lift_limits()
            people.launch(max(1, deployments // 8))
            stage.order_faults(script.fault_seed, script.fault_share)
            crew.live_through(say)
            people.launch((deployments + 1) // 2 - people.launched)
            stage.order_faults(0, 0.0)
            crew.come_to_rest(say)
        report.statuses = stage.statuses()
        report.verdict = judge(campaigns(stage.stack.home.folder("sandbox") / "sandbox.sqlite"), wanted(stage))
        report.events_lost = events_lost(stage)
        report.restored = restore.act(stage, people, script.adoptions, report, say)
        report.events_lost += events_lost(stage)
    report.seconds = time.monotonic() - begun
    return report


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
