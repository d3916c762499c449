"""The same project on DuckDB, over the archive's files alone: what an analyst without the database sees is what the database says."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

from resources.dbt import dbt
from tests.conftest import ManualClock
from tests.dbt.conftest import Reports, nowcast
from zamc.analytics.archive import Archive
from zamc.analytics.archive_files import ArchiveFiles

REPORTS = (
    "account_daily", "campaign_daily", "ad_group_daily", "ad_daily", "creative_daily", "keyword_daily", "search_term_daily", "geo_daily",
    "device_daily", "audience_daily", "landing_page_daily", "conversion_daily", "budget_pacing", "creative_lineage", "calendar",
)  # fmt: skip
_MEASURED = """
    SELECT currency, count(*), sum(impressions), sum(clicks), sum(spend_micros), sum(spend), sum(conversions), sum(value_micros), avg(ctr)
    FROM reporting.{} GROUP BY 1 ORDER BY 1
"""
_COUNTED = "SELECT currency, count(*) FROM reporting.{} GROUP BY 1 ORDER BY 1"
# What has a nowcast and what has none; in both databases the same.
_EXPECTED = """
    SELECT platform, sum(conversions_expected), sum(conversions_low), sum(conversions_high), min(completeness), sum(cpa_expected)
    FROM reporting.{} GROUP BY 1 ORDER BY 1
"""


def test_the_project_builds_on_the_archive_with_the_same_figures(reports: Reports, tmp_path: Path) -> None:
    nowcast(reports)
    archive = Archive(reports.database, ArchiveFiles((tmp_path / "archive").as_uri()), ManualClock(), after_months=25)
    for view in archive.months():
        archive.write(view.month)
    archive.write_around()
    built = dbt(
        "--no-use-colors", "build", "--target", "duckdb", "--exclude-resource-type", "unit_test", "--vars", '{"check": "everything"}',
        environment={"ZAMC_ARCHIVE_PATH": archive.root, "ZAMC_DUCKDB_PATH": str(tmp_path / "reports.duckdb")}, target=tmp_path / "target",
    )  # fmt: skip
    assert built.returncode == 0, built.stdout
    with duckdb.connect(str(tmp_path / "reports.duckdb"), read_only=True) as analyst:
        for report in REPORTS:
            query = (_MEASURED if report.endswith("_daily") and report != "conversion_daily" else _COUNTED).format(report)
            ours = _rounded(reports.read(query))
            theirs = _rounded(analyst.execute(query).fetchall())
            assert ours == theirs, report
            assert ours, report
        for report in ("account_daily", "campaign_daily"):
            query = _EXPECTED.format(report)
            ours = _rounded(reports.read(query))
            assert ours == _rounded(analyst.execute(query).fetchall()), report
            assert ours[0][1:] == ["250.000000", "230.000000", "280.500000", "0.800000", "0.400000"]
        by_action = "SELECT grain, action, conversions_expected, conversions_high, completeness FROM reporting.nowcast_daily ORDER BY 1"
        assert _rounded(reports.read(by_action)) == _rounded(analyst.execute(by_action).fetchall())


def _rounded(rows: Iterable[Sequence[object]]) -> list[list[str]]:
    """Averages are doubles in DuckDB, and its decimals have other scales; sums of whole numbers are decimals in PostgreSQL."""
    return [[_text(value) for value in row] for row in rows]


def _text(value: object) -> str:
    return str(value) if value is None or isinstance(value, str) else f"{Decimal(str(value)):.6f}"
