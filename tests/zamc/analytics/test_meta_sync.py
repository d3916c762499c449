"""A whole sync of a Meta account in the sandbox: reports that were ordered are remembered in the record, and nothing is half written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.sandbox.world import Advertiser, World, running
from tests.zamc.analytics.scripted import Launched, launched
from zamc.analytics.service import AnalyticsService, SyncOutcome
from zamc.database.engine import Database
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.insight_jobs import Patience
from zamc.platforms.meta_ads.insights import MetaInsights

FIRST, DAY = date(2027, 3, 1), date(2027, 3, 4)


class Killed(BaseException):
    """As a signal would end the process."""


@dataclass
class Stage:
    """A brand with two campaigns that have run for five days, and our record of its account."""

    world: World
    brand: Advertiser
    database: Database
    clock: ManualClock
    client: MetaClient
    account: Launched

    def sync(self, *, sleep: Callable[[float], None] = lambda _: None, small_rows: int = 0) -> SyncOutcome:
        insights = MetaInsights(self.client, patience=Patience(seconds=60, sleep=sleep), small_rows=small_rows)
        service = AnalyticsService(self.database, self.clock, {"meta_ads": lambda _: insights}, look_back_days=3, workers=1)
        return service.sync(platform="meta_ads", day=DAY)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.transaction() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def orders(self) -> int:
        return len([call for call in self.world.calls("POST adaccount/insights") if call["outcome"].startswith("ok")])

    @property
    def whole(self) -> list[tuple[Any, ...]]:
        return self.read("SELECT date, grain, count(*), sum(spend_micros) FROM analytics GROUP BY 1, 2 ORDER BY 1, 2")


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    with running(tmp_path) as world:
        brand = world.advertiser()
        campaign, _, _ = brand.tree(ads=2, daily_budget=5000)
        brand.tree(ads=2, daily_budget=3000)
        world.clock.advance(5 * 86_400)
        world.post("meta/settings", report_seconds=0.0001)
        clock.business = datetime(2027, 3, 6, 8, tzinfo=UTC)
        client = MetaClient(token=world.credentials.token, graph_url=world.url, version="v25.0", timeout_seconds=30)
        account = launched(database, platform="meta_ads", external_id=brand.id, campaign_id=campaign, starts_on=FIRST)
        yield Stage(world, brand, database, clock, client, account)
        client.close()


def test_campaigns_are_the_account_and_what_we_did_not_launch_is_kept(stage: Stage) -> None:
    assert not stage.sync().failures
    sums = "SELECT date, sum(spend_micros), sum(impressions) FROM analytics WHERE grain = '{}' GROUP BY 1 ORDER BY 1"
    assert stage.read(sums.format("campaign")) == stage.read(sums.format("account"))
    assert stage.read(sums.format("geo")) == stage.read(sums.format("device")) == stage.read(sums.format("audience"))
    launched_here = f"count(DISTINCT object_id) FILTER (WHERE deployment_id = '{stage.account.deployment_id}')"
    assert stage.read(f"SELECT {launched_here}, count(DISTINCT object_id) FROM analytics WHERE grain = 'campaign'") == [(1, 2)]  # noqa: S608 - an id of this test


def test_reports_and_questions_leave_the_same_behind(stage: Stage) -> None:
    stage.sync()
    ordered = stage.whole
    assert stage.sync(small_rows=10_000).rows_changed == 0
    assert stage.whole == ordered
    assert {day for day, *_ in ordered} == {FIRST + timedelta(days=n) for n in range(4)}


def test_a_worker_that_is_killed_while_it_waits_leaves_its_report_to_the_next(stage: Stage) -> None:
    stage.world.post("meta/settings", report_seconds=1_000_000)

    def die(_: float) -> None:
        raise Killed

    with pytest.raises(Killed):
        stage.sync(sleep=die)
    assert stage.read("SELECT state, attempts FROM report_jobs") == [("asked", 1)]
    assert stage.orders() == 1
    stage.world.post("meta/settings", report_seconds=0.0001)
    assert not stage.sync().failures
    assert stage.orders() == len(MetaInsights.grains), "the first was polled, not ordered again"
    assert stage.read("SELECT DISTINCT state FROM report_jobs") == [("done",)]


def test_a_token_that_ends_half_way_leaves_whole_days_and_the_rest_to_the_next(stage: Stage) -> None:
    stage.world.post("faults", platform="meta", method="GET report/insights", fault="token_revoked", skip=4)
    outcome = stage.sync()
    assert "190" in outcome.failures[str(stage.account.account.id)]
    assert stage.whole == []
    assert stage.read("SELECT kind, state FROM events.dead_letters") == [("sync", "open")]
    orders = stage.orders()
    assert not stage.sync().failures
    assert stage.orders() - orders == len(MetaInsights.grains) - 1, "what was ordered when the token ended is polled"
    assert stage.read("SELECT kind, state FROM events.dead_letters") == [("sync", "resolved")]


def test_a_report_that_never_ends_is_split_and_every_day_is_whole(stage: Stage) -> None:
    stage.world.post("faults", platform="meta", method="POST adaccount/insights", fault="job_never_ends", skip=2)
    waited: list[float] = []
    clock = iter(range(0, 10_000, 50))
    insights = MetaInsights(
        stage.client, patience=Patience(seconds=60, sleep=waited.append, clock=lambda: float(next(clock))), small_rows=0
    )
    service = AnalyticsService(stage.database, stage.clock, {"meta_ads": lambda _: insights}, look_back_days=3, workers=1)
    assert not service.sync(platform="meta_ads", day=DAY).failures
    assert stage.read("SELECT state, count(*) FROM report_jobs WHERE state = 'split' GROUP BY 1") == [("split", 1)]
    assert stage.read("SELECT count(*) FROM (SELECT date FROM analytics GROUP BY date HAVING count(DISTINCT grain) = 9) AS days") == [(4,)]


@pytest.mark.parametrize("fault", ["missing_page", "html", "unavailable", "rate_limited"])
def test_a_day_is_never_half_replaced(stage: Stage, fault: str) -> None:
    stage.sync()
    before = stage.read("SELECT * FROM analytics ORDER BY 1, 2, 3, 4, 5, 6")
    stage.world.clock.advance(3 * 86_400)
    stage.clock.business += timedelta(days=1)
    for skip in (0, 3, 8):
        stage.world.post("faults", platform="meta", method="GET report/insights", fault=fault, skip=skip)
        assert stage.sync().failures
        assert stage.read("SELECT * FROM analytics ORDER BY 1, 2, 3, 4, 5, 6") == before
        stage.world.faults.clear()
    assert stage.sync().rows_changed > 0, "conversions have come since"
