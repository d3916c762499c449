"""Reports for people and programs: sums, comparison, currencies, files, and what they say of days that still move."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cli.main import app
from tests.conftest import ManualClock
from tests.dbt.conftest import Reports, nowcast
from tests.zamc.analytics.scripted import DAY
from zamc.analytics import exports, report_repository
from zamc.analytics.metrics import metrics
from zamc.analytics.report_rules import ExportFormat, Report, ReportQuery, change
from zamc.analytics.rules import Grain
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import Conflict, InvalidInput

WEEK = {"first_day": DAY - timedelta(days=6), "last_day": DAY}


def _report(reports: Reports, grain: Grain, *, compare: bool = False, **more: object) -> Report:
    query = ReportQuery(grain=grain, **{**WEEK, **more})  # type: ignore[arg-type]  # test values
    with reports.database.transaction() as session:
        return report_repository.report(session, query, compare=compare)


@pytest.mark.parametrize("grain", list(Grain))
def test_every_grain_adds_up_to_the_account_in_each_currency(reports: Reports, grain: Grain) -> None:
    report = _report(reports, grain)
    spent = {(total.platform, total.currency): total.spend_micros for total in report.totals()}
    whole = {("google_ads", "EUR"): Decimal(100_000_000), ("meta_ads", "JPY"): Decimal(9_000_000_000)}
    assert spent == {key: amount for key, amount in whole.items() if key in spent}
    assert spent
    assert all(row.moving_days == row.days == 1 for row in report.rows)


def test_the_metrics_of_a_sum_are_made_of_the_sums(reports: Reports) -> None:
    report = _report(reports, Grain.CAMPAIGN)
    [google] = [row for row in report.totals() if row.currency == "EUR"]
    found = {name: metric.of(google.sums) for name, metric in metrics().items() if metric.is_ratio}
    assert found == {
        "ctr": Decimal("0.05"), "cpc": Decimal("0.02"), "cpa": Decimal("0.5"), "cvr": Decimal("0.04"), "roas": 3, "aov": Decimal("1.5"),
        # Nobody has nowcast these days.
        "cpa_expected": None,
    }  # fmt: skip
    assert [(row.is_attributed, row.name) for row in report.rows] == [(True, "a name")] * 2


def test_a_range_is_compared_with_the_one_before_and_says_which_days_move(reports: Reports) -> None:
    after = _report(reports, Grain.CAMPAIGN, compare=True, first_day=DAY + timedelta(days=1), last_day=DAY + timedelta(days=1))
    assert after.rows == []
    assert len(after.before) == 2
    report = _report(reports, Grain.CAMPAIGN, compare=True)
    assert report.before == {}
    assert [(days.platform, days.first_day, days.last_day, days.days) for days in report.moving] == [
        ("google_ads", DAY - timedelta(days=3), DAY, 4), ("meta_ads", DAY - timedelta(days=3), DAY, 4)
    ]  # fmt: skip
    assert [days.settle_on - DAY for days in report.moving] == [timedelta(days=31), timedelta(days=8)]
    assert change(Decimal(5), Decimal(4)) == Decimal("0.25")
    assert change(Decimal(5), Decimal(0)) is None


@dataclass
class Wired:
    """What the command takes of the services."""

    database: Database
    clock: Clock


@pytest.fixture
def wired(reports: Reports, monkeypatch: pytest.MonkeyPatch) -> Wired:
    found = Wired(reports.database, ManualClock())
    monkeypatch.setattr("zamc.bootstrap.services", lambda: found)
    monkeypatch.setenv("COLUMNS", "250")
    return found


def test_what_is_still_to_come_stands_beside_what_has_shown(reports: Reports, wired: Wired, tmp_path: Path) -> None:
    nowcast(reports)
    for grain in (Grain.ACCOUNT, Grain.CAMPAIGN):
        report = _report(reports, grain)
        google, meta = sorted(report.totals(), key=lambda row: row.platform)
        expected = (google.conversions, google.conversions_expected, google.conversions_low, google.conversions_high)
        assert expected == (Decimal(200), Decimal(250), Decimal(230), Decimal("280.5"))
        assert metrics()["cpa_expected"].of(google.sums) == Decimal("0.4")
        # Meta's day moves too, and nobody said what it will be.
        assert (meta.conversions, meta.conversions_expected, meta.conversions_high) == (Decimal(200), None, None)
    assert {row.conversions_expected for row in _report(reports, Grain.AD).rows} == {None}
    printed = CliRunner().invoke(app, ["report"])
    assert "230.0 to 280.5" in printed.output
    query = ReportQuery(grain=Grain.CAMPAIGN, first_day=DAY, last_day=DAY)
    [ours, theirs] = csv.DictReader(io.StringIO(b"".join(exports.stream(reports.database, query, ExportFormat.CSV)).decode()))
    assert (ours["conversions_expected"], ours["completeness"], theirs["conversions_expected"]) == ("250.000000", "0.800000", "")
    assert reports.run("test", "--select", "account_daily campaign_daily nowcast_daily") == {}, reports.said


def test_another_currency_takes_each_days_rate_and_says_when_there_is_none(reports: Reports) -> None:
    with reports.database.transaction() as session:
        session.execute(
            text("INSERT INTO fx_rates VALUES (:day, 'JPY', 'EUR', 0.0061, 'test', now()), (:old, 'EUR', 'USD', 1.2, 'test', now())"),
            {"day": DAY - timedelta(days=2), "old": DAY - timedelta(days=7)},
        )
    euros = {row.platform: row for row in _report(reports, Grain.CAMPAIGN, currency="EUR").rows}
    assert (euros["meta_ads"].spend_micros, euros["meta_ads"].currency) == (9_000_000_000 * Decimal("0.0061"), "EUR")
    assert euros["google_ads"].spend_micros == 100_000_000
    dollars = _report(reports, Grain.CAMPAIGN, currency="USD").rows
    assert [(int(row.spend_micros), row.days_without_rate) for row in dollars] == [(0, 1), (0, 1)]
    with pytest.raises(InvalidInput, match="currency"):
        _report(reports, Grain.CAMPAIGN, currency="euros")


def test_only_the_projects_that_are_asked_for_are_in_a_report(reports: Reports) -> None:
    assert {row.currency for row in _report(reports, Grain.AD, project_ids=[reports.yen.project_id]).rows} == {"JPY"}
    assert _report(reports, Grain.AD, project_ids=[]).rows == []


@pytest.mark.parametrize("grain", list(Grain))
@pytest.mark.parametrize("currency", [None, "EUR"])
def test_both_files_hold_the_rows_of_the_report_exactly(reports: Reports, tmp_path: Path, grain: Grain, currency: str | None) -> None:
    query = ReportQuery(grain=grain, first_day=DAY, last_day=DAY, currency=currency)
    written = b"".join(exports.stream(reports.database, query, ExportFormat.CSV)).decode()
    rows = list(csv.DictReader(io.StringIO(written)))
    path = tmp_path / "export.parquet"
    path.write_bytes(b"".join(exports.stream(reports.database, query, ExportFormat.PARQUET)))
    frame = pl.read_parquet(path)
    assert tuple(frame.columns) == tuple(rows[0]) == tuple(report_repository.columns(query))
    [(count, spend)] = reports.read(f"SELECT count(*), sum(spend) FROM reporting.{grain}_daily")  # noqa: S608
    assert len(rows) == frame.height == count
    assert sum(Decimal(row["spend"]) for row in rows) == frame["spend"].sum() == spend
    assert {row["is_moving"] for row in rows} == {"true"}


def test_a_name_cannot_be_a_formula_in_a_spreadsheet(reports: Reports) -> None:
    with reports.database.transaction() as session:
        session.execute(text("UPDATE reporting.int_campaign_days SET name = '=HYPERLINK(\"https://evil.example\")'"))
    query = ReportQuery(grain=Grain.CAMPAIGN, first_day=DAY, last_day=DAY)
    rows = list(csv.DictReader(io.StringIO(b"".join(exports.stream(reports.database, query, ExportFormat.CSV)).decode())))
    assert {row["name"] for row in rows} == {'\'=HYPERLINK("https://evil.example")'}


def test_without_a_build_the_answer_says_what_to_do(database: Database) -> None:
    query = ReportQuery(grain=Grain.AD, first_day=DAY, last_day=DAY)
    with pytest.raises(Conflict, match="reporting_job"):
        next(exports.stream(database, query, ExportFormat.CSV))


def test_a_range_that_is_empty_or_endless_is_refused() -> None:
    for days in (-1, 1200):
        with pytest.raises(InvalidInput, match="last_day"):
            ReportQuery(grain=Grain.AD, first_day=DAY, last_day=DAY + timedelta(days=days))


def test_the_command_prints_and_writes(wired: Wired, tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["report", "--by", "account", "--compare"])
    assert printed.exit_code == 0, printed.output
    assert "5.00%" in printed.output
    assert "Still moving on meta_ads: 2026-11-16 to 2026-11-19 (4 days)" in printed.output
    for name in ("csv", "parquet"):
        path = tmp_path / f"out.{name}"
        done = CliRunner().invoke(app, ["report", f"--{name}", str(path), "--from", "2026-11-19", "--to", "2026-11-19"])
        assert done.exit_code == 0, done.output
        assert path.stat().st_size > 100
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["out.csv", "out.parquet"]
    refused = CliRunner().invoke(app, ["report", "--by", "planet"])
    assert isinstance(refused.exception, InvalidInput)
