"""`python -m benchmarks [NAME]`: run one benchmark, or all. Exit code 1 when a goal does not hold."""

import argparse
import importlib

from benchmarks.figure import report

NAMES = (
    "import_time",
    "main_job",
    "event_latency",
    "limiter",
    "copy_checks",
    "strategies_many",
    "generated_sets",
    "reconcile",
    "launch_throughput",
    "performance_load",
    "stop_thousand",
    "forecast_coverage",
    "reporting_growth",
    "nowcast",
    "verdicts",
    "replay",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, epilog="example: python -m benchmarks import_time")
    parser.add_argument("name", nargs="?", choices=(*NAMES, "fresh_clone"), help="one benchmark; all but fresh_clone by default")
    chosen = parser.parse_args().name
    good = True
    for name in (chosen,) if chosen else NAMES:
        figures = importlib.import_module(f"benchmarks.{name}").measure()
        report(name, figures)
        good &= all(figure.holds is not False for figure in figures)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
