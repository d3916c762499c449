"""The main job, end to end, with real processes: killed in the middle, finished by the next run, doubled by none."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

_COMMAND = (sys.executable, "-m", "cli.main", "demo")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    # Not pytest's tmp_path: a Unix socket lies in it, and its path is short.
    with tempfile.TemporaryDirectory(prefix="zamc-demo-") as folder:
        yield Path(folder) / "home"


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "ZAMC_HOME": str(home)}


@pytest.fixture(scope="module")
def results(home: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A demo that is killed when the strategies are there, one that goes on, and one more."""
    victim = subprocess.Popen(_COMMAND, env=_environment(home), stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert victim.stdout is not None
    reached = any(line.startswith("write strategies:") for line in victim.stdout)
    os.killpg(victim.pid, signal.SIGKILL)
    assert victim.wait() == -signal.SIGKILL
    assert reached, "the crash point was not reached"
    return _run(home, "first.json"), _run(home, "second.json")


def _run(home: Path, name: str) -> dict[str, Any]:
    file = home.parent / name
    done = subprocess.run([*_COMMAND, "--json", str(file)], env=_environment(home), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    read: dict[str, Any] = json.loads(file.read_text())
    return read


def test_every_brief_is_live_on_both_platforms_and_the_report_balances(results: tuple[dict[str, Any], dict[str, Any]]) -> None:
    first, _ = results
    assert {brief["status"] for brief in first["briefs"]} == {"live"}
    kinds = [row["kind"] for row in first["deployments"]]
    # The small bakery buys clicks: what it has is too little for more than Search.
    assert {kind: kinds.count(kind) for kind in kinds} == {"search": 4, "performance_max": 3, "display": 3, "meta": 4}
    assert {row["currency"] for row in first["deployments"]} == {"EUR", "JPY", "USD"}
    assert all(row["impressions"] > 0 and row["clicks"] > 0 and row["spend_micros"] > 0 for row in first["deployments"])
    assert first["report"]["balanced"]
    assert first["report"]["rows"] > 0


def test_nobody_pays_more_than_a_platform_may_bill_a_day(results: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert all(row["spend_micros"] <= 2 * row["daily_budget_micros"] for row in results[0]["deployments"])


def test_another_run_on_the_kept_data_doubles_nothing(results: tuple[dict[str, Any], dict[str, Any]]) -> None:
    first, second = results
    assert second["briefs"] == first["briefs"]
    assert second["deployments"] == first["deployments"]
    assert second["report"] == first["report"]


def test_the_platforms_have_one_enabled_campaign_for_each_deployment(results: tuple[dict[str, Any], dict[str, Any]], home: Path) -> None:
    with sqlite3.connect(home / "sandbox" / "sandbox.sqlite") as store:
        rows = store.execute("SELECT platform, id, status FROM objects WHERE kind IN ('campaign', 'campaigns') AND removed = 0").fetchall()
    enabled = {str(key) for _, key, status in rows if status in ("ENABLED", "ACTIVE")}
    assert enabled == {row["external_id"] for row in results[0]["deployments"]}


def test_no_process_is_left(results: tuple[dict[str, Any], dict[str, Any]], home: Path) -> None:
    needle = str(home).encode()
    command_lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [line for line in command_lines if needle in line]
    ports = json.loads((home / "run" / "ports.json").read_text())
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host="127.0.0.1", port=ports["postgres"], user="postgres", dbname="zamc", connect_timeout=2)
