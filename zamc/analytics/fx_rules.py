"""Exchange rates of a day, from the reference rates that a central bank publishes. Pure.

The European Central Bank: https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext

from zamc.errors import OutsideError

BASE = "EUR"
_DAY = re.compile(r"""<Cube\s+time=["']([^"']*)["']\s*>(.*?)</Cube>\s*(?=<Cube\s+time|</Cube)""", re.DOTALL)
_RATE = re.compile(r"""<Cube\s+currency=["']([^"']*)["']\s+rate=["']([^"']*)["']""")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DIGITS = 12


class BadRates(OutsideError):
    """What was published is not what it should be. Nothing of it is kept."""


@dataclass(frozen=True)
class Rate:
    """On `date`, one unit of base was `rate` units of quote."""

    date: date
    base: str
    quote: str
    rate: Decimal


def parse(text: str) -> Iterator[Rate]:
    """The rates of an ECB file (daily, 90 days or all), as they stand: units of a currency for a euro. Raises BadRates."""
    found = False
    for day, inner in _DAY.findall(text):
        try:
            when = date.fromisoformat(day)
        except ValueError:
            raise BadRates(f"the rates are of {day!r}, which is not a date") from None
        for currency, said in _RATE.findall(inner):
            found = True
            yield Rate(when, BASE, _currency(currency), _number(currency, said))
    if not found:
        raise BadRates("the file holds no rates; is its address that of the reference rates?")


def _currency(code: str) -> str:
    if not _CURRENCY.fullmatch(code):
        raise BadRates(f"{code!r} is not a currency")
    return code


def _number(currency: str, said: str) -> Decimal:
    try:
        rate = Decimal(said)
    except InvalidOperation:
        raise BadRates(f"{said!r} is not a rate of {currency}") from None
    if not rate.is_finite() or rate <= 0:
        raise BadRates(f"{said} is not a rate of {currency}")
    return rate


def crosses(rates: Collection[Rate], wanted: Collection[str]) -> Iterator[Rate]:
    """Each wanted currency in each other, day by day, through the base. Where either has no rate on a day there is none: never a guess."""
    by_day: dict[date, dict[str, Decimal]] = {}
    for rate in rates:
        by_day.setdefault(rate.date, {rate.base: Decimal(1)})[rate.quote] = rate.rate
    with localcontext(prec=_DIGITS):
        for day, per_base in sorted(by_day.items()):
            known = sorted(set(wanted) & per_base.keys())
            for base in known:
                for quote in known:
                    if base != quote:
                        yield Rate(day, base, quote, per_base[quote] / per_base[base])
