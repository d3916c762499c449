"""Late conversions in the record: learned, foretold, settled, and never written twice."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.analytics.late import CAMPAIGN, LateAccount
from zamc.analytics.nowcast import NowcastService
from zamc.database.engine import Database
from zamc.steps import Outcome

TODAY = date(2026, 10, 20)

_TAKE_AWAY = text(
    """
    INSERT INTO analytics (ad_account_id, grain, object_id, segment, date, as_of, recorded_at, deployment_id, campaign_id, label, currency,
        impressions, clicks, spend_micros)
    SELECT ad_account_id, grain, object_id, segment, date, as_of + interval '1 microsecond', recorded_at, deployment_id, campaign_id, label,
        currency, impressions, clicks, spend_micros
    FROM analytics WHERE date = :day AND grain = 'campaign'
    """
)


class Stage:
    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.account = database, LateAccount(database, clock)
        self.account.live(TODAY)
        self.service = NowcastService(database, clock)

    def refresh(self) -> Outcome:
        return self.service.refresh()

    def read(self, sql: str, **values: Any) -> list[Any]:
        with self.database.transaction() as session:
            return list(session.execute(text(sql), values))

    def newest(self, day: date, grain: str = "campaign") -> Any:
        [row, *_] = self.read("SELECT * FROM nowcasts WHERE date = :day AND grain = :grain ORDER BY as_of DESC", day=day, grain=grain)
        return row


@pytest.fixture
def stage(database: Database, clock: ManualClock) -> Stage:
    return Stage(database, clock)


def test_the_curve_is_what_the_account_showed(stage: Stage) -> None:
    assert stage.refresh().counts["curves"] == 1
    shares = {row.day_age: float(row.share) for row in stage.read("SELECT day_age, share FROM completeness WHERE action = 'purchase'")}
    assert shares[1] == pytest.approx(0.4, abs=0.04)
    assert shares[3] == pytest.approx(0.75, abs=0.04)
    assert shares[max(shares)] == 1


def test_a_recent_day_is_nowcast_and_an_old_one_is_settled(stage: Stage) -> None:
    stage.refresh()
    recent, old = stage.newest(TODAY - timedelta(days=1)), stage.newest(TODAY - timedelta(days=40))
    assert (recent.reported, recent.object_id, recent.deployment_id) == (16, CAMPAIGN, stage.account.launch.deployment_id)
    assert float(recent.conversions) == pytest.approx(40, rel=0.15)
    assert recent.low < recent.conversions < recent.high
    assert not recent.settled
    assert (old.reported, old.conversions, old.low, old.high, old.settled) == (40, 40, 40, 40, True)


def test_the_account_is_nowcast_like_its_campaigns(stage: Stage) -> None:
    stage.refresh()
    whole = stage.newest(TODAY - timedelta(days=1), "account")
    assert float(whole.conversions) == pytest.approx(40, rel=0.15)
    assert whole.deployment_id is None


def test_what_did_not_change_is_not_written_again(stage: Stage) -> None:
    stage.refresh()
    again = stage.refresh()
    assert (again.done, again.counts["curves"], again.counts["nowcasts"]) == (1, 0, 0)


def test_a_revision_is_a_new_row_and_the_old_one_stays(stage: Stage) -> None:
    stage.refresh()
    day = TODAY - timedelta(days=1)
    before = stage.newest(day)
    stage.account.go_on(TODAY + timedelta(days=1))
    assert stage.refresh().counts["nowcasts"] > 0
    after = stage.newest(day)
    assert (before.reported, after.reported) == (16, 24)
    assert after.as_of > before.as_of
    assert after.completeness > before.completeness
    assert stage.read("SELECT count(*) AS n FROM nowcasts WHERE date = :day AND grain = 'campaign'", day=day)[0].n == 2


def test_what_is_learned_while_the_clock_stands_still_comes_after_what_was_known(stage: Stage) -> None:
    stage.refresh()
    day = TODAY - timedelta(days=1)
    before = stage.newest(day)
    # A revision that takes the conversions away, a moment after the one before.
    with stage.database.transaction() as session:
        session.execute(_TAKE_AWAY, {"day": day})
    stage.account.clock.business += timedelta(microseconds=1)
    stage.refresh()
    after = stage.newest(day)
    assert after.as_of > before.as_of
    assert (before.reported, after.reported) == (16, 0)


def test_a_day_that_settles_is_written_as_settled(stage: Stage) -> None:
    stage.refresh()
    day = TODAY - timedelta(days=1)
    stage.account.go_on(TODAY + timedelta(days=12))
    stage.refresh()
    row = stage.newest(day)
    assert row.settled
    assert row.reported == 40
    assert row.conversions == pytest.approx(Decimal(40), rel=Decimal("0.02"))


def test_an_account_that_was_never_read_is_left_alone(database: Database, clock: ManualClock) -> None:
    LateAccount(database, clock)
    assert NowcastService(database, clock).refresh().done == 0


def test_an_account_without_any_conversion_gives_none(database: Database, clock: ManualClock) -> None:
    account = LateAccount(database, clock, per_day=lambda _: 0)
    account.live(date(2026, 9, 10))
    outcome = NowcastService(database, clock).refresh([account.launch.account.id])
    assert (outcome.done, outcome.counts["nowcasts"], outcome.counts["curves"]) == (1, 0, 0)
