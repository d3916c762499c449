"""Partitions are made by the application, through one function that can do nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import launched
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database

JANUARY, MARCH = date(2027, 1, 31), date(2027, 3, 1)


def test_each_month_of_the_range_gets_one_and_a_second_call_makes_none(database: Database) -> None:
    with database.transaction() as session:
        assert ensure_partitions(session, first_day=JANUARY, last_day=MARCH) == 6
        assert ensure_partitions(session, first_day=JANUARY, last_day=MARCH) == 0
        names = session.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'analytics'::regclass ORDER BY 1"))
        assert names.all() == ["analytics_202701", "analytics_202702", "analytics_202703", "analytics_rest"]


def test_rows_that_came_before_their_partition_move_into_it(database: Database) -> None:
    account = launched(database).account
    insert = text(
        "INSERT INTO analytics SELECT :account, 'campaign', '1', '', day, now(), now(), NULL, '1', NULL, NULL, 'EUR', 1, 1, 1"
        " FROM unnest(CAST(:days AS date[])) AS day"
    )
    with database.transaction() as session:
        session.execute(insert, {"account": account.id, "days": [JANUARY, MARCH]})
        ensure_partitions(session, first_day=JANUARY, last_day=JANUARY)
        assert session.scalars(text("SELECT tableoid::regclass::text FROM analytics ORDER BY date")).all() == [
            "analytics_202701",
            "analytics_rest",
        ]


def test_many_at_once_make_each_once(database: Database) -> None:
    def make(_: int) -> int:
        with database.transaction() as session:
            return ensure_partitions(session, first_day=JANUARY, last_day=MARCH)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(8))) == 6


def test_a_partition_has_the_rights_and_references_of_its_table(database: Database) -> None:
    with database.transaction() as session:
        ensure_partitions(session, first_day=JANUARY, last_day=JANUARY)
        keys = text("SELECT count(*) FROM pg_constraint WHERE conrelid = 'analytics_202701'::regclass AND contype IN ('p', 'f')")
        assert session.scalar(keys) == 2
    with pytest.raises(ProgrammingError, match="permission denied"), database.transaction() as session:
        session.execute(text("DELETE FROM analytics_202701"))


def test_an_absurd_range_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="at most 4000 days"), database.transaction() as session:
        ensure_partitions(session, first_day=date(1, 1, 1), last_day=date(9999, 12, 31))


def test_upkeep_makes_three_months_ahead_of_business_time(database: Database, clock: ManualClock) -> None:
    clock.business = datetime(2027, 1, 31, 12, tzinfo=UTC)
    service = AnalyticsService(database, clock, {}, look_back_days=3)
    assert service.make_ahead() == 2 * 5
    assert service.make_ahead() == 0
    with database.transaction() as session:
        names = session.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'analytics'::regclass ORDER BY 1"))
        assert names.all() == [*(f"analytics_20270{month}" for month in (1, 2, 3, 4, 5)), "analytics_rest"]
