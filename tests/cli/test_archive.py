"""`zamc archive`: what an operator sees and does."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import ScriptedSource, fact, launched, subject
from zamc.analytics.archive import Archive
from zamc.analytics.archive_files import ArchiveFiles
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database
from zamc.errors import Conflict, InvalidInput
from zamc.projects.tables import AdAccount


@dataclass
class Wired:
    """What the commands take of the services."""

    database: Database
    owner_database: Database
    archive: Archive


@pytest.fixture
def wired(database: Database, owner_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wired:
    clock = ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
    found = Wired(database, owner_database, Archive(database, ArchiveFiles(tmp_path.as_uri()), clock, after_months=5))
    monkeypatch.setattr("zamc.bootstrap.services", lambda: found)
    launched(database, starts_on=date(2026, 5, 1))
    for day in (date(2026, 5, 1), date(2026, 11, 1)):
        source = ScriptedSource([fact(subject(day=day))])
        outcome = AnalyticsService(database, clock, {"google_ads": partial(_reader, source)}, look_back_days=0).sync(
            platform="google_ads", day=day, look_back=False
        )
        assert not outcome.failures
    return found


def _reader(source: ScriptedSource, _account: AdAccount) -> ScriptedSource:
    return source


def _zamc(*words: str) -> Result:
    return CliRunner().invoke(app, ["archive", *words])


def test_months_are_listed_taken_out_and_brought_back(wired: Wired, tmp_path: Path) -> None:
    assert "2026-05  database  due" in _zamc("list").output
    ran = _zamc("run")
    assert ran.exit_code == 0, ran.output
    assert "2026-05: 1 rows" in ran.output
    assert "out of the database" in ran.output
    assert "2026-05  archive, 1 rows" in _zamc("list").output
    assert (tmp_path / "ad_accounts" / "all.parquet").exists()
    assert "No month is due" in _zamc("run").output
    assert "1 rows are back" in _zamc("restore", "2026-05").output
    assert isinstance(_zamc("restore", "2026-05").exception, Conflict)
    assert isinstance(_zamc("restore", "May").exception, InvalidInput)
    assert wired.archive.due() == [date(2026, 5, 1)]


def test_copies_take_nothing_out(wired: Wired, tmp_path: Path) -> None:
    copied = _zamc("run", "--copy")
    assert copied.exit_code == 0, copied.output
    assert {path.name for path in (tmp_path / "analytics").iterdir()} >= {"2026-05.parquet", "2026-11.parquet"}
    assert all(view.in_database for view in wired.archive.months())


def test_a_dry_run_says_what_would_leave_and_changes_nothing(wired: Wired, tmp_path: Path) -> None:
    said = _zamc("run", "--dry-run")
    assert said.exit_code == 0, said.output
    assert said.output.splitlines() == ["2026-05 would be written and leave the database", "1 months; nothing was changed"]
    assert "would be copied" in _zamc("run", "--copy", "--dry-run").output
    assert list(tmp_path.iterdir()) == []
    assert wired.archive.due() == [date(2026, 5, 1)]
