"""What a sync leaves in the record, whatever the platform says and whenever the worker dies."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import DAY, Launched, ScriptedSource, conversion, fact, launched, subject
from zamc.analytics import repository
from zamc.analytics.rules import Grain
from zamc.analytics.service import AnalyticsService, SyncOutcome
from zamc.database.engine import Database
from zamc.errors import InvalidInput, Later


class Sync:
    """A service over one scripted platform."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock, self.source = database, clock, ScriptedSource()
        self.service = AnalyticsService(database, clock, {"google_ads": lambda _: self.source}, look_back_days=3)

    def __call__(self, *rows: Any, day: date = DAY) -> SyncOutcome:
        if rows:
            self.source.rows = list(rows)
        return self.service.sync(platform="google_ads", day=day)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.transaction() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def facts(self) -> list[tuple[Any, ...]]:
        return self.read("SELECT grain, object_id, impressions, clicks, spend_micros FROM analytics ORDER BY grain, object_id, as_of")


@pytest.fixture
def sync(database: Database, clock: ManualClock) -> Sync:
    return Sync(database, clock)


@pytest.fixture
def deployment(database: Database) -> Launched:
    return launched(database)


def test_facts_land_with_their_deployment_and_an_event(sync: Sync, deployment: Launched, clock: ManualClock) -> None:
    outcome = sync(fact(), conversion(), fact(subject(Grain.ACCOUNT, "9")))
    assert (outcome.accounts, outcome.rows_read, outcome.rows_changed, outcome.failures) == (1, 3, 2, {})
    assert sync.read("SELECT grain, deployment_id, as_of, recorded_at FROM analytics ORDER BY grain") == [
        ("account", None, clock.business, clock.wall),
        ("campaign", deployment.deployment_id, clock.business, clock.wall),
    ]
    [event] = sync.read("SELECT envelope->'data' FROM events.outbox WHERE subject = 'zamc.performance.synced'")
    assert event[0]["changed_rows"] == 2
    assert (event[0]["first_day"], event[0]["last_day"]) == ("2026-11-16", "2026-11-19")


def test_each_grain_is_a_query_of_its_own_and_the_finest_comes_first(sync: Sync, deployment: Launched) -> None:
    sync(fact())
    asked = [grain for grain, _, _ in sync.source.asked]
    assert sorted(asked) == sorted(Grain)
    assert asked.index(Grain.KEYWORD) < asked.index(Grain.AD) < asked.index(Grain.AD_GROUP) < asked.index(Grain.CAMPAIGN)
    assert asked[-1] is Grain.ACCOUNT


def test_the_window_begins_no_earlier_than_the_first_flight_and_ends_no_later_than_today(
    sync: Sync, database: Database, clock: ManualClock
) -> None:
    launched(database, starts_on=date(2026, 11, 18))
    clock.business = datetime(2026, 11, 19, 22, 30, tzinfo=UTC)  # 23:30 in Berlin
    sync(fact(), day=date(2026, 11, 20))
    assert {(first, last) for _, first, last in sync.source.asked} == {(date(2026, 11, 18), date(2026, 11, 19))}


def test_nothing_is_asked_of_an_account_that_never_had_a_deployment_or_of_days_before_it(sync: Sync, database: Database) -> None:
    launched(database, starts_on=date(2026, 11, 25))
    assert sync(fact()).accounts == 0
    assert sync.source.asked == []


def test_an_unchanged_report_adds_nothing(sync: Sync, deployment: Launched, clock: ManualClock) -> None:
    sync(fact(), conversion())
    clock.advance(hours=1)
    assert sync().rows_changed == 0
    assert len(sync.facts()) == 1
    assert sync.read("SELECT max(as_of) FROM analytics_days") == [(clock.business,)]


def test_a_revised_value_is_a_new_row_and_the_old_one_stays(sync: Sync, deployment: Launched, clock: ManualClock) -> None:
    sync(fact(), conversion())
    clock.advance(hours=1)
    assert sync(fact(spend=19_000_000), conversion()).rows_changed == 1
    assert [row[4] for row in sync.facts()] == [20_000_000, 19_000_000]
    assert sync.read("SELECT count(*), count(DISTINCT as_of) FROM analytics_conversions") == [(2, 2)]


def test_a_late_conversion_alone_makes_a_new_row(sync: Sync, deployment: Launched, clock: ManualClock) -> None:
    sync(fact(), conversion(count="2"))
    clock.advance(hours=1)
    assert sync(fact(), conversion(count="3")).rows_changed == 1
    clock.advance(hours=1)
    assert sync(fact()).rows_changed == 1, "the platform took its conversions back"
    summary = _summary(sync, deployment)
    assert (summary.clicks, summary.conversions) == (50, Decimal(0))


def test_a_clock_that_stands_still_does_not_hide_a_revision(sync: Sync, deployment: Launched) -> None:
    sync(fact())
    sync(fact(clicks=51))
    assert _summary(sync, deployment).clicks == 51


def test_a_row_that_vanished_becomes_zeros_once(sync: Sync, deployment: Launched, clock: ManualClock) -> None:
    sync(fact(), conversion(), fact(subject(object_id="2", campaign_id="2")))
    clock.advance(hours=1)
    assert sync(fact(subject(object_id="2", campaign_id="2"))).rows_changed == 1
    assert sync.facts()[1] == ("campaign", "1", 0, 0, 0)
    clock.advance(hours=1)
    assert sync().rows_changed == 0
    assert _summary(sync, deployment).impressions == 0


def test_conversions_without_a_row_of_their_own_still_have_a_subject(sync: Sync, deployment: Launched) -> None:
    sync(conversion())
    assert sync.facts() == [("campaign", "1", 0, 0, 0)]
    assert _summary(sync, deployment).conversions == 2


def test_only_what_is_counted_is_summed(sync: Sync, deployment: Launched) -> None:
    sync(fact(), conversion(count="2"), conversion(count="5", counted=False), conversion(count="7", action="add_to_cart", counted=False))
    assert _summary(sync, deployment).conversions == 2


def test_two_currencies_stay_apart(sync: Sync, database: Database) -> None:
    euro = launched(database)
    yen = launched(database, currency="JPY", external_id="10", zone="Asia/Tokyo", campaign_id="customers/10/campaigns/7")
    in_yen = subject(object_id="7", currency="JPY", campaign_id="7")
    sources = {"9": ScriptedSource([fact()]), "10": ScriptedSource([fact(in_yen, spend=3_000_000_000)])}
    sync.service = AnalyticsService(database, sync.clock, {"google_ads": lambda a: sources[a.external_id]}, look_back_days=3)
    assert sync().accounts == 2
    with database.transaction() as session:
        summaries = repository.summary(session, deployment_ids=[euro.deployment_id, yen.deployment_id])
    assert {(s.currency, s.spend_micros) for s in summaries.values()} == {("EUR", 20_000_000), ("JPY", 3_000_000_000)}


BAD_ROWS = [
    pytest.param(fact(clicks=-1), "has clicks -1", id="negative"),
    pytest.param(fact(spend=2**63), "has spend_micros 9223372036854775808", id="huge"),
    pytest.param(fact(replace(subject(), currency="USD")), "is in USD, the account is in EUR", id="another currency"),
    pytest.param(fact(replace(subject(), object_id="")), "has no usable id", id="no id"),
    pytest.param(fact(replace(subject(), object_id="a\0b")), "has no usable id", id="nul"),
    pytest.param(fact(replace(subject(), day=DAY - timedelta(days=30))), "outside of the days asked for", id="another day"),
    pytest.param(replace(conversion(), conversions=Decimal("NaN")), "has NaN conversions of purchase", id="not a number"),
    pytest.param(replace(conversion(), value_micros=-(2**63)), "has a conversion value of -9223372036854775808 micros", id="far below 0"),
    pytest.param(fact(subject(object_id="2"), clicks=6), "came twice with different values", id="contradiction"),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD_ROWS)
def test_one_impossible_row_and_nothing_of_the_account_is_written(sync: Sync, deployment: Launched, bad: Any, sentence: str) -> None:
    sync(fact())
    before = sync.facts()
    sync.source.also_outside = True
    outcome = sync(fact(clicks=99), fact(subject(object_id="2"), clicks=5), bad)
    assert sentence in outcome.failures[str(deployment.account.id)]
    assert sync.facts() == before
    assert len(sync.read("SELECT 1 FROM events.outbox WHERE subject = 'zamc.performance.synced'")) == 1
    assert sync.read("SELECT envelope->'data'->>'kind' FROM events.outbox WHERE subject LIKE 'zamc.dead.%'") == [("sync",)]


def test_the_same_row_twice_is_one_row(sync: Sync, deployment: Launched) -> None:
    assert sync(fact(), fact(), conversion(), conversion()).rows_changed == 1
    assert _summary(sync, deployment).conversions == 2


def test_text_that_means_something_to_copy_comes_through(sync: Sync, deployment: Launched) -> None:
    label = 'a\\b\tc\nd\re "f" \\N パン'
    sync(fact(replace(subject(), label=label)))
    assert sync.read("SELECT label FROM analytics") == [(label,)]


def test_a_platform_that_breaks_half_way_leaves_the_day_as_it_was_and_other_accounts_are_read(sync: Sync, database: Database) -> None:
    good, bad = launched(database), launched(database, external_id="10")

    def breaks(grain: Grain) -> None:
        if grain is Grain.CAMPAIGN:
            raise Later("throttled")

    sources = {"9": ScriptedSource([fact()]), "10": ScriptedSource([fact(subject(Grain.AD, "5")), fact()], before=breaks)}
    sync.service = AnalyticsService(database, sync.clock, {"google_ads": lambda a: sources[a.external_id]}, look_back_days=3)
    outcome = sync()
    assert [done.account_id for done in outcome.synced] == [good.account.id]
    assert outcome.failures == {str(bad.account.id): "google_ads 10: throttled"}
    assert sync.read("SELECT DISTINCT ad_account_id FROM analytics") == [(good.account.id,)]


@pytest.mark.parametrize("table", ["analytics", "analytics_conversions", "analytics_days", "events.outbox"])
def test_a_write_that_dies_at_any_table_leaves_nothing(sync: Sync, deployment: Launched, owner_database: Database, table: str) -> None:
    with owner_database.transaction() as session:
        session.execute(text("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''killed''; END'"))
        session.execute(text(f"CREATE TRIGGER die BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION die()"))
    with pytest.raises(Exception, match="killed"):
        sync(fact(), conversion())
    for other in ("analytics", "analytics_conversions", "analytics_days", "events.outbox"):
        assert sync.read(f"SELECT count(*) FROM {other}") == [(0,)]  # noqa: S608 - a name of this test
    with owner_database.transaction() as session:
        session.execute(text(f"DROP TRIGGER die ON {table}"))
    assert sync(fact(), conversion()).rows_changed == 1


def test_an_older_reading_never_replaces_a_newer_one(sync: Sync, database: Database, deployment: Launched) -> None:
    reached, go = Event(), Event()

    def stall(grain: Grain) -> None:
        if grain is Grain.ACCOUNT:
            reached.set()
            assert go.wait(20)

    slow = ScriptedSource([fact(clicks=1)], before=stall)
    stalled = AnalyticsService(database, sync.clock, {"google_ads": lambda _: slow}, look_back_days=3)
    with ThreadPoolExecutor(1) as pool:
        older = pool.submit(stalled.sync, platform="google_ads", day=DAY)
        assert reached.wait(20)
        assert sync(fact(clicks=2), day=DAY - timedelta(days=1)).rows_changed == 0
        assert sync(fact(clicks=2)).rows_changed == 1
        go.set()
        outcome = older.result()
    assert outcome.rows_changed == 0
    assert outcome.synced[0].days_written == 0
    assert _summary(sync, deployment).clicks == 2


def test_many_syncs_at_once_write_each_change_once(sync: Sync, deployment: Launched) -> None:
    sync.source.rows = [fact(), conversion(), fact(subject(Grain.ACCOUNT, "9"))]
    with ThreadPoolExecutor(6) as pool:
        outcomes = [f.result() for f in [pool.submit(sync) for _ in range(6)]]
    assert all(not outcome.failures for outcome in outcomes)
    assert sum(outcome.rows_changed for outcome in outcomes) == 2
    assert len(sync.facts()) == 2


def test_a_campaign_that_is_bound_later_is_attributed_later(
    sync: Sync, deployment: Launched, database: Database, clock: ManualClock
) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE platform_objects SET external_id = NULL"))
    sync(fact())
    assert sync.read("SELECT deployment_id FROM analytics") == [(None,)]
    with database.transaction() as session:
        session.execute(text("UPDATE platform_objects SET external_id = 'customers/9/campaigns/1'"))
    clock.advance(hours=1)
    assert sync().rows_changed == 1
    assert _summary(sync, deployment).clicks == 50


def test_an_unknown_platform_is_refused(sync: Sync) -> None:
    with pytest.raises(InvalidInput, match="'tv' is not one of google_ads"):
        sync.service.sync(platform="tv", day=DAY)


def test_the_sync_uses_few_statements_however_many_rows(
    sync: Sync, deployment: Launched, count_statements: Callable[[Database], Any]
) -> None:
    sync(fact())
    counted = []
    for size in (10, 1000):
        rows = [fact(subject(Grain.AD, str(n))) for n in range(size)]
        with count_statements(sync.database) as statements:
            sync(*rows)
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 40


def _summary(sync: Sync, deployment: Launched) -> repository.Summary:
    with sync.database.transaction() as session:
        by_deployment = repository.summary(session, deployment_ids=[deployment.deployment_id])
        assert repository.summary(session, project_id=deployment.project_id) == by_deployment
    return by_deployment[deployment.deployment_id]
