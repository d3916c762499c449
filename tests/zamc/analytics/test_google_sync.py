"""Whole syncs of Google through the official client, from the sandbox: every grain balances, and no fault leaves a day half replaced."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sandbox.faults import Fault
from tests.conftest import ManualClock
from tests.sandbox.google.campaigns import request, whole_campaign
from tests.sandbox.google.world import NOW, World, running
from tests.zamc.analytics.scripted import Launched, launched
from zamc.analytics.service import AnalyticsService, SyncOutcome
from zamc.database.engine import Database
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.reports import GoogleAdsReports

FIRST, DAY = date(2027, 3, 1), date(2027, 3, 4)


@dataclass
class Stage:
    """A customer in yen in the sandbox, and its account here."""

    world: World
    database: Database
    clock: ManualClock
    account: Launched
    reports: GoogleAdsReports

    def sync(self) -> SyncOutcome:
        service = AnalyticsService(self.database, self.clock, {"google_ads": lambda _: self.reports}, look_back_days=3, workers=1)
        return service.sync(platform="google_ads", day=DAY)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.transaction() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def facts(self) -> list[tuple[Any, ...]]:
        return self.read("SELECT * FROM analytics ORDER BY 1, 2, 3, 4, 5, 6")


@pytest.fixture
def stage(database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Stage]:
    with running(tmp_path / "sandbox.sqlite") as world:
        world.customer = world.add_customer("1234567890", currency="JPY", time_zone="Asia/Tokyo")
        actions = request(world)
        actions.conversion_action("Purchase")
        actions.send()
        whole_campaign(world, "One", micros=9_000_000_000)
        world.clock.set(NOW + timedelta(days=5))
        clock.business = datetime(2027, 3, 5, 8, tzinfo=UTC)
        account = launched(database, external_id=world.customer, currency="JPY", zone="Asia/Tokyo", starts_on=FIRST)
        client = GoogleClient(world.client(), version="v26", timeout_seconds=30)
        yield Stage(world, database, clock, account, GoogleAdsReports(client))
        client.close()


def test_campaigns_are_the_account_and_a_second_reading_changes_nothing(stage: Stage) -> None:
    assert not stage.sync().failures
    sums = "SELECT date, sum(spend_micros), sum(impressions), sum(clicks) FROM analytics WHERE grain = '{}' GROUP BY 1 ORDER BY 1"
    assert stage.read(sums.format("campaign")) == stage.read(sums.format("account"))
    assert stage.read(sums.format("device")) == stage.read(sums.format("geo")) == stage.read(sums.format("account"))
    assert stage.sync().rows_changed == 0


@pytest.mark.parametrize("fault", ["token_revoked", "missing_page", "unavailable", "internal", "rate_limited", "quota_exhausted"])
def test_a_fault_half_way_leaves_each_day_as_it_was_and_the_next_sync_reads_it(stage: Stage, fault: str) -> None:
    assert not stage.sync().failures
    before = stage.facts()
    assert before
    stage.world.clock.set(NOW + timedelta(days=9))  # late conversions have come: there is something to replace
    stage.clock.advance(hours=1)
    for skip in (1, 2, 3, 5):  # the first are the conversion actions; then two queries of search terms, and those of other grains
        stage.world.faults.add(Fault("google", "*/SearchStream", fault, skip=skip))
        outcome = stage.sync()
        stage.world.faults.clear()
        assert outcome.failures.keys() == {str(stage.account.account.id)}
        assert stage.facts() == before, (fault, skip)
    assert not stage.sync().failures
    assert len(stage.facts()) > len(before)
    assert stage.read("SELECT date FROM analytics EXCEPT SELECT date FROM analytics_days") == []
