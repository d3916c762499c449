"""From closed days to a forecast per metric, and spend that never exceeds what a platform may bill."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.optimisation.plans import EUR, channel, plan
from zamc.optimisation.rules import OPEN_DAYS, Band, Day, Deployed, Metric, Outlook, counted, outlook
from zamc.strategies.billing import worst_case_days
from zamc.strategies.schema import Forecast, Range

START = date(2026, 11, 1)
END = date(2026, 11, 30)
TODAY = date(2026, 11, 16)
COUNTS = (Metric.IMPRESSIONS, Metric.CLICKS, Metric.CONVERSIONS)


def deployed(*, ends_on: date | None = END, daily: int = 50 * EUR, currency: str = "EUR", **flight: Any) -> Deployed:
    drawn = plan(channel(daily_micros=daily, currency=currency), starts_on=START, ends_on=ends_on, currency=currency, **flight)
    return Deployed(channel=drawn.channels[0], flight=drawn.flight, daily_budget_micros=daily, starts_on=START, ends_on=ends_on)


def day(number: int, *, impressions: int = 800, clicks: int = 40, conversions: str = "2", spend: int = 45 * EUR) -> Day:
    return Day(START + timedelta(days=number), impressions, clicks, Decimal(conversions), spend)


def seen(about: Deployed, days: list[Day], *, today: date = TODAY) -> Outlook:
    found = outlook(about, days, today=today)
    assert found is not None
    return found


def test_without_a_day_the_forecast_is_that_of_the_plan() -> None:
    about = deployed()
    found = seen(about, [], today=START)
    assert (found.days_observed, found.horizon_end) == (0, END)
    for metric in (Metric.IMPRESSIONS, Metric.CLICKS):
        planned = getattr(about.channel.forecast, metric)
        assert float(found.bands[metric].mid) == pytest.approx(float(planned.mid), rel=0.05)
        assert float(found.bands[metric].high / found.bands[metric].low) == pytest.approx(float(planned.high / planned.low), rel=0.15)


def test_days_outweigh_the_plan() -> None:
    found = seen(deployed(), [day(n, impressions=1_600, clicks=100, conversions="8") for n in range(15)])
    assert found.days_observed == 15
    for metric, count in ((Metric.IMPRESSIONS, 1_600), (Metric.CLICKS, 100), (Metric.CONVERSIONS, 8)):
        assert float(found.bands[metric].mid) == pytest.approx(count, rel=0.1)


def test_few_conversions_move_the_forecast_less_than_many_clicks() -> None:
    """One day with three times of everything: many clicks are evidence, a few conversions are hardly any."""
    about = deployed()
    plain = seen(about, [], today=START).bands
    clicks, conversions = (round(plain[metric].mid * 3) for metric in (Metric.CLICKS, Metric.CONVERSIONS))
    moved = seen(about, [day(0, clicks=clicks, conversions=str(conversions))], today=START + timedelta(days=1)).bands
    of_clicks, of_conversions = (moved[metric].mid / plain[metric].mid for metric in (Metric.CLICKS, Metric.CONVERSIONS))
    assert 1 < of_conversions < of_clicks < 3
    assert of_clicks > Decimal("1.9")


def test_spend_is_what_was_spent_and_what_the_other_days_will() -> None:
    days = [day(n, spend=40 * EUR) for n in range(15)]
    found = seen(deployed(), days).bands[Metric.SPEND_MICROS]
    assert found.mid == found.mid.to_integral_value()
    assert float(found.mid) == pytest.approx(15 * 40 * EUR + 15 * 41 * EUR, rel=0.05)
    assert found.low >= 15 * 40 * EUR


def test_a_closed_day_that_was_not_read_yet_is_forecast_like_those_to_come() -> None:
    days = [day(n) for n in range(15) if n not in {7, 14}]
    whole = seen(deployed(), [day(n) for n in range(15)]).bands[Metric.SPEND_MICROS]
    assert float(seen(deployed(), days).bands[Metric.SPEND_MICROS].mid) == pytest.approx(float(whole.mid), rel=0.02)


def test_pacing_is_spend_over_the_platforms_part_of_the_total() -> None:
    bands = seen(deployed(total_budget_micros=3_000 * EUR), [day(n) for n in range(15)]).bands
    assert bands[Metric.PACING].mid == (bands[Metric.SPEND_MICROS].mid / (1_800 * EUR)).quantize(Decimal("0.0001"))


def test_a_monthly_budget_is_paced_against_the_daily_budget_of_the_whole_flight() -> None:
    bands = seen(deployed(total_budget_micros=None, monthly_budget_micros=1_500 * EUR), [day(n) for n in range(15)]).bands
    assert bands[Metric.PACING].mid == (bands[Metric.SPEND_MICROS].mid / (30 * 50 * EUR)).quantize(Decimal("0.0001"))


def test_an_open_flight_is_looked_at_for_thirty_days_and_what_was_spent_stays_out() -> None:
    found = seen(deployed(ends_on=None, total_budget_micros=None), [day(n, spend=50 * EUR) for n in range(15)])
    assert found.horizon_end == TODAY + timedelta(days=OPEN_DAYS - 1)
    assert float(found.bands[Metric.SPEND_MICROS].mid) == pytest.approx(OPEN_DAYS * 50 * EUR, rel=0.05)
    assert float(found.bands[Metric.PACING].mid) == pytest.approx(1, rel=0.05)


def test_a_flight_that_is_still_to_come_is_forecast_from_its_first_day() -> None:
    early = START - timedelta(days=5)
    assert seen(deployed(), [], today=early).bands == seen(deployed(), [], today=START).bands
    assert seen(deployed(ends_on=None), [], today=early).horizon_end == START + timedelta(days=OPEN_DAYS - 1)


def test_the_last_day_is_forecast_and_none_after_it() -> None:
    assert seen(deployed(), [day(n) for n in range(29)], today=END).horizon_end == END
    assert outlook(deployed(), [day(n) for n in range(30)], today=END + timedelta(days=1)) is None


def test_ranges_that_the_plan_rounded_to_nothing_still_learn() -> None:
    nothing = Range(low=Decimal(0), mid=Decimal(0), high=Decimal(0))
    about = deployed()
    empty = about.channel.model_copy(update={"forecast": Forecast(impressions=nothing, clicks=nothing, conversions=nothing)})
    found = seen(replace(about, channel=empty), [day(n) for n in range(15)])
    assert float(found.bands[Metric.CLICKS].mid) > 5


AMOUNTS = st.integers(min_value=0, max_value=10**6)
RECORDS = st.lists(st.tuples(AMOUNTS, AMOUNTS, st.integers(0, 10**4), st.integers(0, 10**12)), max_size=29)


@given(records=RECORDS, daily=st.integers(10**5, 10**13), ends=st.one_of(st.none(), st.integers(0, 200)))
def test_every_band_is_in_order_and_no_spend_is_above_what_may_be_billed(
    records: list[tuple[int, int, int, int]], daily: int, ends: int | None
) -> None:
    days = [Day(START + timedelta(days=n), i, c, Decimal(v), s) for n, (i, c, v, s) in enumerate(records)]
    today = START + timedelta(days=len(days))
    end = None if ends is None else today + timedelta(days=ends)
    found = seen(deployed(ends_on=end, daily=daily), days, today=today)
    assert set(found.bands) == set(Metric)
    for band in found.bands.values():
        assert 0 <= band.low <= band.mid <= band.high
    spent = 0 if end is None else sum(each.spend_micros for each in days)
    assert found.bands[Metric.SPEND_MICROS].high <= spent + daily * worst_case_days("google_ads", today, found.horizon_end)
    assert found.bands[Metric.SPEND_MICROS].low >= spent


@given(records=RECORDS, factor=st.sampled_from([10, 150, 1_000]))
def test_a_currency_of_small_units_changes_nothing_but_the_unit(records: list[tuple[int, int, int, int]], factor: int) -> None:
    def of(scale: int) -> dict[Metric, Band]:
        days = [Day(START + timedelta(days=n), i, c, Decimal(v), s * scale) for n, (i, c, v, s) in enumerate(records)]
        about = replace(deployed(), daily_budget_micros=50 * EUR * scale)
        return dict(seen(about, days, today=START + timedelta(days=29)).bands)

    plain, scaled = of(1), of(factor)
    assert {metric: plain[metric] for metric in COUNTS} == {metric: scaled[metric] for metric in COUNTS}
    assert float(scaled[Metric.SPEND_MICROS].mid) == pytest.approx(float(plain[Metric.SPEND_MICROS].mid) * factor, rel=1e-6, abs=factor)


def test_days_count_from_the_launch_even_when_nothing_was_shown() -> None:
    days = [day(n, impressions=0) for n in range(5)]
    launched = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)
    assert [(each.day.day, each.exposure) for each in counted(days, launched=launched)] == [(3, 0.25), (4, 1.0), (5, 1.0)]


def test_a_launch_that_business_time_has_not_reached_gives_way_to_the_first_delivery() -> None:
    days = [day(2), day(0, impressions=0), day(1)]
    found = counted(days, launched=datetime(2027, 3, 1, tzinfo=UTC))
    assert [(each.day.day, each.exposure) for each in found] == [(2, 1.0), (3, 1.0)]
    assert counted([day(0, impressions=0)], launched=None) == []
