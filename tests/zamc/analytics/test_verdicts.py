"""Verdicts in the record: found on real rows, told once with the reason, resolved when over."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.analytics.late import AD, CAMPAIGN, LateAccount
from zamc.analytics.verdicts import VerdictService
from zamc.database.engine import Database

START, BROKE = date(2026, 9, 1), date(2026, 10, 20)


class Stage:
    """An account with a fault from BROKE on; `morning` lets time pass and judges on each morning."""

    def __init__(self, database: Database, clock: ManualClock, **how: Callable[[date], int]) -> None:
        self.database = database
        self.account = LateAccount(database, clock, first_day=START, **how)
        self.account.live(BROKE)
        self.service = VerdictService(database, clock)

    def morning(self, days: int) -> None:
        for _ in range(days):
            self.account.go_on(self.today + timedelta(days=1))
            self.service.judge()

    @property
    def today(self) -> date:
        return self.account.clock.business.date()

    def read(self, sql: str) -> list[Any]:
        with self.database.transaction() as session:
            return list(session.execute(text(sql)))

    def verdicts(self) -> list[Any]:
        return self.read("SELECT * FROM performance_verdicts ORDER BY id")


def wobbling(level: int) -> Callable[[date], int]:
    """Days around a level, as real ones are."""
    return lambda day: round(level * (1 + 0.05 * ((day.toordinal() * 7919) % 11 - 5) / 5))


def stopped(level: int, *, until: date | None = None) -> Callable[[date], int]:
    usual = wobbling(level)
    return lambda day: 0 if day >= BROKE and (until is None or day < until) else usual(day)


HEALTHY: dict[str, Callable[[date], int]] = {
    "per_day": wobbling(40), "clicks": wobbling(1000), "impressions": wobbling(25_000), "spend": wobbling(500_000_000),
}  # fmt: skip


def test_a_healthy_account_is_left_in_peace(database: Database, clock: ManualClock) -> None:
    stage = Stage(database, clock, **HEALTHY)
    stage.morning(6)
    assert stage.verdicts() == []


def test_conversions_that_stop_while_clicks_go_on_are_told_within_two_days_with_the_reason(database: Database, clock: ManualClock) -> None:
    stage = Stage(database, clock, **{**HEALTHY, "per_day": stopped(40)})
    stage.morning(2)
    [verdict] = stage.verdicts()
    assert (verdict.kind, verdict.grain, verdict.severity) == ("tracking_stopped", "account", "critical")
    assert verdict.began_on >= BROKE
    assert "clicks" in verdict.reason
    assert verdict.evidence["seen"] == 0
    assert verdict.evidence["expected"] > 10
    assert len(verdict.evidence["inputs"]) == 64
    [alert] = stage.read("SELECT * FROM alerts WHERE code = 'tracking-stopped'")
    assert (alert.severity, alert.cleared_at) == ("critical", None)
    [event] = stage.read("SELECT * FROM events.outbox WHERE subject = 'zamc.alert.raised'")
    assert event is not None


def test_a_condition_that_lasts_is_told_once(database: Database, clock: ManualClock) -> None:
    stage = Stage(database, clock, **{**HEALTHY, "per_day": stopped(40)})
    stage.morning(9)
    assert [verdict.kind for verdict in stage.verdicts()] == ["tracking_stopped"]
    assert stage.verdicts()[0].resolved_at is None
    assert len(stage.read("SELECT 1 FROM alerts")) == 1


def test_a_condition_that_is_over_is_resolved_and_its_alert_cleared(database: Database, clock: ManualClock) -> None:
    stage = Stage(database, clock, **{**HEALTHY, "per_day": stopped(40, until=BROKE + timedelta(days=4))})
    stage.morning(9)
    [verdict] = stage.verdicts()
    assert verdict.resolved_at is not None
    assert "mornings" in verdict.resolution
    assert stage.read("SELECT cleared_at FROM alerts")[0].cleared_at is not None


def test_spend_that_doubles_is_told_and_a_budget_that_we_changed_is_not(database: Database, clock: ManualClock) -> None:
    def tripled(usual: Callable[[date], int]) -> Callable[[date], int]:
        return lambda day: usual(day) * (3 if day >= BROKE else 1)

    stage = Stage(database, clock, **{name: tripled(usual) for name, usual in HEALTHY.items()})
    stage.account.change_budget(BROKE)
    stage.morning(2)
    assert stage.verdicts() == []
    with database.transaction() as session:
        session.execute(text("UPDATE deployment_changes SET state = 'superseded'"))
    stage.morning(1)
    [verdict] = stage.verdicts()
    assert (verdict.kind, verdict.object_id, verdict.deployment_id) == ("spend_up", CAMPAIGN, stage.account.launch.deployment_id)
    assert "times as much" in stage.read("SELECT title FROM alerts")[0].title


def test_an_ad_that_is_suddenly_not_clicked_is_told_by_its_name(database: Database, clock: ManualClock) -> None:
    usual = wobbling(1000)
    stage = Stage(database, clock, **{**HEALTHY, "clicks": lambda day: usual(day) // (3 if day >= BROKE else 1)})
    stage.morning(2)
    kinds = {verdict.kind: verdict for verdict in stage.verdicts()}
    assert kinds["ctr_down"].object_id == AD
    assert kinds["ctr_down"].label == "a name"


def test_yesterday_must_have_been_read_since_it_ended(database: Database, clock: ManualClock) -> None:
    stage = Stage(database, clock, **{**HEALTHY, "per_day": stopped(40)})
    stage.account.go_on(BROKE + timedelta(days=2))
    stage.account.clock.business += timedelta(days=1)
    outcome = stage.service.judge()
    assert (outcome.counts["not_ready"], outcome.done) == (1, 0)
    assert stage.verdicts() == []


@pytest.mark.parametrize("days", [3, 10])
def test_an_account_without_a_past_is_not_judged_yet(database: Database, clock: ManualClock, days: int) -> None:
    account = LateAccount(database, clock, first_day=START, per_day=lambda day: 0 if day > START + timedelta(days=days - 2) else 40)
    account.live(START + timedelta(days=days))
    outcome = VerdictService(database, clock).judge()
    assert (outcome.done, outcome.counts["found"]) == (1, 0)
