"""What is added up when a day is read is what its facts say, whatever a platform reports, and is read instead of them."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import DAY, conversion, fact, launched, subject
from tests.zamc.analytics.test_service import Sync
from zamc.analytics import views
from zamc.analytics.rules import Grain
from zamc.analytics.views import Measured, Span
from zamc.database.engine import Database

_FIRST = DAY - timedelta(days=3)
_FORGET = "UPDATE analytics_days SET impressions = NULL, clicks = NULL, spend_micros = NULL, conversions = NULL, value_micros = NULL"


@pytest.fixture
def sync(database: Database, clock: ManualClock) -> Sync:
    launched(database)
    return Sync(database, clock)


def _days(sync: Sync) -> list[Measured]:
    [(project,)] = sync.read("SELECT id FROM projects")
    with sync.database.transaction() as session:
        return [each.measured for each in views.days(session, Span(project, _FIRST, DAY, "EUR"))]


def _change(owner: Database, statement: str, **bound: Any) -> None:
    with owner.transaction() as session:
        session.execute(text(statement), bound)


def _report(chance: random.Random, day: date) -> list[Any]:
    """Campaigns of ours ("1") and of somebody else ("2"), as campaigns and as what is below them; some of them, some with conversions."""
    rows: list[Any] = []
    for grain in (Grain.CAMPAIGN, Grain.AD_GROUP):
        for name in ("1", "2"):
            about = subject(grain, name, day=day, campaign_id=name)
            if chance.random() < 0.7:
                rows.append(fact(about, impressions=chance.randrange(3), clicks=chance.randrange(3), spend=chance.randrange(3)))
            for action in ("purchase", "sign-up", "view"):
                if chance.random() < 0.4:
                    count, value = f"{chance.randrange(4)}.5", chance.randrange(9)
                    rows.append(conversion(about, count=count, value=value, action=action, counted=action != "view"))
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_the_facts_say_after_any_readings(sync: Sync, clock: ManualClock, seed: int) -> None:
    chance, seen = random.Random(seed), set()  # noqa: S311 - made-up reports
    for _ in range(6):
        sync(*(row for number in range(4) for row in _report(chance, _FIRST + timedelta(days=number))))
        clock.advance(hours=1)
        kept = _days(sync)
        assert sync.read("SELECT count(*) FROM analytics_days WHERE impressions IS NULL") == [(0,)]
        summed = "SELECT impressions, clicks, spend_micros, conversions, value_micros FROM analytics_days ORDER BY date"
        assert [Measured(*row) for row in sync.read(summed)] == kept
        with sync.database.transaction() as session:
            session.execute(text(_FORGET))
            [project] = session.scalars(text("SELECT id FROM projects"))
            assert [each.measured for each in views.days(session, Span(project, _FIRST, DAY, "EUR"))] == kept
            session.rollback()
        seen.add(tuple(kept))
    assert len(seen) > 1


def test_facts_are_read_only_for_days_that_nobody_added_up(sync: Sync, owner_database: Database) -> None:
    sync(*(fact(subject(day=_FIRST + timedelta(days=number)), clicks=5) for number in range(4)))
    _change(owner_database, "UPDATE analytics SET clicks = 7")
    assert [day.clicks for day in _days(sync)] == [5, 5, 5, 5]
    _change(owner_database, f"{_FORGET} WHERE date = :day", day=_FIRST + timedelta(days=1))
    assert [day.clicks for day in _days(sync)] == [5, 7, 5, 5]
    _change(owner_database, "DELETE FROM analytics_days WHERE date = :day", day=DAY)
    assert [day.clicks for day in _days(sync)] == [5, 7, 5, 7]


def test_a_reading_without_campaigns_adds_nothing_up(sync: Sync) -> None:
    sync(fact(day := subject(), clicks=5))
    sync.source.grains = (Grain.KEYWORD,)
    sync(fact(subject(Grain.KEYWORD, "1~2", day=day.day)))
    assert sync.read("SELECT count(*), count(clicks) FROM analytics_days") == [(4, 0)]
    assert _days(sync)[-1].clicks == 5
