"""What may be billed at worst is reserved before anything is sent; it fails closed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from zamc.creatives.tables import Asset
from zamc.deployments.spend import DAY, TOTAL, reservations
from zamc.errors import Conflict, SpendRefused
from zamc.projects import ledger
from zamc.projects.service import ProjectService
from zamc.strategies.billing import worst_case_days

DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@given(st.sampled_from(["google_ads", "meta_ads"]), st.integers(1, 10**12), DAYS, st.integers(0, 500), st.integers(-400, 400))
def test_reservations_cover_whatever_a_platform_may_bill(platform: Any, daily: int, first: date, length: int, late: int) -> None:
    last = first + timedelta(days=length)
    today = first + timedelta(days=late)
    rows = {row.period: row.amount_micros for row in reservations(platform, daily, first, last, today=today)}
    begins = max(first, today) if today <= last else first
    factor = Decimal(2) if platform == "google_ads" else Decimal("1.75")
    assert rows[DAY] >= factor * daily
    assert rows[TOTAL] >= worst_case_days(platform, begins, last) * daily
    months = {period: micros for period, micros in rows.items() if period not in (DAY, TOTAL)}
    assert sum(months.values()) >= rows[TOTAL]
    days = [begins + timedelta(days=n) for n in range((last - begins).days + 1)]
    assert months.keys() == {f"{day:%Y-%m}" for day in days}
    for month, micros in months.items():
        inside = [day for day in days if f"{day:%Y-%m}" == month]
        assert micros >= worst_case_days(platform, inside[0], inside[-1]) * daily


@given(st.sampled_from(["google_ads", "meta_ads"]), st.integers(1, 10**12), DAYS)
def test_an_open_end_reserves_this_month_and_the_next(platform: Any, daily: int, today: date) -> None:
    rows = {row.period: row.amount_micros for row in reservations(platform, daily, today - timedelta(days=3), None, today=today)}
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    assert set(rows) == {DAY, TOTAL, f"{today:%Y-%m}", f"{following:%Y-%m}"}
    end = (following + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    assert rows[f"{following:%Y-%m}"] >= worst_case_days(platform, following, end) * daily
    assert rows[TOTAL] >= worst_case_days(platform, today, end) * daily


def test_a_launch_reserves_the_worst_day_the_months_and_the_total(stage: Stage) -> None:
    stage.begin()
    held = stage.reserved()
    assert held["day"] == (2 * 60 + 70) * EUR
    assert set(held) == {"day", "2026-11", "2026-12", "total"}
    assert held["total"] <= 9_000 * EUR


def test_without_a_policy_nothing_is_launched(stage: Stage) -> None:
    with stage.owner.transaction() as session:
        session.execute(text("DELETE FROM spend_policies"))
    stage.begin()
    stage.launch()
    assert stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    assert stage.google.calls == stage.meta.calls == []
    assert stage.events() == ["zamc.deployment.failed"] * 2
    assert "no spend policy in EUR" in (stage.deployment("google_ads").failure or "")
    assert stage.reserved() == {}


def test_a_policy_in_another_currency_is_none(stage: Stage) -> None:
    with stage.owner.transaction() as session:
        session.execute(text("DELETE FROM spend_policies"))
    stage.allow(currency="USD")
    stage.begin()
    assert set(stage.statuses().values()) == {"failed"}


@pytest.mark.parametrize("caps", [{"daily": 189}, {"daily": 100, "monthly": 1_000}, {"daily": 190, "total": 2_000}])
def test_a_cap_that_either_would_exceed_refuses_both_and_keeps_nothing(stage: Stage, caps: dict[str, Any]) -> None:
    stage.allow(**caps)
    stage.begin()
    assert set(stage.statuses().values()) == {"failed"}
    assert stage.reserved() == {}


def test_two_launches_at_once_never_pass_the_same_room(stage: Stage) -> None:
    stage.allow(daily=200)
    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(stage.begin, plan_of(), name=name) for name in ("one", "two")]:
            each.result()
    with stage.database.transaction() as session:
        statuses = sorted(session.scalars(text("SELECT status FROM deployments")))
    assert statuses == ["creating", "creating", "failed", "failed"]
    assert stage.reserved()["day"] == 190 * EUR


def test_a_reservation_waits_until_another_of_its_project_is_written(stage: Stage) -> None:
    stage.begin()
    row = stage.deployment("google_ads")

    def reserve(generation: int) -> None:
        with stage.database.transaction() as session:
            ledger.reserve(
                session, project_id=row.project_id, deployment_id=row.id, generation=generation, currency="EUR", amounts=[("day", 10 * EUR)]
            )

    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with stage.database.transaction() as session:
            ledger.reserve(
                session, project_id=row.project_id, deployment_id=row.id, generation=8, currency="EUR", amounts=[("day", 10 * EUR)]
            )
            other = pool.submit(reserve, 9)
            while not other.done() and not session.scalar(waiting):
                pass
            assert not other.done()
        with pytest.raises(SpendRefused):
            other.result()
    assert stage.reserved()["day"] == 200 * EUR


def test_an_account_in_another_currency_is_refused(stage: Stage) -> None:
    with stage.database.transaction() as session:
        session.execute(text("UPDATE ad_accounts SET currency = 'USD' WHERE platform = 'meta_ads'"))
    stage.begin()
    assert stage.statuses() == {"google_ads": "failed"}
    assert stage.events() == ["zamc.alert.raised", "zamc.deployment.failed"]
    assert "no meta_ads account in EUR" in (stage.deployment("google_ads").failure or "")


def test_a_flight_that_is_over_is_refused(stage: Stage) -> None:
    stage.begin(plan_of(starts_on="2026-10-01", ends_on="2026-11-19"))
    assert set(stage.statuses().values()) == {"failed"}


def test_beginning_twice_changes_nothing(stage: Stage) -> None:
    first = stage.begin()
    with stage.database.transaction() as session:
        whole = session.query(Asset).filter_by(kind="set").one()
        assert [row.id for row in stage.service().begin(session, whole)] == first
    assert stage.events() == ["zamc.deployment.requested"] * 2


def test_a_closed_gate_waits_for_a_person_who_approves_what_was_shown(stage: Stage) -> None:
    with stage.database.transaction() as session:
        ProjectService(stage.clock).set_gates(session, stage.project_id, {"launch": "person"}, by="anna")
    ids = stage.begin()
    stage.launch()
    assert stage.google.calls == []
    assert stage.statuses() == {"google_ads": "requested", "meta_ads": "requested"}
    with stage.database.transaction() as session, pytest.raises(Conflict, match="has changed since"):
        stage.service().approve(session, ids[0], by="anna", plan_hash="what somebody saw last week")
    for platform in ("google_ads", "meta_ads"):
        row = stage.deployment(platform)
        with stage.database.transaction() as session:
            stage.service().approve(session, row.id, by="anna", plan_hash=row.plan_hash)
    stage.launch()
    stage.both_live_once()
    with stage.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM decisions")) == 0


def test_autopilot_leaves_a_decision_bound_to_the_plan(stage: Stage) -> None:
    stage.begin()
    with stage.database.transaction() as session:
        rows = session.execute(text("SELECT known ->> 'plan_hash', reason FROM decisions")).all()
    assert {row[0] for row in rows} == {stage.deployment("google_ads").plan_hash, stage.deployment("meta_ads").plan_hash}


def test_an_open_end_renews_its_reservation_each_month_or_is_paused(stage: Stage) -> None:
    stage.allow(total=None)
    stage.begin(plan_of(ends_on=None, total_budget_micros=None))
    stage.launch()
    stage.clock.business += timedelta(days=15)
    stage.service().watch()
    held = stage.reserved()
    assert held["2027-01"] == held["total:2027-01"] == int(60 * EUR * Decimal("30.4") + 40 * EUR * Decimal("33.25"))
    stage.allow(monthly=200, total=None)
    stage.clock.business += timedelta(days=62)
    stage.service().watch()
    stage.service().run_stops()
    assert stage.google.campaigns("enabled") == []
    assert set(stage.statuses().values()) == {"paused"}


def test_a_month_that_the_total_has_no_room_for_is_not_begun(stage: Stage) -> None:
    stage.allow(total=6_000)
    stage.begin(plan_of(ends_on=None, total_budget_micros=None))
    stage.launch()
    assert set(stage.statuses().values()) == {"live"}
    stage.clock.business += timedelta(days=62)
    stage.service().watch()
    stage.service().run_stops()
    assert set(stage.statuses().values()) == {"paused"}


def test_what_never_was_on_gives_everything_back_and_only_once(stage: Stage) -> None:
    stage.begin()
    row = stage.deployment("google_ads")
    for _ in range(2):
        with stage.database.transaction() as session:
            ledger.release(session, project_id=row.project_id, deployment_id=row.id, generation=5, currency="EUR")
    assert stage.reserved()["day"] == 70 * EUR


def test_a_negative_reservation_is_refused(stage: Stage) -> None:
    stage.begin()
    row = stage.deployment("google_ads")
    with stage.database.transaction() as session, pytest.raises(SpendRefused):
        ledger.reserve(session, project_id=row.project_id, deployment_id=row.id, generation=9, currency="EUR", amounts=[("day", -1)])


def test_the_ledger_counts_a_generation_and_period_once(stage: Stage) -> None:
    stage.begin()
    with stage.database.transaction() as session, pytest.raises(IntegrityError):
        session.execute(
            text(
                "INSERT INTO spend_ledger SELECT gen_random_uuid(), project_id, deployment_id, generation, kind, period, currency, "
                "amount_micros, now() FROM spend_ledger LIMIT 1"
            )
        )
