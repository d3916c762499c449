"""One figure, the table that is printed, and the JSON that is kept."""

import json
import math
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

FOLDER = Path("build/bench")


@dataclass(frozen=True)
class Figure:
    """A measured value. goal is a bound in words ("at most 90"); holds is None when the figure is only shown."""

    name: str
    value: float
    unit: str
    goal: str = ""
    holds: bool | None = None


def at_most(name: str, value: float, unit: str, bound: float) -> Figure:
    """A figure that should not exceed a bound."""
    return Figure(name, round(value, 4), unit, f"at most {bound:g}", value <= bound)


def at_least(name: str, value: float, unit: str, bound: float) -> Figure:
    """A figure that should reach a bound."""
    return Figure(name, round(value, 4), unit, f"at least {bound:g}", value >= bound)


def shown(name: str, value: float, unit: str) -> Figure:
    """A figure without a goal."""
    return Figure(name, round(value, 4), unit)


def report(name: str, figures: Sequence[Figure]) -> None:
    """Print the table and write build/bench/NAME.json."""
    table = Table("figure", "value", "unit", "goal", "holds", title=name, title_justify="left")
    for figure in figures:
        holds = {True: "[green]yes[/green]", False: "[red]no[/red]", None: ""}[figure.holds]
        table.add_row(figure.name, f"{figure.value:g}", figure.unit, figure.goal, holds)
    Console().print(table)
    FOLDER.mkdir(parents=True, exist_ok=True)
    content = {"figures": [asdict(figure) for figure in figures], "machine": machine(), "commit": commit()}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


def machine() -> dict[str, object]:
    """What a reader needs to compare: cores, load, kernel, Python."""
    return {"cores": os.cpu_count(), "load": os.getloadavg()[0], "system": platform.platform(), "python": platform.python_version()}


def commit() -> str:
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
