"""The daily digest: what it says is what the facts say, once a day, on the morning of the project's time zone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import EUR, Stage, stage
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.tables import ConversionFact, Fact
from zamc.identity import repository as identity
from zamc.notifications import digest_rules as rules
from zamc.notifications.alerts import raise_once
from zamc.notifications.delivery_tables import Delivery, DigestDay, Notification
from zamc.notifications.digest import Digests
from zamc.notifications.digest_rules import Figures, Numbers, Part
from zamc.notifications.telling import Telling

__all__ = ["stage"]

TODAY = date(2026, 11, 30)
MORNING = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # half past eight in Berlin


@pytest.fixture
def told(stage: Stage) -> Stage:
    """A project in Berlin with two live campaigns, facts of ten days, and an owner."""
    stage.begin()
    stage.launch()
    stage.clock.wall = stage.clock.business = MORNING
    for days in range(1, 11):
        day = TODAY - timedelta(days=days)
        _fact(stage, day, "google_ads", spend_micros=(30 if days == 1 else 10) * EUR, conversions="6" if days == 1 else "2")
        _fact(stage, day, "meta_ads", spend_micros=5 * EUR, conversions="1")
    with stage.database.transaction() as session:
        user_id = identity.put_user(session, "olga@example.org")
        identity.change_user(session, user_id, email_verified_at=MORNING)
        identity.put_membership(session, user_id=user_id, project_id=stage.project_id, role="owner")
    return stage


def _fact(stage: Stage, day: date, platform: str, *, conversions: str, **values: Any) -> None:
    row = stage.deployment(platform)
    key = {
        "ad_account_id": row.ad_account_id, "grain": "campaign", "object_id": platform, "segment": "", "date": day,
        "as_of": datetime(2026, 11, 30, 6, tzinfo=UTC),
    }  # fmt: skip
    with stage.owner.transaction() as session:
        ensure_partitions(session, first_day=day, last_day=day)
        session.add(
            Fact(
                **key, recorded_at=key["as_of"], deployment_id=row.id, currency="EUR", label=f"{platform} spring", impressions=100,
                clicks=10, **values,
            )
        )  # fmt: skip
        session.add(
            ConversionFact(
                **key, action="purchase", attribution_window="default", counted=True, conversions=Decimal(conversions), value_micros=EUR
            )
        )


def digests(stage: Stage) -> Digests:
    return Digests(stage.database, stage.clock, Telling(stage.clock, mail=True), hour=8)


def text(stage: Stage) -> str:
    with stage.database.transaction() as session:
        return session.scalars(select(Notification.body)).one()


def test_it_says_what_was_spent_what_it_brought_and_what_moved(told: Stage) -> None:
    assert digests(told).make_due() == 1
    lines = text(told).splitlines()
    assert lines[0] == "Sunday 29 November, EUR"
    assert lines[1] == "  Spend: 35.00 EUR (+133% on the same day a week before, +133% on an average day of the seven before)"
    assert lines[2] == "  Conversions: 7 (+133% on the same day a week before, +133% on an average day of the seven before)"
    assert lines[3] == "  Cost per conversion: 5.00 EUR"
    assert lines[4] == "  Moved: google_ads spring: 30.00 EUR (usually 10.00 EUR), 6 conversions (usually 2)"
    assert len([line for line in lines if "Moved" in line]) == 1, "what stayed as it was is not told"


def test_it_says_what_waits_and_which_alerts_last(told: Stage) -> None:
    from sqlalchemy import text as sql

    from zamc.events.alert_codes import AlertCode

    with told.database.transaction() as session:
        raise_once(session, AlertCode.OVERSPEND, "x", severity="critical", title="t", project_id=told.project_id)
        raise_once(session, AlertCode.OVERSPEND, "y", severity="warning", title="t", project_id=told.project_id)
        session.execute(sql("UPDATE deployments SET status = 'requested' WHERE platform = 'meta_ads'"))
    digests(told).make_due()
    assert "Waits for a person:\n  launch: Spring / " in text(told)
    assert "Alerts that last: 1 critical, 1 warning" in text(told)


def test_it_comes_once_a_day_from_its_hour_on(told: Stage) -> None:
    told.clock.business = MORNING - timedelta(hours=1)
    assert digests(told).make_due() == 0, "half past seven"
    told.clock.business = MORNING
    assert [digests(told).make_due() for _ in range(3)] == [1, 0, 0]
    told.clock.business = MORNING + timedelta(hours=15)
    assert digests(told).make_due() == 0, "half past eleven at night"
    told.clock.business = MORNING + timedelta(days=1)
    assert digests(told).make_due() == 1
    with told.database.transaction() as session:
        assert len(session.scalars(select(Delivery.id)).all()) == 2
        assert session.scalars(select(DigestDay.day)).all() == [TODAY + timedelta(days=1)]


def test_what_nobody_wants_is_not_worked_out(told: Stage) -> None:
    told.clock.business = MORNING
    assert Digests(told.database, told.clock, Telling(told.clock, mail=False), hour=8).make_due() == 0
    with told.database.transaction() as session:
        assert session.scalars(select(Notification)).all() == []


def test_a_project_with_nothing_to_say_says_nothing(stage: Stage) -> None:
    stage.clock.business = MORNING
    assert digests(stage).make_due() == 0


def test_facts_that_come_late_do_not_make_a_day_without_spend(told: Stage) -> None:
    """On a morning before yesterday was read, the digest is about the newest day that was."""
    told.clock.business = MORNING + timedelta(days=1)
    digests(told).make_due()
    assert text(told).splitlines()[0] == "Sunday 29 November, EUR"


def _numbers(*parts: Part, spend: int = 100 * EUR) -> Numbers:
    day = Figures(spend, Decimal(0))
    return Numbers("EUR", TODAY, day, Figures(0, Decimal(0)), Figures(spend, Decimal(0)), parts)


def _part(name: str, now: int, usual: int) -> Part:
    return Part(name, now * EUR, usual * EUR, Decimal(0), Decimal(0))


def test_what_only_trembled_is_left_out_and_the_largest_move_comes_first() -> None:
    found = rules.moved(_numbers(_part("a", 55, 50), _part("b", 1, 0), _part("c", 0, 30), _part("d", 20, 10), _part("e", 100, 50)))
    assert [part.name for part in found] == ["e", "c", "d"]


def test_nothing_to_compare_with_is_not_compared() -> None:
    lines = rules.number_lines(_numbers())
    assert lines[1] == "  Spend: 100.00 EUR (+0% on an average day of the seven before)"
    assert lines[2] == "  Conversions: 0"
    assert len(lines) == 3


@pytest.mark.parametrize(("now", "before", "expected"), [(3, 2, "+50%"), (1, 2, "-50%"), (0, 2, "-100%"), (2, 2, "+0%"), (2, 0, "")])
def test_changes_are_in_percent(now: int, before: int, expected: str) -> None:
    assert rules.change_of(now, before) == expected


def test_a_project_that_cannot_be_told_costs_the_others_nothing(told: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from zamc.notifications import digest
    from zamc.projects.service import ProjectService

    with told.database.transaction() as session:
        other = ProjectService(told.clock).create_project(session, "Livraria", by="test", gates={}).id
        identity.put_membership(session, user_id=identity.put_user(session, "olga@example.org"), project_id=other, role="owner")
    written = digest.written

    def fails(session: Any, project_id: Any, **rest: Any) -> str:
        if project_id == other:
            raise RuntimeError
        return written(session, project_id, **rest)

    monkeypatch.setattr(digest, "written", fails)
    assert digests(told).make_due() == 1
    with told.database.transaction() as session:
        assert session.scalars(select(DigestDay.project_id)).all() == [told.project_id], "it is tried again in a minute"
