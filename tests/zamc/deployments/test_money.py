"""The ledger over a flight: settled with what was billed, ended by the calendar, raised before and lowered after."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text

from tests.zamc.deployments.bills import bill
from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from zamc.deployments import budgets, repository
from zamc.deployments.tables import Deployment
from zamc.errors import Conflict, InvalidInput, SpendRefused
from zamc.projects.rules import Caps, PolicyRules
from zamc.projects.service import ProjectService

START = date(2026, 11, 20)


def _policy(stage: Stage, *, daily: int = 1_000, monthly: int = 30_000, total: int | None = None, **rules: object) -> None:
    caps = Caps("EUR", daily * EUR, monthly * EUR, total * EUR if total else None, rules.pop("platforms", {}))  # type: ignore[arg-type]
    with stage.owner.transaction() as session:
        ProjectService(stage.clock).set_spend_policy(
            session,
            stage.project_id,
            caps,
            by="anna",
            rules=PolicyRules(**rules),  # type: ignore[arg-type]  # names and types are its own
        )


def _live(stage: Stage, **flight: object) -> tuple[UUID, UUID]:
    google, meta = stage.begin(plan_of(total_budget_micros=None, **flight))
    stage.launch()
    stage.both_live_once()
    return google, meta


def _held(stage: Stage, deployment_id: UUID) -> dict[str, int]:
    with stage.database.transaction() as session:
        statement = text(
            "SELECT split_part(period, ':', 1) AS period, sum(amount_micros) AS held FROM spend_ledger WHERE deployment_id = :id GROUP BY 1"
        )
        return {row.period: int(row.held) for row in session.execute(statement, {"id": deployment_id})}


def _to(stage: Stage, day: date) -> None:
    """Noon of that day."""
    noon = datetime.combine(day, time(12), tzinfo=stage.clock.business.tzinfo)
    stage.clock.advance(seconds=(noon - stage.clock.business).total_seconds())


def _change(stage: Stage, deployment_id: UUID, daily: int) -> int:
    """Plan a change of the daily budget; returns its generation."""
    with stage.database.transaction() as session:
        [row] = repository.lock(session, [deployment_id])
        budgets.reserve_change(session, stage.clock, row, daily, generation=row.generation + 1)
        row.generation += 1
        return row.generation


def _read_back(stage: Stage, deployment_id: UUID, daily: int, generation: int) -> None:
    with stage.database.transaction() as session:
        [row] = repository.lock(session, [deployment_id])
        row.daily_budget_micros = daily
        budgets.release_change(session, stage.clock, row, generation=generation)


def test_past_days_are_settled_with_what_was_billed_once_they_are_final(stage: Stage) -> None:
    google, meta = _live(stage)
    before = _held(stage, google)
    spent = {START + timedelta(days=n): 50 * EUR for n in range(3)}
    _to(stage, START + timedelta(days=3))
    with stage.database.transaction() as session:
        bill(session, {google: spent, meta: {}}, read_on=START + timedelta(days=3), read=(START, START + timedelta(days=2)))
    stage.service().reckon()
    # Only the first day was read on the third day after it.
    assert _held(stage, google)["2026-11"] == before["2026-11"] - 120 * EUR + 50 * EUR
    _to(stage, START + timedelta(days=5))
    with stage.database.transaction() as session:
        bill(session, {google: spent, meta: {}}, read_on=START + timedelta(days=5), read=(START, START + timedelta(days=4)))
    assert stage.service().reckon().counts["settled"] == 2
    held = _held(stage, google)
    assert held["2026-11"] == before["2026-11"] - 3 * 120 * EUR + 150 * EUR
    assert held["total"] == 150 * EUR + 8 * 120 * EUR + int(Decimal("30.4") * 60) * EUR
    assert held["day"] == 120 * EUR
    assert stage.service().reckon().counts["settled"] == 0


def test_a_value_that_is_revised_upwards_is_settled_again(stage: Stage) -> None:
    google, meta = _live(stage)
    _to(stage, START + timedelta(days=4))
    for later, micros in enumerate((10 * EUR, 30 * EUR)):
        with stage.database.transaction() as session:
            bill(session, {google: {START: micros}, meta: {}}, read_on=START + timedelta(days=4 + later), read=(START, START))
        stage.service().reckon()
        assert _held(stage, google)["2026-11"] == micros + 10 * 120 * EUR


def test_room_that_comes_back_can_be_used(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=5_000, total=5_500)
    google, meta = _live(stage)
    with pytest.raises(SpendRefused, match="total"):
        _change(stage, google, 90 * EUR)
    _to(stage, START + timedelta(days=14))
    days = {START + timedelta(days=n): 0 for n in range(11)}
    with stage.database.transaction() as session:
        bill(session, {google: days, meta: {}}, read_on=START + timedelta(days=14), read=(START, START + timedelta(days=10)))
    stage.service().reckon()
    _change(stage, google, 90 * EUR)
    assert _held(stage, google)["day"] == 180 * EUR


def test_a_flight_that_is_over_ends_is_read_back_and_gives_its_room_back(stage: Stage) -> None:
    google, meta = _live(stage, ends_on="2026-11-25")
    _to(stage, date(2026, 11, 25))
    stage.service().watch()
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "live"}
    _to(stage, date(2026, 11, 26))
    stage.google.calls.clear()
    stage.service().watch()
    assert stage.statuses() == {"google_ads": "ended", "meta_ads": "ended"}
    assert [method for method, _ in stage.google.calls][-3:] == ["pause", "read", "read"]
    assert stage.events().count("zamc.deployment.ended") == 2
    assert stage.reserved()["day"] == 0
    _to(stage, date(2026, 11, 30))
    with stage.database.transaction() as session:
        bill(session, {google: {START: 70 * EUR}, meta: {}}, read_on=date(2026, 11, 30), read=(START, date(2026, 11, 26)))
    stage.service().reckon()
    assert _held(stage, google) == {"day": 0, "2026-11": 70 * EUR, "total": 70 * EUR}
    assert set(_held(stage, meta).values()) == {0}


def test_the_last_day_is_the_one_of_the_accounts_time_zone(stage: Stage) -> None:
    with stage.database.transaction() as session:
        session.execute(text("UPDATE ad_accounts SET time_zone = 'Pacific/Auckland' WHERE platform = 'google_ads'"))
        session.execute(text("UPDATE ad_accounts SET time_zone = 'America/Los_Angeles' WHERE platform = 'meta_ads'"))
    _live(stage, ends_on="2026-11-25")
    _to(stage, date(2026, 11, 25))
    stage.service().reckon()
    assert stage.statuses() == {"google_ads": "ended", "meta_ads": "live"}


def test_what_waits_for_an_approval_ends_with_its_flight_and_gives_everything_back(stage: Stage) -> None:
    with stage.database.transaction() as session:
        ProjectService(stage.clock).set_gates(session, stage.project_id, {"launch": "person"}, by="anna")
    stage.begin(plan_of(ends_on="2026-11-25"))
    _to(stage, date(2026, 11, 27))
    stage.service().reckon()
    assert set(stage.statuses().values()) == {"ended"}
    assert set(stage.reserved().values()) == {0}


def test_the_day_on_which_it_was_ended_keeps_its_room(stage: Stage) -> None:
    """What ran this morning is billed today, whoever is launched this afternoon."""
    stage.allow(daily=200, monthly=20_000, total=None)
    google, _ = _live(stage)
    with stage.database.transaction() as session:
        stage.service().end(session, google, by="anna")
    stage.service().run_stops()
    assert _held(stage, google)["day"] == 120 * EUR
    stage.begin(plan_of(total_budget_micros=None), name="Afternoon")
    with stage.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM deployments WHERE status = 'failed'")) == 2
    _to(stage, START + timedelta(days=1))
    stage.service().reckon()
    assert _held(stage, google)["day"] == 0
    assert _held(stage, google)["total"] == 120 * EUR


def test_a_doubted_enable_keeps_its_reservation_to_the_end_of_its_period(stage: Stage) -> None:
    """C11: then it is settled like any other."""
    stage.begin(plan_of(ends_on="2026-12-05"))
    stage.google.fail("enable_root", "late", "refuse")
    stage.launch()
    stage.recover(4)
    row = stage.deployment("google_ads")
    assert row.status == "failed"
    kept = _held(stage, row.id)
    assert kept["day"] == 120 * EUR
    _to(stage, date(2026, 12, 3))
    stage.service().reckon()
    assert _held(stage, row.id) == kept
    _to(stage, date(2026, 12, 9))
    with stage.database.transaction() as session:
        bill(session, {row.id: {}}, read_on=date(2026, 12, 9), read=(START, date(2026, 12, 5)))
    stage.service().reckon()
    assert set(_held(stage, row.id).values()) == {0}


def test_a_resume_holds_its_months_and_total_before_it_enables(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=20_000, total=None)
    google, _ = _live(stage, ends_on=None)
    with stage.database.transaction() as session:
        stage.service().pause(session, google, by="anna")
    stage.service().run_stops()
    _to(stage, date(2027, 3, 10))
    assert "2027-03" not in _held(stage, google)
    with stage.database.transaction() as session:
        stage.service().resume(session, google, by="anna")
    held = _held(stage, google)
    assert held["2027-03"] >= 30 * 60 * EUR
    assert held["2027-04"] >= 30 * 60 * EUR
    assert held["total"] >= held["2027-03"] + held["2027-04"]


def test_a_resume_without_room_changes_nothing(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=20_000, total=None)
    google, _ = _live(stage, ends_on=None)
    with stage.database.transaction() as session:
        stage.service().pause(session, google, by="anna")
    stage.service().run_stops()
    _to(stage, date(2027, 3, 10))
    stage.allow(daily=1_000, monthly=1_000, total=None)
    with pytest.raises(SpendRefused, match="2027-03"), stage.database.transaction() as session:
        stage.service().resume(session, google, by="anna")
    assert stage.deployment("google_ads").status == "paused"
    assert "2027-03" not in _held(stage, google)


def test_a_flight_that_is_over_is_not_resumed(stage: Stage) -> None:
    google, _ = _live(stage, ends_on="2026-11-25")
    with stage.database.transaction() as session:
        stage.service().pause(session, google, by="anna")
    stage.service().run_stops()
    _to(stage, date(2026, 11, 28))
    with pytest.raises(SpendRefused, match="ended"), stage.database.transaction() as session:
        stage.service().resume(session, google, by="anna")


def test_a_raise_is_held_before_it_is_sent_and_a_decrease_goes_back_after_it_was_read_back(stage: Stage) -> None:
    _policy(stage)
    google, _ = _live(stage)
    before = _held(stage, google)
    raised = _change(stage, google, 100 * EUR)
    after = _held(stage, google)
    assert after["day"] == 200 * EUR
    assert all(after[period] > before[period] for period in before)
    _read_back(stage, google, 100 * EUR, raised)
    _to(stage, START + timedelta(days=1))
    stage.service().reckon()
    lowered = _change(stage, google, 20 * EUR)
    assert _held(stage, google)["day"] == 200 * EUR
    _read_back(stage, google, 20 * EUR, lowered)
    # Today may still be billed by the highest budget that it had.
    assert _held(stage, google)["day"] == 200 * EUR
    assert _held(stage, google)["total"] < before["total"]
    _to(stage, START + timedelta(days=2))
    stage.service().reckon()
    assert _held(stage, google)["day"] == 40 * EUR


@pytest.mark.parametrize("in_doubt", [True, False])
def test_a_raise_that_was_refused_goes_back(stage: Stage, *, in_doubt: bool) -> None:
    _policy(stage)
    google, _ = _live(stage)
    before = _held(stage, google)
    generation = _change(stage, google, 100 * EUR)
    with stage.database.transaction() as session:
        [row] = repository.lock(session, [google])
        budgets.drop_change(session, stage.clock, row, generation=generation, in_doubt=in_doubt)
    if not in_doubt:
        assert _held(stage, google) == before
    else:
        assert _held(stage, google)["day"] == 200 * EUR
        _to(stage, START + timedelta(days=1))
        stage.service().reckon()
        assert _held(stage, google)["day"] == before["day"]


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
    _policy(stage, **rules)  # type: ignore[arg-type]  # names and types are its own
    google, _ = _live(stage)
    before = _held(stage, google)
    with pytest.raises(SpendRefused, match=said.replace("(", r"\(")):
        _change(stage, google, daily * EUR)
    assert _held(stage, google) == before
    _change(stage, google, 30 * EUR)  # less is always allowed


def test_all_raises_of_a_day_count_together_and_tomorrow_is_another_day(stage: Stage) -> None:
    _policy(stage, daily_raise_micros=30 * EUR)
    google, meta = _live(stage)
    _read_back(stage, google, 80 * EUR, _change(stage, google, 80 * EUR))
    with pytest.raises(SpendRefused, match=r"on top of 20\.00 EUR today"):
        _change(stage, meta, 55 * EUR)
    _to(stage, START + timedelta(days=1))
    _change(stage, meta, 55 * EUR)


def test_a_deployment_cools_down_after_a_change(stage: Stage) -> None:
    _policy(stage, cooldown_seconds=6 * 3_600)
    google, meta = _live(stage)
    _read_back(stage, google, 70 * EUR, _change(stage, google, 70 * EUR))
    stage.clock.advance(hours=5)
    with pytest.raises(SpendRefused, match="cool-down"):
        _change(stage, google, 80 * EUR)
    _change(stage, meta, 45 * EUR)
    stage.clock.advance(hours=1)
    _change(stage, google, 80 * EUR)


def test_a_raise_never_passes_what_the_brief_allows_in_total(stage: Stage) -> None:
    _policy(stage)
    google, _ = stage.begin(plan_of(total_budget_micros=6_200 * EUR))
    stage.launch()
    with pytest.raises(SpendRefused, match="brief's total"):
        _change(stage, google, 90 * EUR)


def test_a_budget_of_nothing_is_no_budget(stage: Stage) -> None:
    google, _ = _live(stage)
    with pytest.raises(InvalidInput, match="greater than zero"):
        _change(stage, google, 0)


def test_overspend_is_told_once_and_pauses(stage: Stage) -> None:
    google, meta = _live(stage)
    _to(stage, START + timedelta(days=1))
    with stage.database.transaction() as session:
        bill(session, {google: {START: 121 * EUR}, meta: {START: 70 * EUR}}, read_on=START + timedelta(days=1), read=(START, START))
    counts = stage.service().reckon().counts
    assert (counts["overspent"], counts["paused"]) == (1, 1)
    assert stage.statuses() == {"google_ads": "paused", "meta_ads": "live"}
    with stage.database.transaction() as session:
        [alert] = session.execute(text("SELECT title, severity FROM alerts WHERE code = 'overspend'")).all()
        assert alert.title.endswith("google_ads billed 121.00 EUR for 2026-11-20, 120.00 EUR was reserved as the worst case")
        # A person who has looked at it resumes it, and is not overruled by the same day again.
        stage.service().resume(session, google, by="anna")
    stage.launch()
    _to(stage, START + timedelta(days=2))
    assert stage.service().reckon().counts["overspent"] == 0
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "live"}


def test_overspend_is_only_told_when_the_policy_says_so(stage: Stage) -> None:
    _policy(stage, overspend="alert")
    google, meta = _live(stage)
    _to(stage, START + timedelta(days=1))
    with stage.database.transaction() as session:
        bill(session, {google: {START: 500 * EUR}, meta: {}}, read_on=START + timedelta(days=1), read=(START, START))
    counts = stage.service().reckon().counts
    assert (counts["overspent"], counts["paused"]) == (1, 0)
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "live"}


def test_what_is_billed_after_an_end_is_overspend_and_counts_against_the_caps(stage: Stage) -> None:
    google, meta = _live(stage, ends_on="2026-11-21")
    _to(stage, date(2026, 11, 22))
    stage.service().watch()
    _to(stage, date(2026, 11, 27))
    with stage.database.transaction() as session:
        bill(session, {google: {date(2026, 11, 24): 40 * EUR}, meta: {}}, read_on=date(2026, 11, 27), read=(START, date(2026, 11, 24)))
    assert stage.service().reckon().counts["overspent"] == 1
    assert _held(stage, google)["2026-11"] == 40 * EUR


def test_an_approval_that_came_late_holds_what_it_needs_by_then(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=20_000, total=None)
    with stage.database.transaction() as session:
        ProjectService(stage.clock).set_gates(session, stage.project_id, {"launch": "person"}, by="anna")
    google, _ = stage.begin(plan_of(ends_on=None, total_budget_micros=None))
    stage.clock.advance(days=100)
    row = stage.deployment("google_ads")
    with stage.database.transaction() as session:
        stage.service().approve(session, google, by="anna", plan_hash=row.plan_hash)
    assert _held(stage, google)["2027-02"] > 0
    assert stage.deployment("google_ads").status == "creating"


def test_an_approval_of_version_1_is_none_of_version_2(stage: Stage) -> None:
    _policy(stage, approval_above_micros=0, approvers=2)
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
    _policy(stage, approval_above_micros=50 * EUR)
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
