"""The data team's notebook runs as it is on a real export, and its last cell says what the report says."""

from decimal import Decimal
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.dbt.conftest import Reports, nowcast
from tests.zamc.analytics.scripted import DAY
from zamc.analytics import exports
from zamc.analytics.report_rules import ExportFormat, ReportQuery
from zamc.analytics.rules import Grain

NOTEBOOK = Path("examples/notebooks/reports.ipynb")


def test_the_notebook_runs_on_an_export(reports: Reports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowcast(reports)
    path = tmp_path / "campaigns.parquet"
    query = ReportQuery(grain=Grain.CAMPAIGN, first_day=DAY, last_day=DAY)
    path.write_bytes(b"".join(exports.stream(reports.database, query, ExportFormat.PARQUET)))
    monkeypatch.setenv("ZAMC_REPORT", str(path))
    monkeypatch.setenv("MPLBACKEND", "agg")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)], (
        "save it without outputs"
    )
    # A namespace of its own: the cells leave their values in it.
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = "".join(
        str(output.get("data", {}).get("text/plain", output.get("text", "")))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    [(rows, spend)] = reports.read("SELECT count(*), sum(spend) FROM reporting.campaign_daily")
    assert f"'rows': {rows}" in said
    assert f"Decimal('{Decimal(spend):.6f}')" in said
    assert "0 days have settled, 2 still move" in said
    assert "250 conversions are expected of 1 days in the end" in said
