"""Two weeks later: conversions that came late, and which days no longer move."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from rich.table import Table
from rich.text import Text

from cli.demo.customer import Sandbox
from cli.demo.dagster import Dagster
from zamc.analytics.settling_views import SettlingDay, settling_days
from zamc.bootstrap import Services
from zamc.clock import FileClock

# Days after the first report on which the platforms are read again, as the daily schedule would do every day.
_LOOKS = (1, 3, 7, 14)
_LONGEST_SECONDS = 300.0


def pass_days(wired: Services, sandbox: Sandbox, dagster: Dagster, clock: FileClock, *, days: int) -> list[datetime]:
    """Move business time on and read the platforms; returns the moments of all readings, the first report's before them.

    Business time never passes real time: what has not happened has no performance. Raises Later or GiveUp.
    """
    begun = wired.clock.business_now()
    moments = [begun]
    for after in sorted({*(look for look in _LOOKS if look < days), days}):
        moment = begun + timedelta(days=after)
        if moment > wired.clock.now():
            break
        sandbox.move_clock(moment.isoformat())
        clock.move_to(moment)
        since = time.time()
        day = (moment - timedelta(days=1)).date().isoformat()
        run = dagster.launch(location="zamc_pipelines", job="performance_job", partition=day)
        dagster.wait(run, since=since, seconds=_LONGEST_SECONDS, look=lambda: None)
        # A reading that stands at the moment itself is a microsecond later than one before it.
        moments.append(wired.clock.business_now() + timedelta(seconds=1))
    return moments


def read(wired: Services, deployment_ids: Sequence[UUID], moments: Sequence[datetime]) -> list[SettlingDay]:
    """From the record and the reports."""
    with wired.database.transaction() as session:
        return settling_days(session, deployment_ids, [moments[0] + timedelta(seconds=1), *moments[1:]])


def table(found: Sequence[SettlingDay], moments: Sequence[datetime]) -> Table:
    """Conversions of each day as they were known at each reading."""
    shown = Table(title="How the days settle: conversions known", title_justify="left")
    for column in ("platform", "day"):
        shown.add_column(column)
    for moment in moments:
        shown.add_column(f"on {moment:%d %b}", justify="right")
    shown.add_column("state")
    for each in found:
        known = ("" if value is None else f"{value:,.1f}" for value in each.known)
        state = Text(f"moves until {each.settles_on:%d %b}", "yellow") if each.is_moving else Text("settled", "green")
        shown.add_row(each.platform, f"{each.day:%d %b}", *known, state)
    return shown


def as_json(found: Sequence[SettlingDay]) -> list[dict[str, object]]:
    """The shape in `zamc demo --json FILE`."""
    return [
        {
            "platform": each.platform,
            "day": each.day.isoformat(),
            "conversions": [None if value is None else float(value) for value in each.known],
            "is_moving": each.is_moving,
            "settles_on": each.settles_on.isoformat(),
        }
        for each in found
    ]
