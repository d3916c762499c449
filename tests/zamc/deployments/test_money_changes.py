"""Raises, decreases and approvals: held before they are sent, given back after the read-back, never above policy or brief."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from tests.zamc.deployments.money import live_pair, noon_of, planned_change, policy, read_back, reserved_of
from zamc.deployments import budgets, repository
from zamc.deployments.tables import Deployment
from zamc.errors import Conflict, InvalidInput, SpendRefused
from zamc.projects.service import ProjectService

START = date(2026, 11, 20)


def test_a_raise_is_held_before_it_is_sent_and_a_decrease_goes_back_after_it_was_read_back(stage: Stage) -> None:
    policy(stage)
    google, _ = live_pair(stage)
    before = reserved_of(stage, google)
    raised = planned_change(stage, google, 100 * EUR)
    after = reserved_of(stage, google)
    assert after["day"] == 200 * EUR
    assert all(after[period] > before[period] for period in before)
    read_back(stage, google, 100 * EUR, raised)
    noon_of(stage, START + timedelta(days=1))
    stage.service().reckon()
    lowered = planned_change(stage, google, 20 * EUR)
    assert reserved_of(stage, google)["day"] == 200 * EUR
    read_back(stage, google, 20 * EUR, lowered)
    # Today may still be billed by the highest budget that it had.
    assert reserved_of(stage, google)["day"] == 200 * EUR
    assert reserved_of(stage, google)["total"] < before["total"]
    noon_of(stage, START + timedelta(days=2))
    stage.service().reckon()
    assert reserved_of(stage, google)["day"] == 40 * EUR


@pytest.mark.parametrize("in_doubt", [True, False])
def test_a_raise_that_was_refused_goes_back(stage: Stage, *, in_doubt: bool) -> None:
    policy(stage)
    google, _ = live_pair(stage)
    before = reserved_of(stage, google)
    generation = planned_change(stage, google, 100 * EUR)
    with stage.database.transaction() as session:
        [row] = repository.lock(session, [google])
        budgets.drop_change(session, stage.clock, row, generation=generation, in_doubt=in_doubt)
    if not in_doubt:
        assert reserved_of(stage, google) == before
    else:
        assert reserved_of(stage, google)["day"] == 200 * EUR
        noon_of(stage, START + timedelta(days=1))
        stage.service().reckon()
        assert reserved_of(stage, google)["day"] == before["day"]


@pytest.mark.parametrize(
    ("rules", "daily", "said"),
    [
        ({"largest_raise_micros": 20 * EUR}, 81, "above the largest step of 20.00 EUR"),
        ({"largest_raise_share": Decimal("0.25")}, 76, "a raise by 26.7% is above the largest step of 25.0%"),
        ({"daily_raise_micros": 10 * EUR}, 71, "is above the 10.00 EUR of one day"),
        ({"platforms": {"google_ads": {"day": 130 * EUR}}}, 66, "above the cap of 130.00 EUR on google_ads"),
        ({"daily": 191}, 61, "above the cap of 191.00 EUR"),
    ],
)
def test_a_raise_that_the_policy_forbids_changes_nothing(stage: Stage, rules: dict[str, object], daily: int, said: str) -> None:
    policy(stage, **rules)  # type: ignore[arg-type]  # names and types are its own
    google, _ = live_pair(stage)
    before = reserved_of(stage, google)
    with pytest.raises(SpendRefused, match=said.replace("(", r"\(")):
        planned_change(stage, google, daily * EUR)
    assert reserved_of(stage, google) == before
    planned_change(stage, google, 30 * EUR)  # less is always allowed


def test_all_raises_of_a_day_count_together_and_tomorrow_is_another_day(stage: Stage) -> None:
    policy(stage, daily_raise_micros=30 * EUR)
    google, meta = live_pair(stage)
    read_back(stage, google, 80 * EUR, planned_change(stage, google, 80 * EUR))
    with pytest.raises(SpendRefused, match=r"on top of 20\.00 EUR today"):
        planned_change(stage, meta, 55 * EUR)
    noon_of(stage, START + timedelta(days=1))
    planned_change(stage, meta, 55 * EUR)


def test_a_deployment_cools_down_after_a_change(stage: Stage) -> None:
    policy(stage, cooldown_seconds=6 * 3_600)
    google, meta = live_pair(stage)
    read_back(stage, google, 70 * EUR, planned_change(stage, google, 70 * EUR))
    stage.clock.advance(hours=5)
    with pytest.raises(SpendRefused, match="cool-down"):
        planned_change(stage, google, 80 * EUR)
    planned_change(stage, meta, 45 * EUR)
    stage.clock.advance(hours=1)
    planned_change(stage, google, 80 * EUR)


def test_a_raise_never_passes_what_the_brief_allows_in_total(stage: Stage) -> None:
    policy(stage)
    google, _ = stage.begin(plan_of(total_budget_micros=6_200 * EUR))
    stage.launch()
    with pytest.raises(SpendRefused, match="brief's total"):
        planned_change(stage, google, 90 * EUR)


def test_a_budget_of_nothing_is_no_budget(stage: Stage) -> None:
    google, _ = live_pair(stage)
    with pytest.raises(InvalidInput, match="greater than zero"):
        planned_change(stage, google, 0)


def test_an_approval_that_came_late_holds_what_it_needs_by_then(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=20_000, total=None)
    with stage.database.transaction() as session:
        ProjectService(stage.clock).set_gates(session, stage.project_id, {"launch": "person"}, by="anna")
    google, _ = stage.begin(plan_of(ends_on=None, total_budget_micros=None))
    stage.clock.advance(days=100)
    row = stage.deployment("google_ads")
    with stage.database.transaction() as session:
        stage.service().approve(session, google, by="anna", plan_hash=row.plan_hash)
    assert reserved_of(stage, google)["2027-02"] > 0
    assert stage.deployment("google_ads").status == "creating"


def test_an_approval_of_version_1_is_none_of_version_2(stage: Stage) -> None:
    policy(stage, approval_above_micros=0, approvers=2)
    google, _ = stage.begin()
    first = stage.deployment("google_ads").plan_hash
    with stage.database.transaction() as session:
        stage.service().approve(session, google, by="anna", plan_hash=first)
        session.execute(text("UPDATE deployments SET plan_hash = 'version 2' WHERE id = :id"), {"id": google})
        session.expire_all()
    with stage.database.transaction() as session, pytest.raises(Conflict, match="has changed since"):
        stage.service().approve(session, google, by="ben", plan_hash=first)
    with stage.database.transaction() as session:
        given = stage.service().approve(session, google, by="ben", plan_hash="version 2")
    assert given.people == ("ben",)
    assert not given.complete
    stage.launch()
    assert stage.google.calls == []


def test_an_open_gate_is_not_enough_above_the_threshold(stage: Stage) -> None:
    policy(stage, approval_above_micros=50 * EUR)
    google, _ = stage.begin()
    assert stage.statuses() == {"google_ads": "requested", "meta_ads": "creating"}
    stage.launch()
    assert stage.google.calls == []
    row = stage.deployment("google_ads")
    with stage.database.transaction() as session, pytest.raises(InvalidInput, match="who approves"):
        stage.service().approve(session, google, by=" ", plan_hash=row.plan_hash)
    with stage.database.transaction() as session:
        assert stage.service().approve(session, google, by="anna", plan_hash=row.plan_hash).complete
        assert session.scalars(select(Deployment.approved_by).where(Deployment.id == google)).one() == "anna"
    stage.launch()
    stage.both_live_once()
