"""Verdicts in words, with the numbers behind them. Pure."""

from dataclasses import dataclass
from typing import Any, Literal

from zamc.analytics.verdict_kinds_rules import Found, Kind
from zamc.analytics.verdict_rules import LEVEL
from zamc.money import MICROS

Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a person reads: a title of an alert, the reason in one or two sentences, how soon to look, and the numbers."""

    title: str
    reason: str
    severity: Severity
    evidence: dict[str, Any]


def told(
    found: Found, *, name: str, currency: str, clicks: float, spend_micros: float, completeness: float, inputs: str, others: bool
) -> Told:
    """name: what people call the object. clicks and spend_micros: of the campaign (or account) in the days that the verdict is about.

    completeness: the least of those days. others: whether the account has enough other objects to compare with. inputs: digest of what
    was known (zamc.analytics.nowcast_inputs).
    """
    lately = "Yesterday" if found.days == 1 else f"In the last {found.days} days"
    cost = _per(spend_micros, found.seen, completeness)
    title, reason, severity = _said(
        found,
        {
            "name": name, "lately": lately, "currency": currency, "clicks": clicks,
            "cost": "none at all" if cost is None else f"{cost / MICROS:,.2f} {currency} each",
            "others": f" The account's other {'ads' if found.ad is not None else 'campaigns'} did not move alike." if others else "",
        },
    )  # fmt: skip
    evidence: dict[str, Any] = {
        "days": found.days, "seen": round(found.seen, 3), "expected": round(found.expected, 3), "ratio": round(found.ratio, 4),
        "p": found.p, "level": LEVEL, "clicks": round(clicks), "spend_micros": round(spend_micros),
        "completeness": round(completeness, 4), "inputs": inputs,
    }  # fmt: skip
    if found.kind is Kind.CPA_UP:
        evidence |= {
            "cost_per_conversion_micros": _per(spend_micros, found.seen, completeness),
            "usual_cost_per_conversion_micros": _per(spend_micros, found.expected, completeness),
        }
    return Told(title, reason, severity, evidence)


def _per(spend_micros: float, shown: float, completeness: float) -> int | None:
    """Cost per conversion with those that are still to come."""
    return round(spend_micros * completeness / shown) if shown > 0 else None


_SAID = {
    Kind.TRACKING_STOPPED: (
        "{name}: {what} stopped while clicks go on",
        (
            "{lately} {seen:.0f} {what} showed where {expected:.1f} were expected by now (late ones taken into account), with"
            " {clicks:,.0f} clicks. When people click and nobody converts, it is the tag, the pixel or the page that is broken."
        ),
    ),
    Kind.CPA_UP: (
        "{name}: a conversion costs {ratio:.1f} times as much",
        (
            "{lately} {seen:.0f} conversions showed where the spend usually brings {expected:.1f} by now: {cost} with those still to come."
            "{others}"
        ),
    ),
    Kind.CTR_DOWN: (
        "{name}: {fewer:.0f} % fewer clicks per impression",
        ("{lately} {seen:,.0f} clicks came where its impressions usually bring {expected:,.0f}. It fell from one day to the next.{others}"),
    ),
    Kind.SPEND_UP: (
        "{name}: spends {ratio:.1f} times as much as usual",
        (
            "{lately} it spent {seen_units:,.2f} {currency} where {expected_units:,.2f} were expected for these weekdays. ZAMC did not"
            " change its budget.{others}"
        ),
    ),
    Kind.SPEND_DOWN: (
        "{name}: spends {fewer:.0f} % less than usual",
        (
            "{lately} it spent {seen_units:,.2f} {currency} where {expected_units:,.2f} were expected for these weekdays. ZAMC did not"
            " change its budget.{others}"
        ),
    ),
    Kind.FATIGUE: (
        "{name}: the ad wears out",
        (
            "{lately} {seen:,.0f} clicks came where its impressions brought {expected:,.0f} two to five weeks ago. Its click-through fell"
            " by {fewer:.0f} %, slowly: people have seen it.{others}"
        ),
    ),
    Kind.SEASON: (
        "{name}: demand moved",
        (
            "{lately} the account was seen {moved:.0f} % {way} than on these weekdays usually, most campaigns alike: a season, a holiday or"
            " the market, not a fault of one of them."
        ),
    ),
}
_SEVERITY: dict[Kind, Severity] = {Kind.FATIGUE: "info", Kind.SEASON: "info"}


def _said(found: Found, context: dict[str, Any]) -> tuple[str, str, Severity]:
    words = context | {
        "seen": found.seen, "expected": found.expected, "ratio": found.ratio, "fewer": 100 * (1 - found.ratio),
        "seen_units": found.seen / MICROS, "expected_units": found.expected / MICROS, "moved": 100 * abs(found.ratio - 1),
        "what": f"conversions of {found.action}" if found.action else "conversions", "way": "more" if found.ratio > 1 else "less",
    }  # fmt: skip
    title, reason = _SAID[found.kind]
    of_everything = found.kind is Kind.TRACKING_STOPPED and found.campaign is None
    return title.format(**words), reason.format(**words), "critical" if of_everything else _SEVERITY.get(found.kind, "warning")
