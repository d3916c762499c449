"""What a screen shows of performance is what the facts say now, to the micro, and nobody else's."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.deployments.conftest import EUR, Stage, stage
from zamc.analytics import views
from zamc.analytics.pacing_views import pacing
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.rules import Grain
from zamc.analytics.tables import ConversionFact, Fact
from zamc.analytics.views import Span
from zamc.errors import InvalidInput

__all__ = ["stage"]

FIRST = date(2026, 11, 20)
AS_OF = datetime(2026, 11, 25, tzinfo=UTC)


def _fact(stage: Stage, day: date, *, platform: str = "google_ads", as_of: datetime = AS_OF, conversions: str = "0", **values: Any) -> None:
    row = stage.deployment(platform)
    key = {"ad_account_id": row.ad_account_id, "grain": "campaign", "object_id": "77", "segment": "", "date": day, "as_of": as_of}
    key |= {name: values.pop(name) for name in ("grain", "object_id", "segment") if name in values}
    owner = values.pop("deployment_id", row.id)
    with stage.owner.transaction() as session:
        ensure_partitions(session, first_day=day, last_day=day)
        session.add(Fact(**key, recorded_at=as_of, deployment_id=owner, currency="EUR", **{"impressions": 0, "clicks": 0, **values}))
        for action, counted in (("purchase", True), ("add_to_cart", False)):
            session.add(
                ConversionFact(
                    **key, action=action, attribution_window="default", counted=counted, conversions=Decimal(conversions), value_micros=EUR
                )
            )


def _span(stage: Stage, **changes: Any) -> Span:
    return Span(**{"project_id": stage.project_id, "first": FIRST, "last": FIRST + timedelta(days=2), "currency": "EUR", **changes})


@pytest.fixture
def launched(stage: Stage) -> Stage:
    stage.begin()
    stage.launch()
    return stage


def test_days_are_the_newest_reading_and_hold_the_days_without_facts(launched: Stage) -> None:
    _fact(launched, FIRST, impressions=100, clicks=9, spend_micros=5 * EUR, conversions="1")
    _fact(launched, FIRST, impressions=110, clicks=10, spend_micros=6 * EUR, conversions="1.5", as_of=AS_OF + timedelta(hours=1))
    _fact(launched, FIRST, platform="meta_ads", object_id="88", impressions=1, clicks=1, spend_micros=1)
    _fact(launched, FIRST, object_id="99", impressions=7, clicks=7, spend_micros=7, deployment_id=None)
    with launched.database.transaction() as session:
        found = views.days(session, _span(launched))
        alone = views.days(session, _span(launched, platform="meta_ads"))
        elsewhere = views.days(session, _span(launched, project_id=UUID(int=0)))
    assert [(each.day, each.measured.impressions, each.measured.spend_micros) for each in found] == [
        (FIRST, 111, 6 * EUR + 1), (FIRST + timedelta(days=1), 0, 0), (FIRST + timedelta(days=2), 0, 0),
    ]  # fmt: skip
    assert views.total(found) == views.Measured(111, 11, 6 * EUR + 1, Decimal("1.5"), 2 * EUR)
    assert views.total(alone).impressions == 1
    assert views.total(elsewhere) == views.Measured()


def test_parts_are_the_largest_of_a_grain_and_segments_of_several_campaigns_are_one(launched: Stage) -> None:
    for number, clicks in enumerate((3, 9, 5)):
        _fact(launched, FIRST, grain="keyword", object_id=f"1~{number}", label=f"bread {number}", clicks=clicks, spend_micros=clicks)
    for campaign in ("77", "78"):
        _fact(launched, FIRST, grain="device", object_id=campaign, segment="device:MOBILE", label="Mobile", clicks=2, spend_micros=1)
    with launched.database.transaction() as session:
        keywords = views.parts(session, _span(launched), grain=Grain.KEYWORD, by="clicks", limit=2)
        devices = views.parts(session, _span(launched), grain=Grain.DEVICE, by="spend_micros", limit=10)
    assert [(each.label, each.measured.clicks) for each in keywords] == [("bread 1", 9), ("bread 2", 5)]
    assert [(each.id, each.label, each.platform, each.measured.clicks) for each in devices] == [
        ("device:MOBILE", "Mobile", "google_ads", 4)
    ]
    assert keywords[0].deployment_id == launched.deployment("google_ads").id


def test_pacing_is_what_was_billed_beside_what_the_budgets_allowed(launched: Stage) -> None:
    _fact(launched, FIRST, spend_micros=30 * EUR)
    _fact(launched, FIRST + timedelta(days=1), spend_micros=60 * EUR)
    google, meta = (launched.deployment(name) for name in ("google_ads", "meta_ads"))
    with launched.database.transaction() as session:
        found = pacing(session, [google.id, meta.id])
    assert set(found) == {google.id}
    assert (found[google.id].through, found[google.id].billed_micros) == (FIRST + timedelta(days=1), 90 * EUR)
    assert found[google.id].allowed_micros == 2 * google.daily_budget_micros
    assert found[google.id].share == pytest.approx(0.75)


@given(st.dates(date(2002, 6, 1), date(2090, 1, 1)), st.integers(0, 399))
def test_a_span_is_compared_with_the_same_days_of_the_week(first: date, more: int) -> None:
    span = Span(UUID(int=0), first, first + timedelta(days=more), "EUR")
    for other in (span.before(), span.year_before()):
        assert other.length == span.length
        assert other.first.weekday() == first.weekday()
    assert span.before().last < span.first
    assert (span.first - span.before().last).days <= 7


@pytest.mark.parametrize(
    ("first", "last"),
    [(FIRST, FIRST - timedelta(days=1)), (FIRST, FIRST + timedelta(days=400)), (date.min, date.min), (date.max, date.max)],
)
def test_a_span_that_cannot_be_is_refused(first: date, last: date) -> None:
    with pytest.raises(InvalidInput, match="range"):
        Span(UUID(int=0), first, last, "EUR")
