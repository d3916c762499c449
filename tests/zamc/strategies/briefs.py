"""Briefs for tests: a plain one, and hypothesis strategies that make others."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from zamc.strategies.rules import check_brief, read_brief
from zamc.strategies.schema import Brief, BriefFile

EXAMPLES = Path(__file__).parents[3] / "examples" / "briefs"


def examples() -> list[BriefFile]:
    """The four briefs of examples/briefs."""
    return [read_brief(path.read_text("utf-8")) for path in sorted(EXAMPLES.glob("*.yaml"))]


def data(**changes: Any) -> dict[str, Any]:
    """A brief as the API gets it, with some fields replaced; a value of ... leaves the field out."""
    fields: dict[str, Any] = {
        "name": "Spring",
        "product": "Bluebird coffee",
        "offer": "Order fresh coffee beans online",
        "landing_page": "https://example.org/coffee",
        "goal": "sales",
        "conversion_value": {"amount": "20.00", "currency": "EUR"},
        "audience": "Adults, 25 to 45, who grind their own coffee",
        "regions": ["DE", "NL"],
        "languages": ["en"],
        "budget": {"total": "3000.00", "currency": "EUR"},
        "start": "2027-03-01",
        "end": "2027-03-30",
        "platforms": ["google_ads", "meta_ads"],
        "tone": "plain",
        "claims": ["Bluebird coffee is roasted in Bremen", "Beans arrive within 3 days"],
        "avoid": ["health claims"],
    }
    fields.update(changes)
    return {name: value for name, value in fields.items() if value is not ...}


def brief(**changes: Any) -> Brief:
    """The same, checked."""
    return check_brief(data(**changes))


AMOUNTS = {"EUR": 2, "USD": 2, "JPY": 0, "JOD": 3, "KRW": 0, "KWD": 3, "PLN": 2}


@st.composite
def budgets(draw: st.DrawFn) -> dict[str, str]:
    """Any amount with the right decimals, from what no platform takes to what no brand has."""
    currency = draw(st.sampled_from(sorted(AMOUNTS)))
    coins = draw(st.integers(min_value=1, max_value=10**11))
    decimals = AMOUNTS[currency]
    amount = f"{coins // 10**decimals}.{coins % 10**decimals:0{decimals}d}" if decimals else str(coins)
    return {draw(st.sampled_from(["total", "monthly"])): amount, "currency": currency}


@st.composite
def flights(draw: st.DrawFn) -> tuple[date, date]:
    start = draw(st.dates(min_value=date(2026, 1, 1), max_value=date(2029, 12, 31)))
    return start, start + timedelta(days=draw(st.integers(min_value=0, max_value=400)))
