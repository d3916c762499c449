"""What screens read of late conversions and verdicts."""

from dataclasses import replace
from datetime import date, timedelta

from tests.conftest import ManualClock
from tests.zamc.analytics.late import LateAccount
from tests.zamc.analytics.test_verdicts import BROKE, HEALTHY, Stage, stopped
from zamc.analytics.nowcast import NowcastService
from zamc.analytics.nowcast_views import curves, moving_days, nowcasts, to_come
from zamc.analytics.verdict_views import lasting_counts, verdicts
from zamc.analytics.views import Span, days
from zamc.database.engine import Database
from zamc.database.ids import uuid7

TODAY = date(2026, 10, 20)


def test_recent_days_move_and_old_ones_do_not(database: Database, clock: ManualClock) -> None:
    account = LateAccount(database, clock)
    account.live(TODAY)
    NowcastService(database, clock).refresh()
    launch = account.launch
    with database.transaction() as session:
        moving = moving_days(session, project_id=launch.project_id)
        assert moving[0].date == TODAY - timedelta(days=1)
        assert moving[0].reported < moving[0].low < moving[0].conversions < moving[0].high
        assert min(day.date for day in moving) > TODAY - timedelta(days=12)
        assert [day.completeness for day in moving] == sorted(day.completeness for day in moving)
        since = TODAY - timedelta(days=5)
        rows = nowcasts(session, project_id=launch.project_id, deployment_ids=[launch.deployment_id], first_day=since, last_day=TODAY)
        assert [row.date for row in rows] == [TODAY - timedelta(days=n) for n in range(5, 0, -1)]
        assert {row.deployment_id for row in rows} == {launch.deployment_id}
        assert nowcasts(session, project_id=uuid7(), first_day=since, last_day=TODAY) == []
        shares = [point.share for point in curves(session, project_id=launch.project_id)]
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert moving_days(session, project_id=uuid7()) == []


def test_what_is_still_to_come_is_told_by_day_for_what_a_span_asks_about(database: Database, clock: ManualClock) -> None:
    account = LateAccount(database, clock)
    account.live(TODAY)
    launch = account.launch
    span = Span(launch.project_id, TODAY - timedelta(days=40), TODAY, "EUR")
    with database.transaction() as session:
        assert to_come(session, span) == []
    NowcastService(database, clock).refresh()
    with database.transaction() as session:
        coming = to_come(session, span)
        shown = {each.day: each.measured.conversions for each in days(session, span)}
        # The simulated account has 40 conversions a day in the end.
        yesterday = coming[-1]
        assert yesterday.day == TODAY - timedelta(days=1)
        assert yesterday.moving
        assert yesterday.low < yesterday.conversions < yesterday.high
        assert abs(shown[yesterday.day] + yesterday.conversions - 40) < 10
        settled = coming[0]
        assert (settled.day, settled.moving) == (span.first, False)
        assert settled.conversions == settled.low == settled.high == 0
        assert [each.day for each in coming] == sorted(each.day for each in coming)
        assert to_come(session, replace(span, deployment_id=launch.deployment_id, platform="google_ads")) == coming
        for other in ({"deployment_id": uuid7()}, {"platform": "meta_ads"}, {"currency": "USD"}, {"project_id": uuid7()}):
            assert to_come(session, replace(span, **other)) == []


def test_verdicts_are_listed_by_what_is_asked_for(database: Database, clock: ManualClock) -> None:
    stage = Stage(database, clock, **{**HEALTHY, "per_day": stopped(40, until=BROKE + timedelta(days=4))})
    stage.morning(2)
    project = stage.account.launch.project_id
    with database.transaction() as session:
        page = verdicts(session, project_id=project, lasting=True, kinds=["tracking_stopped"], severities=["critical"])
        [verdict] = page.rows
        assert "conversions" in verdict.reason
        assert verdict.evidence["clicks"] > 0
        assert lasting_counts(session, project_id=project) == {"tracking_stopped": 1}
        assert verdicts(session, project_id=project, lasting=False).rows == []
        assert verdicts(session, project_id=uuid7()).rows == []
        assert verdicts(session, project_id=project, after=page.keys[-1]).rows == []
    stage.morning(6)
    with database.transaction() as session:
        assert [row.id for row in verdicts(session, project_id=project, lasting=False).rows] == [verdict.id]
        assert lasting_counts(session, project_id=project) == {}
