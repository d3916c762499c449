"""`zamc demo`: briefs become live ads and a report, on embedded services and the sandbox's ad platforms."""

import json
import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

EXAMPLES = Path("examples/briefs")


def demo(
    brief: Annotated[list[Path] | None, typer.Option("--brief", help="A brief of your own (YAML); may be given more than once.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result to this file.")] = None,
    days: Annotated[int, typer.Option(min=0, max=60, help="Days to let pass after the first report: late conversions come in.")] = 0,
) -> None:
    """Carry briefs from a request to live ads, through a day of performance, into reports.

    Without --brief it takes every file of examples/briefs/. Exit code 0 only if every deployment is live and the report balances.
    A second run on the kept data (ZAMC_HOME) doubles nothing.

    Example: zamc demo --brief my-brief.yaml --json result.json
    """
    from cli.briefs import read_file
    from cli.demo.run import run

    files = brief or sorted(EXAMPLES.glob("*.yaml"))
    if not files:
        raise typer.BadParameter(f"there is no brief in {EXAMPLES}/; name one with --brief FILE")
    read = [read_file(file) for file in files]
    console = Console(width=None if os.isatty(1) else 150)
    started = time.monotonic()
    result = run(read, console=console, started=started, days=days)
    if json_file:
        json_file.write_text(json.dumps(result.as_json(), ensure_ascii=False, indent=1) + "\n")
    raise typer.Exit(0 if result.good else 1)
