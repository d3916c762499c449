"""The daily digest of a project: what it says of its numbers. Pure; money in micros of one currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from zamc.money import Money

MOST_MOVED = 5
MOST_WAITING = 10
# Smaller moves than these are no news: a share of what was usual, and of the project's spend of the day.
_LEAST_CHANGE = 0.2
_LEAST_OF_ALL = 0.02


@dataclass(frozen=True)
class Figures:
    """Of one day."""

    spend_micros: int
    conversions: Decimal


@dataclass(frozen=True)
class Part:
    """A campaign on the day, and what one of the seven days before had on average."""

    name: str
    spend_micros: int
    usual_micros: int
    conversions: Decimal
    usual_conversions: Decimal


@dataclass(frozen=True)
class Numbers:
    """A project's day in one currency. week_before: the same day of the week before; usual: one of the seven days before, on average."""

    currency: str
    day: date
    that_day: Figures
    week_before: Figures
    usual: Figures
    parts: Sequence[Part]


def change_of(now: int | Decimal, before: int | Decimal) -> str:
    """In percent of what was before, such as "+12%"; empty where there was nothing to compare with."""
    return f"{(Decimal(now) - Decimal(before)) / Decimal(before):+.0%}" if before > 0 else ""


def moved(numbers: Numbers) -> list[Part]:
    """The campaigns whose spend moved most from what was usual, largest first; those that only trembled are left out."""
    least = max(1.0, _LEAST_OF_ALL * max(numbers.that_day.spend_micros, numbers.usual.spend_micros))

    def change(part: Part) -> int:
        return abs(part.spend_micros - part.usual_micros)

    found = [part for part in numbers.parts if change(part) >= least and change(part) >= _LEAST_CHANGE * part.usual_micros]
    return sorted(found, key=change, reverse=True)[:MOST_MOVED]


def number_lines(numbers: Numbers) -> list[str]:
    """Spend, conversions and what moved, a line each."""
    that, before, usual = numbers.that_day, numbers.week_before, numbers.usual
    lines = [
        f"{numbers.day:%A %d %B}, {numbers.currency}",
        _line("Spend", _money(that.spend_micros, numbers.currency), that.spend_micros, before.spend_micros, usual.spend_micros),
        _line("Conversions", _count(that.conversions), that.conversions, before.conversions, usual.conversions),
    ]
    if that.conversions > 0:
        lines.append(f"  Cost per conversion: {_money(int(that.spend_micros / that.conversions), numbers.currency)}")
    for part in moved(numbers):
        spend, usually = (_money(micros, numbers.currency) for micros in (part.spend_micros, part.usual_micros))
        lines.append(
            f"  Moved: {part.name}: {spend} (usually {usually}), "
            f"{_count(part.conversions)} conversions (usually {_count(part.usual_conversions)})"
        )
    return lines


def _line(name: str, shown: str, now: int | Decimal, before: int | Decimal, usual: int | Decimal) -> str:
    notes = [(change_of(now, before), "the same day a week before"), (change_of(now, usual), "an average day of the seven before")]
    told = ", ".join(f"{change} on {what}" for change, what in notes if change)
    return f"  {name}: {shown}" + (f" ({told})" if told else "")


def _money(micros: int, currency: str) -> str:
    return str(Money(micros, currency))


def _count(conversions: Decimal) -> str:
    return f"{conversions:.1f}".removesuffix(".0")


def body(numbers: Sequence[Numbers], *, verdicts: Sequence[str], waiting: Sequence[str], alerts: Mapping[str, int]) -> str:
    """The whole digest. verdicts: sentences of what was found since the last; alerts: how many last, by severity."""
    parts: list[list[str]] = [number_lines(each) for each in numbers]
    if verdicts:
        parts.append(["Not chance:", *(f"  {sentence}" for sentence in verdicts[:MOST_MOVED])])
    if waiting:
        more = len(waiting) - MOST_WAITING
        tail = [f"  and {more} more"] if more > 0 else []
        parts.append(["Waits for a person:", *(f"  {line}" for line in waiting[:MOST_WAITING]), *tail])
    if alerts:
        parts.append(["Alerts that last: " + ", ".join(f"{count} {severity}" for severity, count in sorted(alerts.items()))])
    return "\n\n".join("\n".join(lines) for lines in parts)
