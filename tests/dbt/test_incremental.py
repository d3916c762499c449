"""A build takes in only what is new, and ends where a build from nothing would: on whatever revisions, in whatever order they come."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.dbt.conftest import Reports
from tests.services import Database as DatabaseUrls
from tests.zamc.analytics.scripted import DAY, ScriptedSource, conversion, fact, launched
from zamc.analytics.rules import ConversionRow, FactRow, Grain, Subject
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database
from zamc.projects.tables import AdAccount

GRAINS = ("account", "campaign", "ad_group", "ad", "creative", "keyword", "search_term", "geo", "device", "audience", "landing_page")
TABLES = ("int_latest", "int_conversion_days", *(f"int_{grain}_days" for grain in GRAINS))
_PART = {
    Grain.GEO: "geo:2276",
    Grain.DEVICE: "device:MOBILE",
    Grain.AUDIENCE: "age:25-34|gender:female",
    Grain.LANDING_PAGE: "url:https://a/",
}


class Market:
    """What an account's platform would say now of each day; a seed decides what it revises."""

    def __init__(self, seed: int, currency: str) -> None:
        self.random, self.currency = random.Random(seed), currency  # noqa: S311 - a scenario
        self.rows: dict[date, list[FactRow | ConversionRow]] = {}

    def revise(self, days: Sequence[date]) -> None:
        """Some days get other objects and figures; sometimes an object is gone, sometimes a day is empty."""
        for day in days:
            if day not in self.rows or self.random.random() < 0.5:
                self.rows[day] = list(self._day(day)) if self.random.random() < 0.9 else []

    def all_rows(self) -> list[FactRow | ConversionRow]:
        return [row for rows in self.rows.values() for row in rows]

    def _day(self, day: date) -> Iterator[FactRow | ConversionRow]:
        for grain in Grain:
            for number in self.random.sample(("1", "2", "3"), 2):
                if self.random.random() < 0.25:
                    continue
                campaign = None if grain is Grain.ACCOUNT else number
                about = Subject(
                    grain, "9" if grain is Grain.ACCOUNT else number, day, self.currency, segment=_PART.get(grain, ""), campaign_id=campaign
                )
                amount = self.random.randrange(1, 1000)
                if self.random.random() < 0.9:
                    yield fact(about, impressions=100 * amount, clicks=amount, spend=amount * 10_000)
                if self.random.random() < 0.6:
                    yield conversion(about, count=str(Decimal(amount) / 8), value=amount * 77)
                if grain is Grain.ACCOUNT:
                    break


@pytest.mark.parametrize("seed", [7, 2026])
def test_incremental_builds_of_random_revisions_equal_a_build_from_nothing(
    database: Database, urls: DatabaseUrls, tmp_path: Path, seed: int
) -> None:
    plan, clock = random.Random(seed), ManualClock()  # noqa: S311 - a scenario
    euro = launched(database, starts_on=DAY - timedelta(days=9))
    yen = launched(database, platform="meta_ads", currency="JPY", external_id="act_1", starts_on=DAY - timedelta(days=9))
    markets = {"google_ads": Market(seed, "EUR"), "meta_ads": Market(seed + 1, "JPY")}
    reports = Reports(database, urls, tmp_path, euro, yen)
    built_days: list[int] = []
    for step in range(4):
        for platform in markets if plan.random() < 0.6 or step == 0 else plan.sample(tuple(markets), 1):
            # Days arrive out of order, late days are revised long after, and the clock stands still or goes back now and then.
            first = DAY - timedelta(days=plan.randrange(3, 9))
            days = [first + timedelta(days=n) for n in range(plan.randrange(2, 5))]
            markets[platform].revise(days)
            source = ScriptedSource(markets[platform].all_rows())
            service = AnalyticsService(database, clock, {platform: partial(_reader, source)}, look_back_days=len(days) - 1)
            assert not service.sync(platform=platform, day=days[-1]).failures
            clock.advance(minutes=plan.choice((-30, 0, 0, 90)))
        bad = reports.run("run", "--select", "staging", "intermediate")
        assert bad == {}, reports.said
        [touched] = reports.read("SELECT count(*) FROM reporting.int_days WHERE built_at = (SELECT max(built_at) FROM reporting.int_days)")
        built_days.append(touched[0])
    built = contents(reports)
    assert any(built["int_ad_days"])
    assert any(built["int_latest"])
    assert reports.run("run", "--full-refresh", "--select", "staging", "intermediate") == {}, reports.said
    assert contents(reports) == built
    [every] = reports.read("SELECT count(*) FROM reporting.int_days")
    assert min(built_days) < every[0]


def test_a_day_that_was_read_again_without_news_is_not_built_again(reports: Reports) -> None:
    before = reports.read("SELECT ad_account_id, built_at, ticket FROM reporting.int_days ORDER BY 1")
    with reports.database.transaction() as session:
        session.execute(text("UPDATE analytics_days SET ticket = ticket + 100, recorded_at = recorded_at + interval '1 hour'"))
    assert reports.run("run", "--select", "int_days+", "--exclude", "marts") == {}
    after = reports.read("SELECT ad_account_id, built_at, ticket FROM reporting.int_days ORDER BY 1")
    assert [row.built_at for row in after] == [row.built_at for row in before]
    assert [row.ticket for row in after] == [row.ticket + 100 for row in before]


def test_a_reading_that_commits_while_a_build_runs_is_taken_in_by_the_next(reports: Reports) -> None:
    """int_days has been built, then facts are committed, then the other models are built: they stay on what int_days knew."""
    source = ScriptedSource([fact(Subject(Grain.ACCOUNT, "9", DAY, "EUR"), impressions=5, clicks=4, spend=3)])
    service = AnalyticsService(reports.database, ManualClock(), {"google_ads": lambda _: source}, look_back_days=0)
    with reports.database.transaction() as session:
        session.execute(text("DELETE FROM reporting.int_days"))  # every day is taken in once more
    assert reports.run("run", "--select", "int_days") == {}
    assert service.sync(platform="google_ads", day=DAY).rows_changed > 0
    assert reports.run("run", "--select", "int_days+", "--exclude", "int_days") == {}
    clicks = "SELECT clicks FROM reporting.account_daily WHERE currency = 'EUR'"
    assert reports.read(clicks) == [(5000,)]
    assert reports.run("run") == {}
    assert reports.read(clicks) == [(4,)]
    # What the platform took back left no row behind.
    assert reports.read("SELECT sum(clicks) FROM reporting.keyword_daily WHERE currency = 'EUR'") == [(4,)]


def test_reports_can_be_read_while_they_are_built(reports: Reports) -> None:
    with closing(reports.database.engine.connect()) as reader:
        before: int = reader.execute(text("SELECT 'reporting.campaign_daily'::regclass::oid")).scalar_one()
        reader.rollback()
        assert reports.run("run") == {}
        assert reader.execute(text("SELECT 'reporting.campaign_daily'::regclass::oid")).scalar_one() == before


def _reader(source: ScriptedSource, _account: AdAccount) -> ScriptedSource:
    return source


def contents(reports: Reports) -> dict[str, list[Any]]:
    """All rows of all tables but when they were built, in one order."""
    found = {}
    for table in TABLES:
        rows = reports.read(f"SELECT to_jsonb(t) - 'built_at' AS row FROM reporting.{table} AS t")  # noqa: S608
        found[table] = sorted(repr(sorted(row[0].items())) for row in rows)
    return found
