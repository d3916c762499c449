"""Forty deployments and a restore while workers, servers and calls die by a plan: nothing is enabled twice, lost, or left on."""

import json
import os
import subprocess
import sys
from pathlib import Path

DEPLOYMENTS, SEED = 40, 20261122
VERDICT = ("enabled twice", "lost", "enabled orphans", "on unwanted", "strays left", "unsettled")
RESTORED = (*VERDICT, "switched on by adopting", "paused since the backup, and on", "on, and nothing reserved")
HARM = (*VERDICT, "events lost", "crash points never reached", *(f"after a restore: {name}" for name in RESTORED))


def test_nothing_is_harmed_while_everything_dies(tmp_path: Path) -> None:
    """In a process of its own: gRPC reads a sandbox's certificate once in the life of a process."""
    kept = tmp_path / "chaos.json"
    command = [sys.executable, "-m", "benchmarks.chaos", "--deployments", str(DEPLOYMENTS), "--seed", str(SEED), "--json", str(kept)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ZAMC_", "GRPC_"))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4_000:]}"
    figures = {figure["name"]: figure["value"] for figure in json.loads(kept.read_text())}
    assert {name: figures[name] for name in HARM} == dict.fromkeys(HARM, 0)
    assert figures["of them live"] > 0
    assert figures["workers killed at a named point"] >= 36
    assert figures["strays that were made, and swept"] >= figures["of them turned on by an outsider"] > 0
    assert all(figures[f"{name} after a restore"] > 0 for name in ("adopted", "held", "strangers"))
    assert figures["workers killed at random"] > 0
    assert all(figures[f"times {server} was killed"] > 0 for server in ("postgres", "nats", "valkey"))
