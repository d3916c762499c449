"""Loading performance: rows a second from the official SDK into public.analytics, beside a raw COPY of the same rows into the same
partitioned, indexed tables, in one run; and the most memory that the loading process took.

One account reports 100 days at the grain of ads, with conversions for one ad in twenty. A server of its own process answers SearchStream
over TLS with prepared bytes (benchmarks/performance_source.py); everything from there on is the product's: client, gate, checks, spool,
staging table, merge, commit by day. The two sides take turns: the product loads a share of the days, then the rows that it wrote are copied
as they are into a twin of the database that was made before the first row, so that both grow alike; a checkpoint lies between the turns.
Stopped (Ctrl-C, SIGTERM), it gives the figures of the turns that were done.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from benchmarks.figure import Figure, at_least, at_most, shown
from benchmarks.performance_source import CUSTOMER, FIRST
from benchmarks.progress import say, stoppable
from cli.local.environment import supervisor_environment

if TYPE_CHECKING:
    from benchmarks.cluster import Cluster

ROWS, TURNS, DAYS = 10_000_000, 4, 100
_AGAIN = 5  # days that are read again in the end
_TABLES = ("analytics", "analytics_conversions")
_SHARE, _MEGABYTES = 0.25, 500.0
_TWIN = "raw"


@dataclass(frozen=True)
class Turn:
    """Rows of facts and conversions, and the seconds that each side took for them."""

    rows: int
    loading: float
    copying: float


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=int(os.environ.get("ZAMC_BENCH_ROWS", ROWS)), help="rows of ads, over all days")
    parser.add_argument("--days", type=int, default=DAYS, help="days that they lie on")
    parser.add_argument("--turns", type=int, default=TURNS, help="how often the two sides take turns")


def measure(*, rows: int = ROWS, days: int = DAYS, turns: int = TURNS) -> list[Figure]:
    """Starts PostgreSQL alone, in a folder that is gone afterwards."""
    from benchmarks.cluster import Cluster
    from cli.local.client import LocalStack

    done: list[Turn] = []
    megabytes = 0.0
    again: dict[str, float] = {}
    with stoppable(), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zamc-bench-")))
        cluster = Cluster(stack.enter_context(LocalStack.start(home=folder / "home", services=("postgres", "migrate"), durable=False)))
        _account(cluster.url())
        cluster.twin(_TWIN)
        loader = stack.enter_context(_Loader(cluster.url(), folder, rows // days))
        try:
            for first, last in _shares(days, turns):
                cluster.settle()
                seen = loader.load(first, last)
                megabytes = max(megabytes, seen["megabytes"])
                copied, seconds = _raw_copy(cluster, folder, first, last)
                done.append(Turn(copied, seen["seconds"], seconds))
                say(f"{first} to {last}: {copied:,} rows, {_rate(seen['seconds'], copied)} by the product, {_rate(seconds, copied)} raw")
            # Days that have not changed: a few are enough to know what they cost.
            again = loader.load(*_shares(days, max(1, days // _AGAIN))[-1])
        except KeyboardInterrupt:
            if not done:
                raise
            say(f"stopped after {len(done)} of {turns} turns: the figures are theirs")
        say(f"{cluster.gigabytes():.1f} GB of tables, twice")
    return _figures(done, megabytes=megabytes, again=again, asked=rows)


def _figures(done: Sequence[Turn], *, megabytes: float, again: dict[str, float], asked: int) -> list[Figure]:
    rows, loading, copying = (sum(getattr(turn, name) for turn in done) for name in ("rows", "loading", "copying"))
    return [
        at_least("rows", rows, "rows", asked),
        shown("from the SDK into public.analytics", rows / loading, "rows/s"),
        shown("raw COPY of the same rows", rows / copying, "rows/s"),
        at_least("loading over raw COPY", copying / loading, "ratio", _SHARE),
        shown("the same, the turn with the least", min(turn.copying / turn.loading for turn in done), "ratio"),
        shown("the same, the turn with the most", max(turn.copying / turn.loading for turn in done), "ratio"),
        at_most("peak memory of the loading process", megabytes, "MB", _MEGABYTES),
        *([shown("the same rows again, unchanged", again["rows"] / again["seconds"], "rows/s")] if again else []),
    ]


def _rate(seconds: float, rows: int) -> str:
    return f"{rows / seconds:,.0f} rows/s ({seconds:.0f} s)"


def _shares(days: int, turns: int) -> list[tuple[date, date]]:
    """The days in as many runs."""
    edges = [days * n // turns for n in range(turns + 1)]
    return [(FIRST + timedelta(days=a), FIRST + timedelta(days=b - 1)) for a, b in pairwise(edges)]


def _account(url: str) -> None:
    from tests.zamc.analytics.scripted import launched
    from zamc.database.engine import Database

    database = Database(url)
    launched(database, starts_on=FIRST, external_id=CUSTOMER)
    database.close()


class _Loader:
    """The platform and the loading process, each a process of its own, in the environment of the platform's own processes."""

    def __init__(self, url: str, folder: Path, a_day: int) -> None:
        self._url, self._folder, self._a_day = url, folder, a_day
        self._children: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        try:
            port, certificate = self._start("performance_source", str(self._folder / "tls"), str(self._a_day)).readline().split()
            self._start("performance_loader", self._url, port, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=certificate)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, module: str, *arguments: str, **variables: str) -> IO[str]:
        child = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**supervisor_environment(), **variables},
            # Not our terminal's Ctrl-C: whoever starts them ends them.
            start_new_session=True,
        )  # fmt: skip
        self._children.append(child)
        assert child.stdout is not None
        return child.stdout

    def load(self, first: date, last: date) -> dict[str, float]:
        loader = self._children[-1]
        assert loader.stdin is not None
        assert loader.stdout is not None
        loader.stdin.write(f"{first} {last}\n")
        loader.stdin.flush()
        answer = loader.stdout.readline()
        if not answer:
            raise RuntimeError(f"the loading process ended with {loader.wait()}")
        seen: dict[str, float] = json.loads(answer)
        return seen

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.terminate()
            child.wait(30)


def _raw_copy(cluster: "Cluster", folder: Path, first: date, last: date) -> tuple[int, float]:
    """Write what the product loaded of these days to files, and COPY those into the twin: rows and seconds of the latter."""
    rows = 0
    with _owner(cluster.owner_url()) as source:
        for table in _TABLES:
            with (folder / table).open("wb") as file, source.cursor() as cursor:
                query = f"SELECT * FROM public.{table} WHERE date BETWEEN '{first}' AND '{last}'"  # noqa: S608 - names and dates of this module
                with cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
                    for chunk in copy:
                        file.write(chunk)
                rows += cursor.rowcount
    # The owner: COPY into a table with row-level security is not for those whom it binds.
    with _owner(cluster.owner_url(_TWIN)) as target:
        target.execute("SELECT public.ensure_analytics_partitions(%s, %s)", (first, last))
        target.commit()
        cluster.settle()
        started = time.perf_counter()
        for table in _TABLES:
            with (folder / table).open("rb") as file, target.cursor().copy(f"COPY public.{table} FROM STDIN") as copy:
                while chunk := file.read(1 << 17):
                    copy.write(chunk)
        target.commit()
        seconds = time.perf_counter() - started
    for table in _TABLES:
        (folder / table).unlink()
    return rows, seconds


def _owner(url: str) -> Any:
    import psycopg

    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"))
