"""What a new day costs as history grows: the daily sync of all accounts and the dbt build of that day, with 10 and with 90 days before it.

History is made by SQL as the sync would leave it (benchmarks/reporting_history.py): account, campaign and ad of each deployment on each
day, and a conversion of each campaign and account. Two databases of one server hold the two histories at the same time, and both get the
same new days, in turns, a checkpoint before each. A new day comes through the sync itself (checks, spool, COPY, merge, one transaction per
account) from a source at the port; then `dbt build` runs as the data asset runs it, tests included. The new days are the last of their
month, so that the month's table is as full as it gets. PostgreSQL, sync and dbt share the machine. Stopped (Ctrl-C, SIGTERM), it gives the
figures of the new days that were done.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figure import Figure, at_least, at_most, shown
from benchmarks.progress import say, stoppable
from zamc.analytics.rules import DEFAULT_WINDOW, ConversionRow, FactRow, Grain, Subject

if TYPE_CHECKING:
    from benchmarks.cluster import Cluster
    from zamc.projects.tables import AdAccount

DEPLOYMENTS, ACCOUNTS, FEW, MANY, NEW_DAYS = 100_000, 50, 10, 90, 3
_FIRST_NEW = date(2027, 3, 29)
_GROWTH = 1.3


@dataclass(frozen=True)
class NewDay:
    """Seconds of one new day, and the facts that it brought."""

    facts: int
    sync: float
    build: float


@dataclass
class History:
    """One database: how much it holds, seconds of a full build, and its new days."""

    database: str
    days: int
    target: Path
    facts: int = 0
    full: float = 0.0
    new: list[NewDay] = field(default_factory=list)

    def typical(self, name: str) -> float:
        """The median over the new days of "sync" or "build"."""
        return statistics.median(getattr(day, name) for day in self.new)

    @property
    def day(self) -> float:
        return statistics.median(day.sync + day.build for day in self.new)


_FROM_ENVIRONMENT = (("DEPLOYMENTS", DEPLOYMENTS), ("ACCOUNTS", ACCOUNTS))


def add_options(parser: argparse.ArgumentParser) -> None:
    deployments, accounts = (int(os.environ.get(f"ZAMC_BENCH_{name}", default)) for name, default in _FROM_ENVIRONMENT)
    parser.add_argument("--deployments", type=int, default=deployments, help="over all accounts")
    parser.add_argument("--accounts", type=int, default=accounts, help="ad accounts")
    parser.add_argument("--few", type=int, default=FEW, help="days of the short history")
    parser.add_argument("--many", type=int, default=MANY, help="days of the long history")
    parser.add_argument("--new-days", type=int, default=NEW_DAYS, help="new days that both get")
    parser.add_argument(
        "--full-tests",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="let full builds test every row, as a new day's build does its own",
    )


def measure(
    *,
    deployments: int = DEPLOYMENTS,
    accounts: int = ACCOUNTS,
    few: int = FEW,
    many: int = MANY,
    new_days: int = NEW_DAYS,
    full_tests: bool = True,
) -> list[Figure]:
    """Starts PostgreSQL alone, in a folder that is gone afterwards."""
    from benchmarks.cluster import MAIN, Cluster
    from cli.local.client import LocalStack

    with stoppable(), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zamc-bench-")))
        cluster = Cluster(stack.enter_context(LocalStack.start(home=folder / "home", services=("postgres", "migrate"), durable=False)))
        # As a server of that size is set up: a checkpoint every gigabyte would write the same pages over and over while history is made.
        cluster.set("max_wal_size", "4GB")
        cluster.set("work_mem", "64MB")
        histories = [History("few", few, folder / "dbt-few"), History(MAIN, many, folder / "dbt-many")]
        bench = _Bench(cluster, accounts, deployments // accounts, full_tests=full_tests)
        try:
            bench.prepare(histories)
            for n in range(new_days):
                day = _FIRST_NEW + timedelta(days=n)
                # The other one first each time: neither always comes second.
                for history in histories if n % 2 == 0 else reversed(histories):
                    bench.new_day(history, day)
        except KeyboardInterrupt:
            if not all(history.new for history in histories):
                raise
            say("stopped: the figures are of the new days that were done")
        say(" and ".join(f"{cluster.gigabytes(history.database):.1f} GB with {history.days} days" for history in histories))
    return _figures(deployments, *histories, full_build="full build" if full_tests else "full build without its tests")


def _figures(deployments: int, few: History, many: History, *, full_build: str) -> list[Figure]:
    pairs = min(len(few.new), len(many.new))
    few.new, many.new = few.new[:pairs], many.new[:pairs]
    figures = [at_least("deployments", deployments, "rows", DEPLOYMENTS), shown("new days that both got", pairs, "count")]
    for history in (few, many):
        of = f"{history.days} days"
        figures += [
            shown(f"facts, {of}", history.facts, "rows"),
            shown(f"{full_build}, {of}", history.full, "s"),
            shown(f"facts of a new day after {of}", history.new[0].facts, "rows"),
            shown(f"sync of a new day after {of}", history.typical("sync"), "s"),
            shown(f"dbt build of a new day after {of}", history.typical("build"), "s"),
        ]
    return [*figures, at_most(f"a new day after {many.days} days of history / after {few.days}", many.day / few.day, "ratio", _GROWTH)]


class _Bench:
    """What is done to the databases, and how long it takes."""

    def __init__(self, cluster: "Cluster", accounts: int, campaigns: int, *, full_tests: bool) -> None:
        self._cluster, self._accounts, self._campaigns = cluster, accounts, campaigns
        self._full = ["--full-refresh"] if full_tests else ["--full-refresh", "--exclude-resource-type", "test"]

    def prepare(self, histories: Sequence[History]) -> None:
        """Deployments, the two histories and a full build of each."""
        import polars  # noqa: F401 - whoever syncs first would pay for it

        from benchmarks.reporting_history import make_history, make_world
        from tests.zamc.analytics.scripted import launched
        from zamc.database.engine import Database

        database = Database(self._cluster.url())
        launched(database, starts_on=_FIRST_NEW - timedelta(days=max(history.days for history in histories) + 1))
        database.close()
        make = {"campaigns": self._campaigns}
        make_world(self._cluster.owner_url(), accounts=self._accounts, **make)
        for history in histories[:-1]:
            self._cluster.twin(history.database)
        say(f"{self._accounts * self._campaigns:,} deployments")
        for history in histories:
            owner = self._cluster.owner_url(history.database)
            make_history(owner, _FIRST_NEW - timedelta(days=history.days), _FIRST_NEW - timedelta(days=1), **make)
            self._cluster.vacuum(history.database)
            history.facts = self._cluster.count("public.analytics", history.database)
            history.full = self._build(history, *self._full)
            self._cluster.vacuum(history.database)
            say(f"{history.days} days: {history.facts:,} facts, full build {history.full:.0f} s")

    def new_day(self, history: History, day: date) -> None:
        from tests.conftest import ManualClock
        from zamc.analytics.service import AnalyticsService
        from zamc.database.engine import Database

        self._cluster.settle()
        clock = ManualClock(datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(days=1))
        database = Database(self._cluster.url(history.database))
        source = _Source(self._campaigns)
        service = AnalyticsService(database, clock, {"google_ads": lambda _: source}, look_back_days=0, workers=2)
        begun = time.monotonic()
        outcome = service.sync(platform="google_ads", day=day, look_back=False)
        synced = time.monotonic() - begun
        database.close()
        if outcome.failures or outcome.accounts != self._accounts:
            raise RuntimeError(f"{outcome.accounts} of {self._accounts} accounts were read: {outcome.failures}")
        new = NewDay(outcome.rows_changed, synced, self._build(history))
        history.new.append(new)
        say(f"{day} after {history.days} days: sync {new.sync:.1f} s, build {new.build:.1f} s")

    def _build(self, history: History, *more: str) -> float:
        """Seconds of a `dbt build` without unit tests. Raises RuntimeError when a model or a test with severity error fails."""
        from resources.dbt import connection_environment, dbt

        environment = connection_environment(self._cluster.url(history.database))
        begun = time.monotonic()
        done = dbt(
            "--no-use-colors", "build", "--exclude-resource-type", "unit_test", *more, environment=environment, target=history.target
        )
        took = time.monotonic() - begun
        if done.returncode:
            raise RuntimeError(done.stdout[-4000:])
        if os.environ.get("ZAMC_BENCH_NODES"):
            results = json.loads((history.target / "run_results.json").read_text())["results"]
            for node in sorted(results, key=lambda node: -node["execution_time"])[:12]:
                say(f"{node['execution_time']:8.2f} s  {node['unique_id']}")
        return took


class _Source:
    """An account's day at the port: what its platform would report of it."""

    grains = (Grain.AD, Grain.CAMPAIGN, Grain.ACCOUNT)

    def __init__(self, campaigns: int) -> None:
        self._campaigns = campaigns

    def fetch(self, _account: "AdAccount", grain: Grain, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow]:
        for n in range((last_day - first_day).days + 1):
            yield from self._day(grain, first_day + timedelta(days=n))

    def _day(self, grain: Grain, day: date) -> Iterator[FactRow | ConversionRow]:
        numbers = range(1, self._campaigns + 1)
        if grain is Grain.ACCOUNT:
            whole = Subject(grain, "9", day, "EUR", label="a name")
            yield FactRow(
                whole, sum(1000 + c for c in numbers), sum(50 + c % 7 for c in numbers), sum(1_000_000 * (1 + c % 50) for c in numbers)
            )
            yield ConversionRow(whole, "purchase", DEFAULT_WINDOW, True, Decimal(self._campaigns), 2_000_000 * self._campaigns)
            return
        for c in numbers:
            about = Subject(grain, f"{c}~1" if grain is Grain.AD else str(c), day, "EUR", campaign_id=str(c), label="a name")
            yield FactRow(about, 1000 + c, 50 + c % 7, 1_000_000 * (1 + c % 50))
            if grain is Grain.CAMPAIGN:
                yield ConversionRow(about, "purchase", DEFAULT_WINDOW, True, Decimal(1), 2_000_000)
