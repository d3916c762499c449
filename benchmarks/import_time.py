"""What a code location costs to load, against `import dagster` in the same run. Interleaved, minimum of seven: noise only adds."""

import os
import subprocess
import sys
import time

from benchmarks.figure import Figure, at_most, shown

_MODULES = ("dagster", "zamc_pipelines.definitions", "zamc_pipelines.reporting", "cli.main")
_ROUNDS = 7


def measure() -> list[Figure]:
    """Seconds of a fresh interpreter that imports the module and nothing else."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    best = dict.fromkeys(_MODULES, float("inf"))
    for number in range(_ROUNDS + 1):
        for module in _MODULES:
            started = time.perf_counter()
            subprocess.run([sys.executable, "-W", "ignore", "-c", f"import {module}"], check=True, env=environment, capture_output=True)
            if number:  # the first round writes bytecode
                best[module] = min(best[module], time.perf_counter() - started)
    base = best["dagster"]
    return [
        shown("import dagster", base, "s"),
        at_most("import zamc_pipelines.definitions / import dagster", best["zamc_pipelines.definitions"] / base, "ratio", 2),
        shown("import zamc_pipelines.reporting / import dagster", best["zamc_pipelines.reporting"] / base, "ratio"),
        shown("import cli.main", best["cli.main"], "s"),
    ]
