"""A cool-down is an object's own: what was done to one ad set holds back nothing of the other."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from tests.zamc.deployments.fake import Thing
from tests.zamc.deployments.money import policy
from zamc.deployments.change_rules import Request
from zamc.deployments.watch_tables import Drift
from zamc.errors import Conflict, NotFound, SpendRefused

HOURS = 6


@pytest.fixture
def live(stage: Stage) -> Stage:
    """Meta's 40 euros a day stand on two ad sets, 20 each."""
    policy(stage, cooldown_seconds=HOURS * 3_600)
    stage.begin(plan_of(total_budget_micros=None))
    stage.launch()
    stage.both_live_once()
    stage.service().watch()
    return stage


def _sets(stage: Stage) -> list[Thing]:
    return [thing for thing in stage.meta.alive() if thing.kind == "ad_set"]


def _edit(stage: Stage, thing: Thing, euros: int) -> None:
    """Somebody changes the budget of an ad set on the platform, and a person accepts that."""
    thing.budget_micros = euros * EUR
    stage.service().watch()
    with stage.database.transaction() as session:
        found = session.scalars(select(Drift).where(Drift.state == "open")).one()
        stage.service().accept_drift(session, found.id, by="anna")


def _plan(stage: Stage, daily: int) -> Any:
    key: UUID = stage.deployment("meta_ads").id
    return stage.service().plan_change(key, Request(daily_budget_micros=daily * EUR), by="anna")


def test_one_ad_set_cools_down_and_the_other_does_not(live: Stage) -> None:
    first, second = _sets(live)
    _edit(live, first, 25)
    live.clock.advance(hours=HOURS - 1)
    with pytest.raises(SpendRefused, match="cool-down"):
        _edit(live, first, 27)
    first.budget_micros = 25 * EUR
    live.service().watch()
    _edit(live, second, 24)
    assert live.deployment("meta_ads").daily_budget_micros == 49 * EUR
    live.clock.advance(hours=1)
    _edit(live, first, 27)


def test_a_raise_of_the_whole_waits_for_every_ad_set_that_it_raises(live: Stage) -> None:
    first, _ = _sets(live)
    _edit(live, first, 25)
    assert "cool-down" in _plan(live, 60).refusal
    assert _plan(live, 30).refusal == "", "less needs no cool-down"
    live.clock.advance(hours=HOURS)
    shown = _plan(live, 60)
    assert shown.refusal == ""
    live.service().apply_change(shown.deployment_id, shown.change_hash, by="anna")
    live.service().carry_changes()
    assert [each.budget_micros for each in _sets(live)] == [30 * EUR, 30 * EUR]


def test_another_campaign_has_a_cool_down_of_its_own(live: Stage) -> None:
    first, _ = _sets(live)
    _edit(live, first, 25)
    google = live.deployment("google_ads").id
    assert live.service().plan_change(google, Request(daily_budget_micros=70 * EUR), by="anna").refusal == ""


def test_a_longer_flight_is_no_change_of_a_budget(live: Stage) -> None:
    first, _ = _sets(live)
    _edit(live, first, 25)
    key = live.deployment("meta_ads").id
    assert "cool-down" not in live.service().plan_change(key, Request(ends_on=date(2026, 12, 31)), by="anna").refusal


def test_of_several_plans_one_is_applied_and_the_others_are_void(live: Stage) -> None:
    """An earlier change of the same generation stands beside them."""
    live.clock.advance(hours=HOURS)
    _edit(live, _sets(live)[0], 19)
    shown = [_plan(live, daily) for daily in (30, 32, 34)]
    live.service().apply_change(shown[1].deployment_id, shown[1].change_hash, by="anna")
    live.service().carry_changes()
    assert live.deployment("meta_ads").daily_budget_micros == 32 * EUR
    with pytest.raises(Conflict, match="newer intention"):
        live.service().apply_change(shown[0].deployment_id, shown[0].change_hash, by="anna")
    last = _plan(live, 31)
    live.service().apply_change(last.deployment_id, last.change_hash, by="anna")
    with pytest.raises(NotFound):
        live.service().apply_change(shown[0].deployment_id, shown[0].change_hash, by="anna")
