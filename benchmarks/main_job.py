"""The main job: four briefs, from an empty data folder to live ads and a balanced report. Set-up (starting the platform) is apart."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figure import Figure, at_most, shown


def measure() -> list[Figure]:
    """Run `zamc demo` on a data folder of its own. Raises CalledProcessError when the demo fails."""
    with tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder:
        result = Path(folder) / "result.json"
        environment = {**os.environ, "ZAMC_HOME": str(Path(folder) / "home")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "cli.main", "demo", "--json", str(result)]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        read = json.loads(result.read_text())
    stages = {stage["name"]: stage["seconds"] for stage in read["stages"]}
    after_set_up = read["seconds"] - stages["platform"]
    return [
        at_most("main job after set-up, four briefs", after_set_up, "s", 90),
        shown("of it around the data assets (Dagster: ticks, run start, bookkeeping)", read["dagster"]["around_seconds"], "s"),
        *(shown(f"stage {name}", seconds, "s") for name, seconds in stages.items()),
        shown("deployments live", sum(row["status"] == "live" for row in read["deployments"]), "count"),
    ]
