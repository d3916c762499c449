"""Plans, their hashes, forecasts and the traffic that tests need."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.strategies.briefs import brief, examples
from zamc.llm.offline.writer import pitch_of
from zamc.money import Money
from zamc.strategies.forecast_rules import days_needed, forecast, sample_size
from zamc.strategies.language_rules import language_of, language_of_all
from zamc.strategies.rules import brief_key, build_plan, plan_hash, shift_flight
from zamc.strategies.schema import Plan


def test_the_same_brief_gives_the_same_plan_and_hash() -> None:
    for file in examples():
        first, second = (build_plan(file.brief, pitch_of(file.brief, file.project), file.project) for _ in range(2))
        assert first == second
        assert plan_hash(first) == plan_hash(Plan.model_validate_json(first.model_dump_json()))


def test_any_change_changes_the_hash() -> None:
    asked = brief()
    plan = build_plan(asked, pitch_of(asked, "Bluebird"), "Bluebird")
    dearer = brief(budget={"total": "3000.01", "currency": "EUR"})
    changed = [
        plan.model_copy(update={"brand_name": "Bluebirds"}),
        plan.model_copy(update={"flight": plan.flight.model_copy(update={"landing_page": "https://example.com/"})}),
        build_plan(dearer, pitch_of(dearer, "Bluebird"), "Bluebird"),
    ]
    assert len({plan_hash(one) for one in [plan, *changed]}) == 4


def test_a_plan_holds_what_the_brief_asks_for() -> None:
    asked = brief(geo_targets=[{"name": "Bremen", "radius_km": 20}])
    plan = build_plan(asked, pitch_of(asked, "Bluebird"), "Bluebird")
    assert plan.flight.total_budget_micros == 3_000_000_000
    assert plan.flight.monthly_budget_micros is None
    assert (plan.flight.starts_on, plan.flight.ends_on) == (date(2027, 3, 1), date(2027, 3, 30))
    assert plan.flight.geo_targets == asked.geo_targets
    assert [channel.kind for channel in plan.channels] == ["search", "performance_max", "display", "meta"]
    assert {channel.platform for channel in plan.channels} == {"google_ads", "meta_ads"}
    assert sum(channel.share for channel in plan.channels) == 1
    assert {channel.objective for channel in plan.channels} == {"sales"}


def test_a_test_says_when_the_budget_is_too_small_to_learn() -> None:
    small = brief(budget={"total": "300.00", "currency": "EUR"})
    large = brief(budget={"total": "900000.00", "currency": "EUR"})
    assert [test.days_needed for test in build_plan(small, pitch_of(small, "B"), "B").tests] == [None, None]
    assert all(test.days_needed for test in build_plan(large, pitch_of(large, "B"), "B").tests)


@given(st.integers(min_value=-3_000, max_value=3_000))
def test_shifting_moves_both_ends_and_nothing_else(days: int) -> None:
    for file in examples():
        moved = shift_flight(file.brief, days)
        assert moved.start - file.brief.start == timedelta(days=days)
        assert (moved.end is None) == (file.brief.end is None)
        if moved.end and file.brief.end:
            assert moved.end - moved.start == file.brief.end - file.brief.start
        assert shift_flight(moved, -days) == file.brief


def test_a_request_key_tells_projects_and_briefs_apart() -> None:
    keys = {brief_key(project, asked) for project in ("a", "b") for asked in (brief(), brief(offer="Another"))}
    assert len(keys) == 4
    assert brief_key("a", brief()) == brief_key("a", brief())


def test_a_forecast_is_a_range_around_what_the_prior_buys() -> None:
    expected = forecast("search", "leads", Money.parse("155.00", "USD"))
    assert expected.clicks.mid == 100
    assert expected.conversions.mid == Decimal("6.96")
    assert expected.impressions.mid == Decimal("1557.63")
    for part in (expected.clicks, expected.conversions, expected.impressions):
        assert part.low < part.mid < part.high
    assert expected.clicks.high / expected.clicks.mid == pytest.approx(Decimal("1.898"), rel=Decimal("0.001"))


@pytest.mark.parametrize(
    ("base", "lift", "expected"),
    # statsmodels / Fleiss tables: 5 % against 6 % at alpha 0.05 and power 0.8 needs 8,158 a side; 10 % against 15 % 686.
    [(0.05, 0.2, 8158), (0.10, 0.5, 686), (0.10, -0.5, 435)],
)
def test_sample_sizes_of_the_book(base: float, lift: float, expected: int) -> None:
    assert sample_size(base, lift) == expected


@given(st.floats(0.001, 0.4), st.floats(0.05, 1.0))
def test_a_smaller_difference_needs_more_traffic(base: float, lift: float) -> None:
    assert sample_size(base, lift) >= sample_size(base, lift * 1.2)


@pytest.mark.parametrize(("base", "lift"), [(0.0, 0.2), (0.9, 0.2), (0.1, 0.0), (0.1, -1.0)])
def test_impossible_proportions_are_refused(base: float, lift: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        sample_size(base, lift)


def test_days_needed() -> None:
    assert days_needed(100, Decimal(20), available=10) == 10
    assert days_needed(100, Decimal(20), available=9) is None
    assert days_needed(100, Decimal(0), available=90) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wikipedia is written by volunteers", "en"), ("Feito com farinha portuguesa", "pt"), ("最初の14日間は無料", "ja"),
        ("30 Tage kostenlos testen", "de"), ("Livraison gratuite dès 50 €", "fr"), ("Envío gratis en 24 horas", "es"),
        ("Pane fatto ogni mattina", "it"), ("Gratis verzending vanaf morgen", "nl"),
        ("Darmowa dostawa", "pl"), ("Fri frakt till alla", "sv"),
        ("Blender", None), ("12345", None), ("Привет", None), ("", None),
    ],
)  # fmt: skip
def test_languages_of_short_lines(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_the_language_of_many_lines_is_that_of_most_text() -> None:
    assert language_of_all(("Feito com farinha portuguesa", "Order by 18:00, collect the next morning from 07:30"), "pt") == "en"
    assert language_of_all(("Blender",), "de") == "de"
