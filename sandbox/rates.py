"""Reference rates as the European Central Bank publishes them: 90 days up to today, no weekends, deterministic by seed."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from sandbox.economy import rng

PATH: Final = "/stats/eurofxref/eurofxref-hist-90d.xml"
# Roughly what a euro was worth at the end of 2026; JOD, KWD and BHD are not among the bank's currencies.
LEVELS: Final[Mapping[str, float]] = {
    "USD": 1.16, "JPY": 178.0, "GBP": 0.88, "CHF": 0.93, "PLN": 4.23, "SEK": 10.9, "HUF": 384.0, "CAD": 1.63, "AUD": 1.78, "INR": 103.0,
    "BRL": 6.2, "MXN": 21.3, "KRW": 1690.0,
}  # fmt: skip
DAYS: Final = 90


def document(today: date, seed: int) -> str:
    """The newest day first, as the bank has it."""
    days = [today - timedelta(days=n) for n in range(DAYS)]
    cubes = "".join(_day(day, seed) for day in days if day.weekday() < 5)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
        'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><gesmes:subject>Reference rates</gesmes:subject>'
        f"<gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender><Cube>{cubes}</Cube></gesmes:Envelope>"
    )


def _day(day: date, seed: int) -> str:
    rates = "".join(f'<Cube currency="{code}" rate="{_rate(code, level, day, seed)}"/>' for code, level in LEVELS.items())
    return f'<Cube time="{day.isoformat()}">{rates}</Cube>'


def _rate(code: str, level: float, day: date, seed: int) -> str:
    """Within two per cent of its level; five significant digits."""
    return f"{level * rng(seed, 'fx', code, day).uniform(0.98, 1.02):.5g}"
