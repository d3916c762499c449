"""Months leave for the archive and come back, and a crash at any point loses nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import Launched, ScriptedSource, conversion, fact, launched
from zamc.analytics.archive import Archive, DamagedArchive
from zamc.analytics.archive_files import ArchiveFiles
from zamc.analytics.archive_rules import due, month_of, next_month
from zamc.analytics.rules import ConversionRow, FactRow, Grain, Subject
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database
from zamc.errors import Conflict, InvalidInput, Later, NotFound

MONTH, KEPT = date(2026, 5, 1), date(2026, 6, 1)
_STEPS = (
    "read out", "analytics stored", "analytics_conversions stored", "manifest stored", "about to be recorded", "recorded", "verified again",
    "about to be detached", "detached",
)  # fmt: skip


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


@dataclass
class Stage:
    database: Database
    owner: Database
    folder: Path
    account: Launched
    clock: ManualClock
    passed: list[str] = field(default_factory=list)
    kill_at: str = ""

    def archive(self) -> Archive:
        return Archive(self.database, ArchiveFiles(self.folder.as_uri()), self.clock, after_months=5, reached=self._reached)

    def run(self) -> None:
        """What `zamc archive run` does."""
        archive = self.archive()
        for month in archive.due():
            archive.write(month)
            archive.detach(month, owner=self.owner)

    def _reached(self, step: str) -> None:
        self.passed.append(step)
        if step == self.kill_at:
            raise Killed

    def contents(self) -> list[list[tuple[object, ...]]]:
        with self.database.transaction() as session:
            return [
                [tuple(row) for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"))]  # noqa: S608
                for table in ("analytics", "analytics_conversions")
            ]

    def facts_of(self, month: date) -> int:
        with self.database.transaction() as session:
            found: int = session.execute(
                text("SELECT count(*) FROM analytics WHERE date_trunc('month', date) = :m"), {"m": month}
            ).scalar_one()
            return found

    def sync(self, day: date, *rows: FactRow | ConversionRow) -> object:
        source = ScriptedSource(list(rows))
        return AnalyticsService(self.database, self.clock, {"google_ads": lambda _: source}, look_back_days=0).sync(
            platform="google_ads", day=day
        )


def _rows(day: date) -> Iterator[FactRow | ConversionRow]:
    for number in range(5):
        about = Subject(Grain.CAMPAIGN, str(number), day, "EUR", campaign_id=str(number), label='na,me\t"\\N\n é' if number else "")
        yield fact(about, impressions=2**62, clicks=number, spend=2**63 - 1 - number)
        yield conversion(about, count=f"{number}.000001", value=2**62 + number)
        yield conversion(about, count="0.333333", action="add_to_cart", counted=False)


@pytest.fixture
def stage(database: Database, owner_database: Database, tmp_path: Path) -> Stage:
    clock = ManualClock(datetime(2026, 11, 20, 12, 0, 0, 123457, tzinfo=UTC))
    found = Stage(database, owner_database, tmp_path / "archive", launched(database, starts_on=date(2026, 5, 1)), clock)
    for day in (date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)):
        assert not found.sync(day, *_rows(day)).failures  # type: ignore[attr-defined]  # an outcome
    return found


def test_a_month_leaves_whole_and_comes_back_byte_for_byte(stage: Stage) -> None:
    before = stage.contents()
    assert stage.archive().due() == [MONTH]
    stage.run()
    assert (stage.facts_of(MONTH), stage.facts_of(KEPT)) == (0, 5)
    [row] = [view for view in stage.archive().months() if view.in_archive]
    assert (row.month, row.in_database, row.rows, row.due) == (MONTH, False, 10 + 20, False)
    stage.run()
    assert stage.archive().restore(MONTH, owner=stage.owner) == 30
    assert stage.contents() == before
    assert stage.archive().due() == [MONTH]
    stage.run()
    assert stage.facts_of(MONTH) == 0


def test_the_archive_is_exact_and_says_what_it_holds(stage: Stage) -> None:
    stage.run()
    facts = pl.read_parquet(stage.folder / "analytics" / "2026-05.parquet")
    assert facts.schema["spend_micros"] == pl.Int64
    assert max(facts["spend_micros"]) == 2**63 - 1
    assert facts["as_of"][0] == datetime(2026, 11, 20, 12, 0, 0, 123457, tzinfo=UTC)
    conversions = pl.read_parquet(stage.folder / "analytics_conversions" / "2026-05.parquet")
    assert conversions.schema["conversions"] == pl.Decimal(18, 6)
    assert conversions["conversions"].sum() == 2 * (10 + 5 * Decimal("0.000001") + 5 * Decimal("0.333333"))
    manifest = json.loads((stage.folder / "manifests" / "2026-05.json").read_text())
    assert manifest["files"]["analytics"]["rows"] == 10
    assert manifest["files"]["analytics"]["sums"]["spend_micros"] == str(2 * (5 * (2**63 - 1) - 10))


@pytest.mark.parametrize("step", _STEPS)
def test_a_crash_anywhere_loses_nothing_and_the_next_run_goes_on(stage: Stage, step: str) -> None:
    before = stage.contents()
    stage.kill_at = step
    with pytest.raises(Killed):
        stage.run()
    assert stage.passed[-1] == step
    in_database = stage.facts_of(MONTH)
    assert in_database == (0 if step == "detached" else 10)
    stage.kill_at = ""
    stage.run()
    assert stage.facts_of(MONTH) == 0
    assert not list(stage.folder.rglob(".*"))
    stage.kill_at = "about to be restored"
    with pytest.raises(Killed):
        stage.archive().restore(MONTH, owner=stage.owner)
    assert stage.facts_of(MONTH) == 0
    stage.kill_at = ""
    stage.archive().restore(MONTH, owner=stage.owner)
    assert stage.contents() == before


def test_a_revision_between_copy_and_detaching_keeps_the_month_until_it_is_copied_again(stage: Stage) -> None:
    stage.archive().write(MONTH)
    stage.clock.advance(minutes=1)
    day = date(2026, 5, 31)
    stage.sync(day, *(row for row in _rows(day) if row.subject.object_id != "3"))
    with pytest.raises(Conflict, match="changed since"):
        stage.archive().detach(MONTH, owner=stage.owner)
    assert stage.facts_of(MONTH) == 11
    stage.run()
    assert stage.facts_of(MONTH) == 0


def test_a_revision_of_an_archived_month_is_refused_until_it_is_back(stage: Stage) -> None:
    stage.run()
    day = date(2026, 5, 31)
    outcome = stage.sync(day, *_rows(day))
    [sentence] = outcome.failures.values()  # type: ignore[attr-defined]  # an outcome
    assert "2026-05 is archived" in sentence
    assert "zamc archive restore 2026-05" in sentence
    assert stage.facts_of(MONTH) == 0
    stage.archive().restore(MONTH, owner=stage.owner)
    assert not stage.sync(day, *_rows(day)).failures  # type: ignore[attr-defined]


def test_a_damaged_file_is_noticed_before_anything_is_dropped_or_restored(stage: Stage) -> None:
    stage.archive().write(MONTH)
    path = stage.folder / "analytics" / "2026-05.parquet"
    good = path.read_bytes()
    path.write_bytes(good[:-9] + b"x" + good[-8:])
    with pytest.raises(DamagedArchive, match="SHA-256"):
        stage.archive().detach(MONTH, owner=stage.owner)
    assert stage.facts_of(MONTH) == 10
    stage.run()
    path.write_bytes(b"")
    with pytest.raises(DamagedArchive):
        stage.archive().restore(MONTH, owner=stage.owner)
    path.unlink()
    with pytest.raises(NotFound):
        stage.archive().restore(MONTH, owner=stage.owner)
    assert stage.facts_of(MONTH) == 0


def test_tables_that_are_in_use_are_not_waited_for_long(stage: Stage) -> None:
    stage.archive().write(MONTH)
    with stage.database.engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM analytics"))
        with pytest.raises(Later, match="in use"):
            stage.archive().detach(MONTH, owner=stage.owner)
    assert stage.facts_of(MONTH) == 10


def test_the_application_alone_can_neither_drop_a_month_nor_say_that_it_is_gone(stage: Stage) -> None:
    stage.archive().write(MONTH)
    with pytest.raises(Exception, match=r"must be owner|permission denied"):
        stage.archive().detach(MONTH, owner=stage.database)
    with pytest.raises(Exception, match="permission denied"), stage.database.transaction() as session:
        session.execute(text("UPDATE archived_months SET detached_at = now()"))
    assert stage.facts_of(MONTH) == 10


def test_months_are_counted_across_years() -> None:
    months = [date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    assert due(months, today=date(2026, 1, 31), after_months=1) == months[:2]
    assert due(months, today=date(2026, 2, 1), after_months=1) == months[:3]
    assert next_month(date(2025, 12, 1)) == date(2026, 1, 1)
    assert month_of("2025-12") == date(2025, 12, 1)
    with pytest.raises(InvalidInput):
        month_of("2025-13")


def test_an_unknown_month_is_named(stage: Stage) -> None:
    with pytest.raises(NotFound, match="2020-01"):
        stage.archive().restore(date(2020, 1, 1), owner=stage.owner)
    with pytest.raises(Conflict, match="write it first"):
        stage.archive().detach(MONTH, owner=stage.owner)
