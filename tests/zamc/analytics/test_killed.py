"""A reading that the machine kills in the middle of a write: each day is what it was, or what it was to become."""

import signal
import subprocess
import sys

import pytest

from tests.services import Database as DatabaseUrls
from tests.zamc.analytics.scripted import Launched, conversion, fact, subject
from tests.zamc.analytics.test_readings import WEEK, World, _every_day, deployment, world
from zamc.analytics.look_back_rules import Conversions

__all__ = ["deployment", "world"]


@pytest.mark.parametrize(
    "statement",
    [
        "TABLE fresh ",
        "INSERT INTO public.analytics (",
        "INSERT INTO public.analytics_conversions",
        "INSERT INTO analytics_days",
        "events.outbox",
    ],
)
def test_sigkill_in_the_middle_of_a_merge_leaves_every_day_old_or_new_and_never_half(
    world: World, deployment: Launched, urls: DatabaseUrls, statement: str
) -> None:
    """A process of its own, and a real signal: what PostgreSQL had of the day is gone with its connection, and nobody is locked out."""
    world.source.rows = _every_day(clicks=1)
    world.source.conversions = Conversions(windows={"8d": 7})
    assert world.sync().synced[0].days_written == 9
    command = [sys.executable, "-m", "tests.zamc.analytics.killed_in_merge", urls.app_url, "9", statement]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL, (done.returncode, done.stderr[-2000:])
    newest = """
        SELECT fact.date, fact.clicks, sum(counted.conversions)
        FROM (SELECT DISTINCT ON (date) * FROM analytics ORDER BY date, as_of DESC) AS fact
        JOIN analytics_conversions AS counted USING (ad_account_id, grain, object_id, segment, date, as_of)
        GROUP BY 1, 2 ORDER BY 1
    """
    # The third day, in the order of days, was being written.
    assert world.read(newest) == [(day, 77, 7) if day in WEEK[:2] else (day, 1, 2) for day in WEEK]
    assert world.read("SELECT count(*) FROM analytics") == [(9 + 2,)]
    world.source.rows = [row for day in WEEK for row in (fact(subject(day=day), clicks=77), conversion(subject(day=day), count="7"))]
    world.clock.advance(hours=2)
    assert not world.sync().failures
    assert world.read(newest) == [(day, 77, 7) for day in WEEK]
