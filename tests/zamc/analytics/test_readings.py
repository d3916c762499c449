"""What a reading does when it is killed, when a day is wrong, and when an account's conversion actions change."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Lock
from typing import Any

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import DAY, Launched, ScriptedSource, conversion, fact, launched, subject
from zamc.analytics import reading
from zamc.analytics.look_back_rules import Action, Conversions
from zamc.analytics.merge import merge
from zamc.analytics.rules import Grain
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database
from zamc.errors import Throttled
from zamc.projects.tables import AdAccount

# A window of 7 days is read again once after its end.
WEEK = [DAY - timedelta(days=n) for n in range(8, -1, -1)]


class Killed(BaseException):
    """As a signal would end the process: nothing of ours handles it."""


@dataclass
class Described(ScriptedSource):
    """A platform that says what its conversions are."""

    conversions: Conversions = field(default_factory=Conversions)

    def describe(self, _account: AdAccount) -> Conversions:
        return self.conversions


class World:
    """One account, one scripted platform."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock, self.source = database, clock, Described()
        self.source.conversions = Conversions(windows={"7d_click": 7})

    def sync(self, **request: Any) -> Any:
        service = AnalyticsService(self.database, self.clock, {"google_ads": lambda _: self.source}, look_back_days=3, workers=1)
        return service.sync(platform="google_ads", **{"day": DAY, **request})

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.transaction() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def asked_days(self) -> set[date]:
        return {first + timedelta(days=n) for _, first, last in self.source.asked for n in range((last - first).days + 1)}


@pytest.fixture
def world(database: Database, clock: ManualClock) -> World:
    return World(database, clock)


@pytest.fixture
def deployment(database: Database) -> Launched:
    return launched(database)


@pytest.fixture
def one_day_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_ROWS_AT_ONCE", 1)


def _every_day(*, clicks: int = 50) -> list[Any]:
    return [row for day in WEEK for row in (fact(subject(day=day), clicks=clicks), conversion(subject(day=day)))]


def _killed_at(world: World, monkeypatch: pytest.MonkeyPatch, write: int) -> None:
    """Dies before it writes for the `write`-th time."""
    calls = iter(range(1000))

    def dying(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == write:
            raise Killed
        return merge(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "merge", dying)
        with pytest.raises(Killed):
            world.sync()


@pytest.mark.usefixtures("one_day_at_a_time")
@pytest.mark.parametrize("write", range(9))
def test_a_killed_sync_goes_on_with_the_days_that_are_missing(
    world: World, deployment: Launched, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    world.source.rows = _every_day()
    _killed_at(world, monkeypatch, write)
    assert world.read("SELECT count(DISTINCT date) FROM analytics") == [(write,)]
    assert world.read("SELECT date FROM analytics EXCEPT SELECT date FROM analytics_conversions") == []
    world.source.asked.clear()
    outcome = world.sync()
    assert outcome.synced[0].days_written == 9 - write
    assert world.asked_days().isdisjoint(WEEK[:write])
    assert world.read("SELECT count(*), count(DISTINCT date) FROM analytics") == [(9, 9)]
    assert world.read("SELECT count(*) FROM analytics_readings WHERE finished_at IS NULL") == [(0,)]


@pytest.mark.usefixtures("one_day_at_a_time")
def test_what_came_to_its_end_is_read_anew(world: World, deployment: Launched) -> None:
    world.source.rows = _every_day()
    assert world.sync().synced[0].days_written == 9
    assert world.sync().synced[0].days_written == 9


@pytest.mark.usefixtures("one_day_at_a_time")
def test_a_killed_sync_of_yesterday_is_not_gone_on_with(world: World, deployment: Launched, monkeypatch: pytest.MonkeyPatch) -> None:
    world.source.rows = _every_day()
    _killed_at(world, monkeypatch, 4)
    world.clock.wall += timedelta(hours=7)
    assert world.sync().synced[0].days_written == 9


@pytest.mark.usefixtures("one_day_at_a_time")
def test_a_day_that_contradicts_itself_stays_as_it_was_and_the_others_are_written(world: World, deployment: Launched) -> None:
    world.source.rows = _every_day(clicks=1)
    world.sync()
    torn = subject(day=WEEK[4])
    world.source.rows = [*_every_day(clicks=2), fact(torn, clicks=3)]
    outcome = world.sync()
    assert f"campaign 1 on {WEEK[4]} came twice with different values" in outcome.failures[str(deployment.account.id)]
    newest = "SELECT DISTINCT ON (date) date, clicks FROM analytics ORDER BY date, as_of DESC"
    assert dict(world.read(newest)) == {day: 1 if day == WEEK[4] else 2 for day in WEEK}


def test_each_conversion_action_keeps_its_days_open_for_as_long_as_it_may_be_credited(world: World, database: Database) -> None:
    launched(database, starts_on=DAY - timedelta(days=200))
    world.source.conversions = Conversions((Action("1", "Purchase", 30), Action("2", "Lead", 7)))
    world.sync()
    assert {(DAY - day).days for day in world.asked_days()} == {*range(15), 21, 28, 31}
    world.source.asked.clear()
    world.source.conversions = Conversions((Action("2", "Lead", 7),))
    world.sync()
    # The window is shorter now, and what lies between the days that were read is read once.
    assert {(DAY - day).days for day in world.asked_days()} == {*range(9), *range(15, 21), *range(22, 28), 29, 30}
    world.source.asked.clear()
    world.sync()
    assert {(DAY - day).days for day in world.asked_days()} == set(range(9))


def test_after_an_outage_the_next_sync_reads_what_was_missed_by_itself(world: World, database: Database) -> None:
    launched(database, starts_on=DAY - timedelta(days=60))
    world.source.conversions = Conversions((Action("1", "Purchase", 30), Action("2", "Lead", 7)))
    for _ in range(45):
        world.sync(day=world.clock.business.date() - timedelta(days=1))
        world.clock.advance(days=1)
    before = world.clock.business.date() - timedelta(days=2)  # the newest day that was read
    world.clock.advance(days=20)
    world.source.asked.clear()
    newest = world.clock.business.date() - timedelta(days=1)
    world.sync(day=newest)
    read = world.asked_days()
    while_nothing_ran = {before + timedelta(days=n) for n in range(1, (newest - before).days + 1)}
    assert len(while_nothing_ran) == 21
    assert while_nothing_ran <= read
    # A day whose last reading, 31 days after it, fell into the outage gets it now; one that had it before does not.
    assert before - timedelta(days=25) in read
    assert before - timedelta(days=31) not in read
    world.source.asked.clear()
    world.clock.advance(days=1)
    world.sync(day=newest + timedelta(days=1))
    assert {(newest + timedelta(days=1) - day).days for day in world.asked_days()} == {*range(15), 21, 28, 31}


def test_an_account_may_say_otherwise(world: World, deployment: Launched) -> None:
    with world.database.transaction() as session:
        session.execute(text("""UPDATE ad_accounts SET look_back = '{"actions": {"7d_click": 2}, "at_least": 1}'"""))
    world.sync()
    assert {(DAY - day).days for day in world.asked_days()} == {0, 1, 2, 3}


def test_a_renamed_conversion_action_keeps_the_name_that_facts_carry(world: World, deployment: Launched, clock: ManualClock) -> None:
    def sold(name: str) -> Any:
        return replace(conversion(action=name), action_id="77")

    world.source.conversions = Conversions((Action("77", "Purchase", 7),))
    world.source.rows = [fact(), sold("Purchase")]
    world.sync()
    clock.advance(hours=1)
    world.source.conversions = Conversions((Action("77", "Online sale", 7),))
    world.source.rows = [fact(), sold("Online sale")]
    assert world.sync().rows_changed == 0
    assert world.read("SELECT DISTINCT action FROM analytics_conversions") == [("Purchase",)]
    assert world.read("SELECT external_id, action, name FROM conversion_actions") == [("77", "Purchase", "Online sale")]


def test_a_new_action_with_an_old_name_is_told_apart(world: World, deployment: Launched, clock: ManualClock) -> None:
    world.source.conversions = Conversions((Action("77", "Purchase", 7),))
    world.sync()
    clock.advance(hours=1)
    world.source.conversions = Conversions((Action("77", "Old purchase", 7), Action("88", "Purchase", 7)))
    old, new = (replace(conversion(action=name), action_id=key) for name, key in (("Old purchase", "77"), ("Purchase", "88")))
    world.source.rows = [fact(), old, new]
    world.sync()
    assert world.read("SELECT action FROM analytics_conversions ORDER BY 1") == [("Purchase",), ("Purchase (88)",)]


def test_an_action_that_the_platform_reports_and_does_not_list_is_remembered(world: World, deployment: Launched) -> None:
    world.source.rows = [fact(), replace(conversion(action="Of the manager"), action_id="5")]
    world.sync()
    assert world.read("SELECT external_id, action FROM conversion_actions") == [("5", "Of the manager")]


def test_a_negative_correction_is_kept_as_it_is(world: World, deployment: Launched, clock: ManualClock) -> None:
    world.source.rows = [fact(), conversion()]
    world.sync()
    clock.advance(hours=1)
    world.source.rows = [fact(spend=-1_500_000), replace(conversion(), conversions=Decimal("-0.5"), value_micros=-8_000_000)]
    assert world.sync().rows_changed == 1
    newest = "SELECT spend_micros, conversions, value_micros FROM analytics JOIN analytics_conversions USING (object_id, date, as_of)"
    assert world.read(f"{newest} ORDER BY as_of DESC LIMIT 1") == [(-1_500_000, Decimal("-0.500000"), -8_000_000)]
    world.source.rows = [fact(subject(object_id="2"))]
    clock.advance(hours=1)
    assert world.sync().rows_changed == 2, "a credit that the platform no longer reports is gone too"


def test_by_the_hour_only_some_grains_are_read_and_the_others_stay(world: World, deployment: Launched, clock: ManualClock) -> None:
    clock.business = datetime(2026, 11, 19, 12, tzinfo=UTC)
    world.source.rows = [fact(), fact(subject(Grain.KEYWORD, "1~2"))]
    world.sync()
    clock.advance(hours=1)
    world.source.asked.clear()
    world.source.rows = [fact(clicks=60)]
    outcome = world.sync(look_back=False, light=True)
    assert outcome.rows_changed == 1
    assert world.source.asked == [(grain, DAY, DAY) for grain in reading.LIGHT]
    assert world.read("SELECT clicks FROM analytics WHERE grain = 'keyword'") == [(50,)]


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("America/Los_Angeles", (date(2026, 11, 18), date(2026, 11, 18))),
        ("Europe/Berlin", (DAY, DAY)),
        ("Pacific/Auckland", (date(2026, 11, 20), date(2026, 11, 20))),
    ],
)
def test_by_the_hour_each_account_is_read_on_its_own_today(
    world: World, database: Database, clock: ManualClock, zone: str, days: tuple[date, date]
) -> None:
    launched(database, zone=zone)
    clock.business = datetime(2026, 11, 19, 1 if zone.startswith("America") else 12, tzinfo=UTC)
    world.sync(look_back=False, light=True)
    assert {(first, last) for _, first, last in world.source.asked} == {days}


def test_by_the_hour_nothing_is_read_of_days_that_are_over(world: World, deployment: Launched, clock: ManualClock) -> None:
    clock.business = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert world.sync(look_back=False, light=True).synced == ()
    assert world.source.asked == []


@pytest.mark.parametrize(
    ("now", "today"),
    [
        # Berlin puts its clocks on at 2:00 on 28 March 2027, and back at 3:00 on 31 October.
        ((2027, 3, 27, 22, 59), date(2027, 3, 27)),
        ((2027, 3, 27, 23, 0), date(2027, 3, 28)),
        ((2027, 3, 28, 21, 59), date(2027, 3, 28)),
        ((2027, 3, 28, 22, 0), date(2027, 3, 29)),
        ((2027, 10, 30, 22, 0), date(2027, 10, 31)),
        ((2027, 10, 31, 22, 59), date(2027, 10, 31)),
        ((2027, 10, 31, 23, 0), date(2027, 11, 1)),
    ],
)
def test_a_day_of_23_or_25_hours_ends_when_the_accounts_clock_says_so(
    world: World, database: Database, clock: ManualClock, now: tuple[int, ...], today: date
) -> None:
    launched(database, starts_on=today - timedelta(days=1))
    clock.business = datetime(*now, tzinfo=UTC)  # type: ignore[arg-type,misc]  # year to minute
    world.sync(day=date(2027, 12, 31), first_day=date(2027, 3, 1))
    assert max(last for _, _, last in world.source.asked) == today


def test_many_days_are_asked_for_a_month_at_a_time(world: World, database: Database, clock: ManualClock) -> None:
    launched(database, starts_on=date(2025, 1, 1))
    world.sync(first_day=date(2026, 1, 1), day=date(2026, 3, 31), look_back=False)
    lengths = {(first, (last - first).days + 1) for _, first, last in world.source.asked}
    assert lengths == {(date(2026, 1, 1), 31), (date(2026, 2, 1), 31), (date(2026, 3, 4), 28)}


def test_two_workers_that_begin_the_same_read_it_each_for_itself(world: World, deployment: Launched) -> None:
    inner: list[Any] = []

    def another(_grain: Grain) -> None:
        if not inner:
            inner.append(None)
            other = AnalyticsService(world.database, world.clock, {"google_ads": lambda _: Described([fact(clicks=2)])}, look_back_days=3)
            inner[0] = other.sync(platform="google_ads", day=DAY)

    world.source.rows, world.source.before = [fact(clicks=1)], another
    assert world.sync().rows_changed == 0, "the second began later, and has written"
    assert inner[0].rows_changed == 1
    assert world.read("SELECT clicks FROM analytics") == [(2,)]


def test_whatever_a_platform_sends_memory_is_bounded_by_files(world: World, deployment: Launched, tmp_path: Any, monkeypatch: Any) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rolled: list[int] = []

    def looked(grain: Grain) -> None:
        if grain is Grain.ACCOUNT:
            rolled.append(_open_files_below(str(tmp_path)))

    world.source.before = looked
    world.source.rows = [fact(subject(Grain.AD, f"1~{n}")) for n in range(12_000)]
    assert world.sync().rows_changed == 12_000
    assert rolled == [1], "the day's rows lie on disk before the last grain is read"


def _open_files_below(folder: str) -> int:
    from pathlib import Path

    return sum(1 for link in Path("/proc/self/fd").iterdir() if _target(link).startswith(folder))


def _target(link: Any) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def test_accounts_are_read_side_by_side_and_no_more_than_there_are_workers(world: World, database: Database) -> None:
    for number in range(4):
        launched(database, external_id=str(100 + number))
    meeting, most = Barrier(3), []
    inside = 0
    lock = Lock()

    def meet(grain: Grain) -> None:
        nonlocal inside
        with lock:
            inside += 1
            most.append(inside)
        if grain is Grain.SEARCH_TERM and len(most) <= 3:
            meeting.wait(20)
        with lock:
            inside -= 1

    sources = {str(100 + number): Described([fact()], before=meet) for number in range(4)}
    service = AnalyticsService(database, world.clock, {"google_ads": lambda a: sources[a.external_id]}, look_back_days=0, workers=3)
    assert service.sync(platform="google_ads", day=DAY).accounts == 4
    assert max(most) == 3


def test_an_account_without_room_waits_for_the_next_run_and_keeps_what_it_has(world: World, deployment: Launched) -> None:
    world.source.rows = [fact()]
    world.sync()

    def full(grain: Grain) -> None:
        if grain is Grain.ACCOUNT:
            raise Throttled("80000: too many calls to this account's insights", delay=timedelta(minutes=20), scope="kind")

    world.source.rows, world.source.before = [fact(clicks=60)], full
    assert "too many calls" in world.sync().failures[str(deployment.account.id)]
    assert world.read("SELECT clicks FROM analytics") == [(50,)]
    assert world.read("SELECT count(*) FROM events.dead_letters") == [(0,)], "it passes by itself"
    world.source.before = None
    assert world.sync().rows_changed == 1


def test_a_campaign_that_nobody_launched_here_is_kept_without_a_deployment(world: World, deployment: Launched) -> None:
    world.source.rows = [
        fact(),
        conversion(),
        fact(subject(object_id="66", campaign_id="66")),
        fact(subject(Grain.GEO, "66", campaign_id="66")),
    ]
    assert world.sync().rows_changed == 3
    owners = world.read("SELECT grain, object_id, deployment_id FROM analytics ORDER BY 1, 2")
    assert owners == [("campaign", "1", deployment.deployment_id), ("campaign", "66", None), ("geo", "66", None)]
