"""A worker that is killed, by the machine and not by an exception: `python -m tests.zamc.analytics.killed_in_merge URL DAYS STATEMENT`
syncs DAYS days one transaction each, with 77 clicks and 7 conversions on each, and ends itself with SIGKILL when the third of them
comes to a statement that contains STATEMENT: some of the day is written then, and nothing of it is committed.
"""

import os
import signal
import sys
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import DAY, ScriptedSource, conversion, fact, subject
from zamc.analytics import reading
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database

THE_DAY = 3


def main(url: str, days: int, statement: str) -> None:
    reading._ROWS_AT_ONCE = 1
    database = Database(url)
    seen = 0

    def count(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        nonlocal seen
        seen += statement in text
        if seen == THE_DAY:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", count)
    week = [DAY - timedelta(days=n) for n in range(days)]
    rows = [row for day in week for row in (fact(subject(day=day), clicks=77), conversion(subject(day=day), count="7"))]
    clock = ManualClock()
    clock.advance(hours=1)
    service = AnalyticsService(database, clock, {"google_ads": lambda _: ScriptedSource(rows)}, look_back_days=days - 1, workers=1)
    service.sync(platform="google_ads", day=DAY)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
