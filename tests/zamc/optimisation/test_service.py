"""Forecasts on a real database: which days they learn from, that a day is forecast once, and what cannot be forecast."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.conftest import ManualClock
from tests.zamc.analytics.conftest import count_statements  # noqa: F401 - a fixture
from tests.zamc.analytics.scripted import Launched, ScriptedSource, conversion, fact, launched, subject
from tests.zamc.optimisation.plans import EUR, channel, plan
from zamc.analytics.rules import Grain
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database
from zamc.optimisation import repository
from zamc.optimisation.rules import Metric, counted, outlook
from zamc.optimisation.service import OptimisationService, _deployed
from zamc.strategies.schema import Plan

YESTERDAY = date(2026, 11, 19)  # the clock's noon is that of 20 November, in UTC
ROWS = len(Metric)


class Stage:
    """A deployment from 10 November on, its platform's report, and both services."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock, self.source = database, clock, ScriptedSource()
        self.analytics = AnalyticsService(database, clock, {"google_ads": lambda _: self.source}, look_back_days=30)
        self.service = OptimisationService(database, clock)

    def launch(self, drawn: Plan | None = None, **changes: Any) -> Launched:
        made = launched(self.database, starts_on=date(2026, 11, 10), **changes)
        self.write("UPDATE strategies SET plan = :plan WHERE id = :id", id=made.strategy_id, plan=(drawn or plan()).model_dump_json())
        self.write("UPDATE deployments SET ends_on = '2026-12-31' WHERE id = :id", id=made.deployment_id)
        return made

    def report(self, *days: tuple[int, int, str], day: date = YESTERDAY, campaign: str = "1") -> None:
        """(day of November, clicks, conversions) of the campaign, read up to `day`."""
        for number, clicks, conversions in days:
            about = subject(object_id=campaign, campaign_id=campaign, day=date(2026, 11, number))
            self.source.rows += [fact(about, clicks=clicks), conversion(about, count=conversions)]
        assert not self.analytics.sync(platform="google_ads", day=day).failures

    def write(self, sql: str, **values: Any) -> None:
        with self.database.transaction() as session:
            session.execute(text(sql), values)

    def read(self, sql: str = "SELECT metric, low, mid, high FROM forecasts ORDER BY metric") -> list[tuple[Any, ...]]:
        with self.database.transaction() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def observed(self, made: Launched) -> list[tuple[int, int, Decimal]]:
        with self.database.transaction() as session:
            days = repository.closed_days(session, [made.deployment_id])
        return [(day.day.day, day.clicks, day.conversions) for day in days.get(made.deployment_id, [])]


@pytest.fixture
def stage(database: Database, clock: ManualClock) -> Stage:
    return Stage(database, clock)


def test_a_forecast_per_metric_is_what_the_rules_say_of_the_closed_days(stage: Stage, clock: ManualClock) -> None:
    made = stage.launch()
    stage.report((17, 40, "2"), (18, 50, "3"), (19, 60, "4"))
    outcome = stage.service.forecast()
    assert (dict(outcome.counts), outcome.errors) == ({"done": 1, "rows": ROWS, "unchanged": 0}, {})
    with stage.database.transaction() as session:
        [deployment] = repository.live(session, strategy_ids=None, at=clock.business, after=None, limit=9)
        days = repository.closed_days(session, [made.deployment_id])[made.deployment_id]
    deployed = _deployed(deployment)
    assert deployed is not None
    expected = outlook(deployed, counted(days, launched=None), today=date(2026, 11, 20))
    assert expected is not None
    assert stage.read() == [(metric, band.low, band.mid, band.high) for metric, band in sorted(expected.bands.items())]
    assert stage.read("SELECT DISTINCT day, as_of, recorded_at, days_observed, horizon_end FROM forecasts") == [
        (date(2026, 11, 20), clock.business, clock.wall, 3, date(2026, 12, 31))
    ]


def test_only_closed_days_of_the_flight_are_learnt_from(stage: Stage, clock: ManualClock) -> None:
    """The day that runs is not over; 9 November was before the flight; what was read in the night is over in Berlin, not in UTC."""
    made = stage.launch()
    clock.business = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    stage.report((9, 90, "1"), (18, 50, "3"), (19, 60, "4"), (20, 70, "5"), day=date(2026, 11, 20))
    assert [day for day, *_ in stage.observed(made)] == list(range(10, 20))
    clock.business = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    stage.report(day=date(2026, 11, 20))
    assert [day for day, *_ in stage.observed(made)] == list(range(10, 21))


def test_a_day_that_was_read_and_brought_nothing_is_a_day_of_zeros(stage: Stage) -> None:
    made = stage.launch()
    stage.report((17, 40, "2"), (19, 60, "4"))
    assert stage.observed(made)[-3:] == [(17, 40, Decimal(2)), (18, 0, Decimal(0)), (19, 60, Decimal(4))]


def test_the_newest_facts_count_and_only_conversions_that_are_counted(stage: Stage, clock: ManualClock) -> None:
    made = stage.launch()
    stage.report((19, 60, "4"))
    clock.advance(hours=1)
    about = subject(day=YESTERDAY)
    stage.source.rows = [fact(about, clicks=61), conversion(about, count="5"), conversion(about, count="9", counted=False)]
    stage.source.rows += [fact(subject(Grain.AD, "7", day=YESTERDAY), clicks=61)]
    stage.report()
    assert stage.observed(made)[-1] == (19, 61, Decimal(5))


def test_another_campaign_of_the_account_is_not_mixed_in(stage: Stage) -> None:
    made = stage.launch()
    stage.report((19, 60, "4"))
    stage.report((19, 500, "40"), campaign="2")
    assert stage.observed(made)[-1] == (19, 60, Decimal(4))


def test_a_day_is_forecast_once_and_the_next_day_again(stage: Stage, clock: ManualClock) -> None:
    stage.launch()
    stage.report((19, 60, "4"))
    stage.service.forecast()
    before = stage.read()
    clock.advance(hours=2)
    stage.report((18, 90, "9"))
    again = stage.service.forecast()
    assert (again.counts["unchanged"], again.counts["rows"], again.done) == (1, 0, 0)
    assert stage.read() == before
    clock.advance(hours=12)
    assert stage.service.forecast().counts["rows"] == ROWS
    assert stage.read("SELECT day, count(*) FROM forecasts GROUP BY day ORDER BY day") == [
        (date(2026, 11, 20), ROWS),
        (date(2026, 11, 21), ROWS),
    ]


def test_two_runs_at_once_write_one_forecast(stage: Stage, clock: ManualClock) -> None:
    """Both have looked before either has written: the second one's rows are refused by the key and counted as none."""
    made = stage.launch()
    about = {"deployment_id": made.deployment_id, "day": YESTERDAY, "as_of": clock.business, "recorded_at": clock.wall}
    row = {**about, "days_observed": 0, "horizon_end": YESTERDAY, "metric": "clicks", "low": 1, "mid": 2, "high": 3}
    with stage.database.transaction() as session:
        assert repository.add(session, [row]) == 1
        assert repository.add(session, [{**row, "as_of": clock.business + timedelta(seconds=1)}]) == 0


@pytest.mark.parametrize("points", [(2, 1, 3), (-1, 0, 1), ("0.5", 1, 2)])
def test_the_table_refuses_bounds_out_of_order_and_parts_of_a_micro(stage: Stage, clock: ManualClock, points: tuple[Any, ...]) -> None:
    made = stage.launch()
    about = {"deployment_id": made.deployment_id, "day": YESTERDAY, "as_of": clock.business, "recorded_at": clock.wall}
    row = {**about, "days_observed": 0, "horizon_end": YESTERDAY, "metric": "spend_micros"}
    with pytest.raises(IntegrityError, match="ck_forecasts"), stage.database.transaction() as session:
        repository.add(session, [{**row, **dict(zip(("low", "mid", "high"), points, strict=True))}])


def test_strategies_that_are_named_are_forecast_and_no_others(stage: Stage) -> None:
    first, second = stage.launch(), stage.launch(external_id="10")
    assert stage.service.forecast([second.strategy_id]).counts["rows"] == ROWS
    assert stage.read("SELECT DISTINCT deployment_id FROM forecasts") == [(second.deployment_id,)]
    assert stage.service.forecast([first.strategy_id, second.strategy_id]).counts == {"done": 1, "rows": ROWS, "unchanged": 1}


def test_what_is_not_live_or_over_is_not_forecast(stage: Stage) -> None:
    paused, over = stage.launch(), stage.launch(external_id="10")
    stage.write("UPDATE deployments SET status = 'paused' WHERE id = :id", id=paused.deployment_id)
    stage.write("UPDATE deployments SET ends_on = '2026-11-19' WHERE id = :id", id=over.deployment_id)
    outcome = stage.service.forecast()
    assert (outcome.counts["over"], outcome.done, outcome.counts["rows"]) == (1, 0, 0)


def test_a_plan_that_cannot_be_used_is_one_sentence_and_the_others_are_forecast(stage: Stage) -> None:
    stage.launch()
    without = stage.launch(plan(channel(platform="meta_ads")), external_id="10")
    unreadable = stage.launch(external_id="11")
    stage.write("UPDATE strategies SET plan = '{\"pitch\": 1}' WHERE id = :id", id=unreadable.strategy_id)
    outcome = stage.service.forecast()
    assert outcome.counts == {"done": 1, "failed": 2, "rows": ROWS, "unchanged": 0}
    assert set(outcome.errors) == {without.deployment_id, unreadable.deployment_id}
    assert all("no readable plan with a part for google_ads" in sentence for sentence in outcome.errors.values())


def test_the_launch_day_counts_for_the_part_of_it_that_was_left(stage: Stage) -> None:
    """18:00 in Berlin on 19 November: a quarter of the day brought 60 clicks, so more is to come than of a whole day with 60."""
    early, late = stage.launch(), stage.launch(external_id="10")
    stage.write("UPDATE deployments SET launched_at = '2026-11-19T17:00:00Z' WHERE id = :id", id=late.deployment_id)
    stage.report((19, 60, "4"))
    stage.service.forecast()
    clicks = dict(stage.read("SELECT deployment_id, mid FROM forecasts WHERE metric = 'clicks'"))
    assert clicks[late.deployment_id] > clicks[early.deployment_id] * Decimal("1.2")


def test_yen_are_whole_micros_too(stage: Stage) -> None:
    drawn = plan(channel(daily_micros=6_000 * EUR, currency="JPY"), currency="JPY", total_budget_micros=400_000 * EUR)
    made = stage.launch(drawn, currency="JPY", zone="Asia/Tokyo")
    stage.write("UPDATE deployments SET daily_budget_micros = 6000000000 WHERE id = :id", id=made.deployment_id)
    stage.service.forecast()
    [(low, high)] = stage.read("SELECT low, high FROM forecasts WHERE metric = 'spend_micros'")
    assert low > 100_000 * EUR
    assert high <= 6_000 * EUR * 61


def test_statements_do_not_grow_with_deployments(
    stage: Stage,
    count_statements: Callable[[Database], AbstractContextManager[list[str]]],  # noqa: F811
) -> None:
    for number in range(5):
        stage.launch(external_id=str(10 + number))
    with count_statements(stage.database) as seen:
        assert stage.service.forecast().done == 5
    assert len(seen) == 4, "a page of deployments, their days, their forecasts, and the page after them"
