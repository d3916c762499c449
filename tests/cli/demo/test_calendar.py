"""When the demo happens: a whole day that is over everywhere, and never the future."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.demo.calendar import SETTLING_DAYS, first_instant, plan, shifted
from zamc.strategies.rules import read_brief

WALL = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_first_demo_leaves_two_weeks_until_yesterday_and_ends_with_a_day_that_is_over_in_every_time_zone(wall: datetime) -> None:
    days = plan(first_instant(wall), wall)
    assert days.end.date() == wall.date() - timedelta(days=1 + SETTLING_DAYS)
    for zone in ("Pacific/Kiritimati", "Asia/Tokyo", "UTC", "America/New_York", "Pacific/Honolulu"):
        assert days.launch.astimezone(ZoneInfo(zone)).date() <= days.day
        assert days.end.astimezone(ZoneInfo(zone)).date() > days.day


@given(st.floats(min_value=0, max_value=5))
def test_a_later_demo_never_passes_real_time_and_never_goes_back(days_ago: float) -> None:
    business = WALL - timedelta(days=days_ago)
    days = plan(business, WALL)
    assert business <= days.end <= WALL
    assert days.day >= business.date()


@pytest.mark.parametrize(
    ("day", "start", "moved"),
    [
        pytest.param(date(2026, 11, 20), date(2026, 11, 20), -132, id="a flight to come begins on the day"),
        pytest.param(date(2027, 4, 20), date(2027, 4, 1), 0, id="a flight that runs stays"),
        pytest.param(date(2027, 6, 1), date(2027, 6, 1), 61, id="a flight that is over begins again"),
    ],
)
def test_flights_are_moved_by_whole_days_and_keep_their_length(day: date, start: date, moved: int) -> None:
    brief = read_brief(Path("examples/briefs/tokyo-language-app.yaml").read_text()).brief
    fresh, by = shifted(brief, day)
    assert (fresh.start, by) == (start, moved)
    assert fresh.end is not None
    assert brief.end is not None
    assert fresh.end - fresh.start == brief.end - brief.start
