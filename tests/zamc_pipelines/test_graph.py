"""What the Dagster UI shows: six groups, and a line from every brief to every report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resources.dbt import manifest, prepare_manifest
from tests.zamc_pipelines import asset_graph
from tests.zamc_pipelines.asset_graph import Location

ROOT = Path(__file__).parents[2]
GROUPS = {"planning", "creatives", "deployments", "analytics", "optimisation", "reporting"}


@pytest.fixture(scope="module")
def locations() -> list[Location]:
    return asset_graph.locations()


def test_the_graph_is_the_one_that_was_reviewed(locations: list[Location]) -> None:
    rewrite = "after an intended change run `.venv/bin/python -m tests.zamc_pipelines.asset_graph` and review the difference"
    assert asset_graph.text(locations) == asset_graph.FILE.read_text(), rewrite


def test_there_are_exactly_six_groups(locations: list[Location]) -> None:
    assert {asset.group for location in locations for asset in location.assets.values()} == GROUPS


def test_every_data_asset_is_made_in_one_location(locations: list[Location]) -> None:
    first, second = (set(location.assets) for location in locations)
    assert first & second == set()


def test_a_path_leads_from_strategies_to_every_mart(locations: list[Location]) -> None:
    upstream = {key: asset.upstream for location in locations for key, asset in location.assets.items()}
    nodes = json.loads(manifest().read_text())["nodes"].values()
    marts = {node["name"] for node in nodes if node["resource_type"] == "model" and "marts" in node["fqn"]}
    assert marts >= {"account_daily", "campaign_daily", "ad_daily"}
    without = {mart for mart in marts if "strategies" not in _ancestors(mart, upstream)}
    assert without == set()


def test_both_code_locations_load_from_the_workspace_file(tmp_path: Path) -> None:
    prepare_manifest()
    done = _validate(ROOT / "workspace.yaml", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert "Validation successful for code location zamc_pipelines." in said
    assert "Validation successful for code location reporting." in said


def _ancestors(key: str, upstream: dict[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    todo = [key]
    while todo:
        parents = upstream.get(todo.pop(), frozenset()) - found
        found |= parents
        todo += parents
    return found


def _validate(workspace: Path, home: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(workspace)],
        cwd=ROOT,
        env={**os.environ, "DAGSTER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
