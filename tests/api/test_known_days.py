"""Figures that were read before are not read again until an account is."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.graphql import known_days
from api.graphql.known_days import KnownDays
from tests.api.test_graphql import Project
from zamc.analytics import repository, views
from zamc.analytics.views import Span
from zamc.bootstrap import Services

FIRST, LAST, AT = date(2026, 11, 1), date(2026, 11, 3), datetime(2026, 11, 4, tzinfo=UTC)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Span]:
    """The spans that were read from the facts themselves."""
    spans: list[Span] = []
    whole = views.days

    def days(session: Session, span: Span) -> Any:
        spans.append(span)
        return whole(session, span)

    monkeypatch.setattr(views, "days", days)
    return spans


def _account(wired: Services, project: UUID) -> UUID:
    with wired.database.transaction() as session:
        account = wired.projects.add_account(
            session, project, platform="google_ads", external_id="123", currency="EUR", time_zone="Europe/Berlin", by="test"
        )
        return account.id


def _span(project: UUID, **more: Any) -> Span:
    return Span(**{"project_id": project, "first": FIRST, "last": LAST, "currency": "EUR", **more})


def test_the_facts_are_read_once_for_each_reading_of_an_account(wired: Services, project: Project, read: list[Span]) -> None:
    mine, known = project("Mine"), KnownDays()
    account = _account(wired, mine)
    span, other = _span(mine), _span(mine, platform="meta_ads")
    for ticket, day in enumerate((FIRST, LAST, LAST, date(2026, 11, 9)), start=1):
        with wired.database.transaction() as session:
            repository.mark_days(session, account_id=account, days=[day], ticket=ticket, as_of=AT, now=AT)
        for _ in range(2):
            with wired.database.transaction_for([mine]) as session:
                assert [each.day for each in known.read(session, span)] == [FIRST, date(2026, 11, 2), LAST]
        assert len(read) == min(ticket, 3), "a day outside the span changes nothing in it"
    with wired.database.transaction_for([mine]) as session:
        known.read(session, other)
    assert read[-1] == other


def test_who_may_not_see_a_project_finds_nothing_that_somebody_else_read(wired: Services, project: Project, read: list[Span]) -> None:
    mine, theirs, known = project("Mine"), project("Theirs"), KnownDays()
    account = _account(wired, mine)
    with wired.database.transaction() as session:
        repository.mark_days(session, account_id=account, days=[FIRST], ticket=1, as_of=AT, now=AT)
    for allowed in (mine, theirs):
        with wired.database.transaction_for([allowed]) as session:
            known.read(session, _span(mine))
    assert len(read) == 2
    with wired.database.transaction_for([theirs]) as session:
        assert session.scalar(text("SELECT count(*) FROM ad_accounts")) == 0


def test_what_is_kept_is_bounded(wired: Services, project: Project, read: list[Span], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_days, "_MOST_DAYS", 7)
    known, spans = KnownDays(), [_span(project(name)) for name in ("A", "B", "C")]
    with wired.database.transaction() as session:
        for span in (*spans, spans[2], spans[1], spans[0]):
            known.read(session, span)
    assert read == [*spans, spans[0]]
