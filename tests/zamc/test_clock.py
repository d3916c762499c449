"""The movable business clock: shared through a file, never backwards."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from zamc.clock import FileClock, SystemClock, business_date
from zamc.errors import ConfigurationError, InvalidInput


def test_business_time_stays_where_it_was_moved_and_other_processes_see_it(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 19, 12, tzinfo=UTC)
    FileClock(tmp_path / "clock.json").move_to(noon)
    other = FileClock(tmp_path / "clock.json")
    assert other.business_now() == noon
    assert other.now() > noon


def test_business_time_never_runs_backwards(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock.json")
    clock.move_to(datetime(2026, 11, 19, 12, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="never runs backwards"):
        clock.move_to(datetime(2026, 11, 19, 11, tzinfo=UTC))
    assert clock.business_now() == datetime(2026, 11, 19, 12, tzinfo=UTC)


def test_a_damaged_clock_stops_everything_rather_than_meaning_today(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="damaged"):
        FileClock(tmp_path / "clock.json").business_now()


def test_without_a_file_business_time_is_real_time(tmp_path: Path) -> None:
    before = SystemClock().now()
    assert FileClock(tmp_path / "none.json").business_now() >= before


def test_today_is_a_date_in_the_accounts_time_zone(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock.json")
    clock.move_to(datetime(2026, 11, 19, 20, tzinfo=UTC))
    assert business_date(clock, "Asia/Tokyo") == date(2026, 11, 20)
    assert business_date(clock, "America/New_York") == date(2026, 11, 19)
