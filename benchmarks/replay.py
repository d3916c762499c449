"""Whether yesterday's decision inputs, rebuilt from as_of, are the same bytes after everything that came later.

An account lives through 30 mornings in a real PostgreSQL, after 40 days of history: conversions come late, closed days are revised, and
nowcasts and verdicts are written on each morning. What was known is kept as bytes each morning; in the end each morning is rebuilt and
compared with them.
"""

import argparse
import logging
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from benchmarks.figure import Figure, at_least, shown
from cli.local.client import LocalStack
from tests.conftest import ManualClock
from tests.zamc.analytics.late import LateAccount
from zamc.analytics.nowcast import NowcastService
from zamc.analytics.nowcast_inputs import known_at
from zamc.analytics.verdicts import VerdictService
from zamc.database.engine import Database
from zamc.database.migrate import migrate

MORNINGS = 30
_FIRST = date(2026, 8, 1)
_HISTORY = timedelta(days=40)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mornings", type=int, default=MORNINGS, help="mornings that are kept and rebuilt")


def measure(*, mornings: int = MORNINGS) -> list[Figure]:
    """Live through the mornings, then look back."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with (
        tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder,
        LocalStack.start(home=Path(folder), services=("postgres",), durable=False) as stack,
    ):
        migrate(stack.environment["ZAMC_DATABASE_OWNER_URL"])
        database = Database(stack.environment["ZAMC_DATABASE_URL"])
        try:
            return _measure(database, mornings)
        finally:
            database.close()


def _measure(database: Database, mornings: int) -> list[Figure]:
    clock = ManualClock()
    account = LateAccount(database, clock, first_day=_FIRST, per_day=lambda day: 30 + day.toordinal() * 7919 % 23)
    account.live(_FIRST + _HISTORY)
    nowcasts, verdicts = NowcastService(database, clock), VerdictService(database, clock)
    kept = {}
    for _ in range(mornings):
        account.go_on(clock.business.date() + timedelta(days=1))
        moment = clock.business_now(), clock.now()
        kept[moment] = _bytes(database, account.launch.account.id, *moment)
        nowcasts.refresh()
        verdicts.judge()
    started = time.perf_counter()
    equal = sum(_bytes(database, account.launch.account.id, *moment) == bytes_then for moment, bytes_then in kept.items())
    seconds = time.perf_counter() - started
    assert len(set(kept.values())) == mornings, "every morning knows something else, or the comparison proves nothing"
    return [
        at_least("mornings whose inputs are rebuilt byte for byte", equal / mornings, "share", 1.0),
        shown("mornings", mornings, "count"),
        shown("bytes of a morning, mean", sum(map(len, kept.values())) / mornings, "bytes"),
        shown("to rebuild a morning", 1000 * seconds / mornings, "ms"),
    ]


def _bytes(database: Database, account_id: UUID, at: datetime, recorded_by: datetime) -> bytes:
    with database.transaction() as session:
        return known_at(session, account_id, at=at, recorded_by=recorded_by).canonical()
