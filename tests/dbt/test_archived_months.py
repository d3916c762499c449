"""Reports of a month whose facts left for the archive stay, through a build of new days and through a build from nothing."""

from datetime import date
from pathlib import Path

from tests.conftest import ManualClock
from tests.dbt.conftest import Reports
from tests.dbt.test_incremental import contents
from zamc.analytics.archive import Archive
from zamc.analytics.archive_files import ArchiveFiles
from zamc.database.engine import Database

_MONTH = date(2026, 11, 1)


def test_reports_of_an_archived_month_outlive_a_build_from_nothing(reports: Reports, tmp_path: Path) -> None:
    before = contents(reports)
    owner = Database(reports.urls.owner_url, pool_size=1)
    archive = Archive(reports.database, ArchiveFiles((tmp_path / "archive").as_uri()), ManualClock(), after_months=1)
    archive.write(_MONTH)
    archive.detach(_MONTH, owner=owner)
    assert reports.read("SELECT count(*) FROM analytics") == [(0,)]
    assert reports.run("run", "--full-refresh", "--select", "staging", "intermediate") == {}, reports.said
    kept = contents(reports)
    assert kept.pop("int_latest") == []
    assert before.pop("int_latest")
    assert kept == before
    archive.restore(_MONTH, owner=owner)
    owner.close()
    assert reports.run("run", "--full-refresh", "--select", "staging", "intermediate") == {}, reports.said
    back = contents(reports)
    assert back.pop("int_latest")
    assert back == before
