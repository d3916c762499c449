"""The ledger over a flight: settled with what was billed, ended by the calendar, raised before and lowered after."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.zamc.deployments.bills import bill
from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from tests.zamc.deployments.money import live_pair, noon_of, planned_change, policy, reserved_of
from zamc.errors import SpendRefused
from zamc.projects.service import ProjectService

START = date(2026, 11, 20)


def test_past_days_are_settled_with_what_was_billed_once_they_are_final(stage: Stage) -> None:
    google, meta = live_pair(stage)
    before = reserved_of(stage, google)
    spent = {START + timedelta(days=n): 50 * EUR for n in range(3)}
    noon_of(stage, START + timedelta(days=3))
    with stage.database.transaction() as session:
        bill(session, {google: spent, meta: {}}, read_on=START + timedelta(days=3), read=(START, START + timedelta(days=2)))
    stage.service().reckon()
    # Only the first day was read on the third day after it.
    assert reserved_of(stage, google)["2026-11"] == before["2026-11"] - 120 * EUR + 50 * EUR
    noon_of(stage, START + timedelta(days=5))
    with stage.database.transaction() as session:
        bill(session, {google: spent, meta: {}}, read_on=START + timedelta(days=5), read=(START, START + timedelta(days=4)))
    assert stage.service().reckon().counts["settled"] == 2
    held = reserved_of(stage, google)
    assert held["2026-11"] == before["2026-11"] - 3 * 120 * EUR + 150 * EUR
    assert held["total"] == 150 * EUR + 8 * 120 * EUR + int(Decimal("30.4") * 60) * EUR
    assert held["day"] == 120 * EUR
    assert stage.service().reckon().counts["settled"] == 0


def test_a_value_that_is_revised_upwards_is_settled_again(stage: Stage) -> None:
    google, meta = live_pair(stage)
    noon_of(stage, START + timedelta(days=4))
    for later, micros in enumerate((10 * EUR, 30 * EUR)):
        with stage.database.transaction() as session:
            bill(session, {google: {START: micros}, meta: {}}, read_on=START + timedelta(days=4 + later), read=(START, START))
        stage.service().reckon()
        assert reserved_of(stage, google)["2026-11"] == micros + 10 * 120 * EUR


def test_room_that_comes_back_can_be_used(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=5_000, total=5_500)
    google, meta = live_pair(stage)
    with pytest.raises(SpendRefused, match="total"):
        planned_change(stage, google, 90 * EUR)
    noon_of(stage, START + timedelta(days=14))
    days = {START + timedelta(days=n): 0 for n in range(11)}
    with stage.database.transaction() as session:
        bill(session, {google: days, meta: {}}, read_on=START + timedelta(days=14), read=(START, START + timedelta(days=10)))
    stage.service().reckon()
    planned_change(stage, google, 90 * EUR)
    assert reserved_of(stage, google)["day"] == 180 * EUR


def test_a_flight_that_is_over_ends_is_read_back_and_gives_its_room_back(stage: Stage) -> None:
    google, meta = live_pair(stage, ends_on="2026-11-25")
    noon_of(stage, date(2026, 11, 25))
    stage.service().watch()
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "live"}
    noon_of(stage, date(2026, 11, 26))
    stage.google.calls.clear()
    stage.service().watch()
    assert stage.statuses() == {"google_ads": "ended", "meta_ads": "ended"}
    assert [method for method, _ in stage.google.calls][-3:] == ["pause", "read", "read"]
    assert stage.events().count("zamc.deployment.ended") == 2
    assert stage.reserved()["day"] == 0
    noon_of(stage, date(2026, 11, 30))
    with stage.database.transaction() as session:
        bill(session, {google: {START: 70 * EUR}, meta: {}}, read_on=date(2026, 11, 30), read=(START, date(2026, 11, 26)))
    stage.service().reckon()
    assert reserved_of(stage, google) == {"day": 0, "2026-11": 70 * EUR, "total": 70 * EUR}
    assert set(reserved_of(stage, meta).values()) == {0}


def test_the_last_day_is_the_one_of_the_accounts_time_zone(stage: Stage) -> None:
    with stage.database.transaction() as session:
        session.execute(text("UPDATE ad_accounts SET time_zone = 'Pacific/Auckland' WHERE platform = 'google_ads'"))
        session.execute(text("UPDATE ad_accounts SET time_zone = 'America/Los_Angeles' WHERE platform = 'meta_ads'"))
    live_pair(stage, ends_on="2026-11-25")
    noon_of(stage, date(2026, 11, 25))
    stage.service().reckon()
    assert stage.statuses() == {"google_ads": "ended", "meta_ads": "live"}


def test_what_waits_for_an_approval_ends_with_its_flight_and_gives_everything_back(stage: Stage) -> None:
    with stage.database.transaction() as session:
        ProjectService(stage.clock).set_gates(session, stage.project_id, {"launch": "person"}, by="anna")
    stage.begin(plan_of(ends_on="2026-11-25"))
    noon_of(stage, date(2026, 11, 27))
    stage.service().reckon()
    assert set(stage.statuses().values()) == {"ended"}
    assert set(stage.reserved().values()) == {0}


def test_the_day_on_which_it_was_ended_keeps_its_room(stage: Stage) -> None:
    """What ran this morning is billed today, whoever is launched this afternoon."""
    stage.allow(daily=200, monthly=20_000, total=None)
    google, _ = live_pair(stage)
    with stage.database.transaction() as session:
        stage.service().end(session, google, by="anna")
    stage.service().run_stops()
    assert reserved_of(stage, google)["day"] == 120 * EUR
    stage.begin(plan_of(total_budget_micros=None), name="Afternoon")
    with stage.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM deployments WHERE status = 'failed'")) == 2
    noon_of(stage, START + timedelta(days=1))
    stage.service().reckon()
    assert reserved_of(stage, google)["day"] == 0
    assert reserved_of(stage, google)["total"] == 120 * EUR


def test_a_doubted_enable_keeps_its_reservation_to_the_end_of_its_period(stage: Stage) -> None:
    """C11: then it is settled like any other."""
    stage.begin(plan_of(ends_on="2026-12-05"))
    stage.google.fail("enable_root", "late", "refuse")
    stage.launch()
    stage.recover(4)
    row = stage.deployment("google_ads")
    assert row.status == "failed"
    kept = reserved_of(stage, row.id)
    assert kept["day"] == 120 * EUR
    noon_of(stage, date(2026, 12, 3))
    stage.service().reckon()
    assert reserved_of(stage, row.id) == kept
    noon_of(stage, date(2026, 12, 9))
    with stage.database.transaction() as session:
        bill(session, {row.id: {}}, read_on=date(2026, 12, 9), read=(START, date(2026, 12, 5)))
    stage.service().reckon()
    assert set(reserved_of(stage, row.id).values()) == {0}


def test_a_resume_holds_its_months_and_total_before_it_enables(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=20_000, total=None)
    google, _ = live_pair(stage, ends_on=None)
    with stage.database.transaction() as session:
        stage.service().pause(session, google, by="anna")
    stage.service().run_stops()
    noon_of(stage, date(2027, 3, 10))
    assert "2027-03" not in reserved_of(stage, google)
    with stage.database.transaction() as session:
        stage.service().resume(session, google, by="anna")
    held = reserved_of(stage, google)
    assert held["2027-03"] >= 30 * 60 * EUR
    assert held["2027-04"] >= 30 * 60 * EUR
    assert held["total"] >= held["2027-03"] + held["2027-04"]


def test_a_resume_without_room_changes_nothing(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=20_000, total=None)
    google, _ = live_pair(stage, ends_on=None)
    with stage.database.transaction() as session:
        stage.service().pause(session, google, by="anna")
    stage.service().run_stops()
    noon_of(stage, date(2027, 3, 10))
    stage.allow(daily=1_000, monthly=1_000, total=None)
    with pytest.raises(SpendRefused, match="2027-03"), stage.database.transaction() as session:
        stage.service().resume(session, google, by="anna")
    assert stage.deployment("google_ads").status == "paused"
    assert "2027-03" not in reserved_of(stage, google)


def test_a_flight_that_is_over_is_not_resumed(stage: Stage) -> None:
    google, _ = live_pair(stage, ends_on="2026-11-25")
    with stage.database.transaction() as session:
        stage.service().pause(session, google, by="anna")
    stage.service().run_stops()
    noon_of(stage, date(2026, 11, 28))
    with pytest.raises(SpendRefused, match="ended"), stage.database.transaction() as session:
        stage.service().resume(session, google, by="anna")


def test_overspend_is_told_once_and_pauses(stage: Stage) -> None:
    google, meta = live_pair(stage)
    noon_of(stage, START + timedelta(days=1))
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
    noon_of(stage, START + timedelta(days=2))
    assert stage.service().reckon().counts["overspent"] == 0
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "live"}


def test_overspend_is_only_told_when_the_policy_says_so(stage: Stage) -> None:
    policy(stage, overspend="alert")
    google, meta = live_pair(stage)
    noon_of(stage, START + timedelta(days=1))
    with stage.database.transaction() as session:
        bill(session, {google: {START: 500 * EUR}, meta: {}}, read_on=START + timedelta(days=1), read=(START, START))
    counts = stage.service().reckon().counts
    assert (counts["overspent"], counts["paused"]) == (1, 0)
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "live"}


def test_what_is_billed_after_an_end_is_overspend_and_counts_against_the_caps(stage: Stage) -> None:
    google, meta = live_pair(stage, ends_on="2026-11-21")
    noon_of(stage, date(2026, 11, 22))
    stage.service().watch()
    noon_of(stage, date(2026, 11, 27))
    with stage.database.transaction() as session:
        bill(session, {google: {date(2026, 11, 24): 40 * EUR}, meta: {}}, read_on=date(2026, 11, 27), read=(START, date(2026, 11, 24)))
    assert stage.service().reckon().counts["overspent"] == 1
    assert reserved_of(stage, google)["2026-11"] == 40 * EUR
