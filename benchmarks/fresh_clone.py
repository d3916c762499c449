"""From a fresh clone to the end of `make demo`, by part: install, start the platform, run. Needs the package registry."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, shown


def measure() -> list[Figure]:
    """Clone the committed state into a folder of its own and do what a newcomer does. Raises CalledProcessError when it fails."""
    with tempfile.TemporaryDirectory(prefix="zamc-clone-") as folder:
        clone, result = Path(folder) / "zamc", Path(folder) / "result.json"
        environment = {**os.environ, "ZAMC_HOME": str(Path(folder) / "home")}
        subprocess.run(["git", "clone", "--quiet", ".", str(clone)], check=True)
        started = time.monotonic()
        subprocess.run(["make", "--silent", ".venv/local"], cwd=clone, env=environment, check=True, stdout=subprocess.DEVNULL)
        installed = time.monotonic()
        subprocess.run(
            ["make", "--silent", "demo", f"ARGS=--json {result}"], cwd=clone, env=environment, check=True, stdout=subprocess.DEVNULL
        )
        ended = time.monotonic()
        read = json.loads(result.read_text())
    platform = next(stage["seconds"] for stage in read["stages"] if stage["name"] == "platform")
    return [
        shown("install the locked requirements", installed - started, "s"),
        shown("start the platform", platform, "s"),
        shown("run: four briefs to live ads and a report", read["seconds"] - platform, "s"),
        shown("fresh clone to the end of make demo", ended - started, "s"),
    ]
