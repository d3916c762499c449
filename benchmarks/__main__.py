"""`python -m benchmarks [NAME [OPTIONS]]`: run one benchmark, or all. Exit code 1 when a goal does not hold."""

import argparse
import importlib

from benchmarks.figure import Figure, report

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
    "api_mixed",
    "api_growth",
    "api_soak",
    "live_subscribers",
)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__,
        epilog="example: python -m benchmarks verdicts --accounts 50; `python -m benchmarks NAME --help` lists a benchmark's own options",
        add_help=False,
    )  # fmt: skip
    parser.add_argument("name", nargs="?", choices=(*NAMES, "fresh_clone"), help="one benchmark; all but fresh_clone by default")
    known, rest = parser.parse_known_args()
    if known.name is None and rest:
        parser.add_argument("-h", "--help", action="help", help="show this and stop")
        parser.parse_args()
    good = True
    for name in (known.name,) if known.name else NAMES:
        figures, trial = _measure(name, rest)
        # What a small run found must not stand where the full one's figures are looked for.
        report(f"{name}-trial" if trial else name, figures)
        good &= all(figure.holds is not False for figure in figures)
    return 0 if good else 1


def _measure(name: str, options: list[str]) -> tuple[list[Figure], bool]:
    """A benchmark with `add_options` gives its `measure` what was chosen; the issue's sizes are the defaults. And whether it was a trial of
    other sizes."""
    module = importlib.import_module(f"benchmarks.{name}")
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=module.__doc__, formatter_class=_Formatter)
    if hasattr(module, "add_options"):
        module.add_options(parser)
    chosen = vars(parser.parse_args(options))
    figures: list[Figure] = module.measure(**chosen)
    return figures, any(chosen[name] != usual for name, usual in vars(parser.parse_args([])).items() if not isinstance(usual, bool))


class _Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    pass


if __name__ == "__main__":
    raise SystemExit(main())
