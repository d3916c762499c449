"""How a day settles: what was known of it at each reading, and whether it still moves."""

from datetime import timedelta
from decimal import Decimal

from cli.demo.settle import as_json, table
from tests.conftest import ManualClock
from tests.dbt.conftest import Reports
from tests.zamc.analytics.scripted import DAY, ScriptedSource, conversion, fact
from zamc.analytics.service import AnalyticsService
from zamc.analytics.settling_views import settling_days


def test_conversions_that_came_late_are_seen_at_the_reading_that_brought_them(reports: Reports) -> None:
    clock = ManualClock()
    first = clock.business_now() + timedelta(seconds=1)
    clock.advance(days=31)
    source = ScriptedSource([fact(), conversion(count="250")])
    outcome = AnalyticsService(reports.database, clock, {"google_ads": lambda _: source}, look_back_days=0).sync(
        platform="google_ads", day=DAY, look_back=False
    )
    assert not outcome.failures
    moments = [first - timedelta(days=9), first, clock.business_now() + timedelta(seconds=1)]
    with reports.database.transaction() as session:
        found = settling_days(session, [reports.euro.deployment_id, reports.yen.deployment_id], moments)
    google, meta = found
    assert (google.platform, google.day, google.known, google.is_moving) == (
        "google_ads", DAY, (None, Decimal(200), Decimal(250)), False
    )  # fmt: skip
    assert (meta.known, meta.is_moving, meta.settles_on) == ((None, Decimal(200), Decimal(200)), True, DAY + timedelta(days=8))
    assert table(found, moments).row_count == 2
    assert [day["conversions"] for day in as_json(found)] == [[None, 200.0, 250.0], [None, 200.0, 200.0]]
