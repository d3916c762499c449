"""What a brief says, in a form that a line of copy can be held against: numbers, prices, dates, superlatives, promises.

The facts of a brief are the project's name, the brief's name, product, offer and claims. Audience, budget and tone are no facts.
"""

import re
import unicodedata
from dataclasses import dataclass

from zamc.creatives.avoid_rules import Banned, banned_by
from zamc.creatives.claim_words import claiming_in
from zamc.strategies.schema import Brief

_NUMBER = re.compile(
    r"""(?P<before>[$€£¥₩₹]|\b(?:usd|eur|gbp|jpy|chf)\s?)?\s?
    (?P<number>\d+(?:[.,:'’\u00a0\u202f]\d+)*)
    (?P<after>\s?(?:%|[$€£¥₩₹]|円|割|パーセント|percent\b|prozent\b|procent\b|pour\ cent\b|por\ ciento\b|por\ cento\b|per\ cento\b
        |usd\b|eur\b|gbp\b|jpy\b|euros?\b|dollars?\b))?""",
    re.VERBOSE,
)
_DIGIT = re.compile(r"\d")
_THOUSANDS = re.compile(r"[.,'’\u00a0\u202f](?=\d{3}(?!\d))")
_PERCENT = frozenset("% percent prozent procent パーセント".split()) | {"pour cent", "por ciento", "por cento", "per cento"}


# A price that is free stays free in every language; all the other words must stand in the brief as they are.
_FREE = re.compile(r"(?<!\w)(?:free|gratis|kostenlos\w*|umsonst|gratuit\w*|grátis|darmow\w+|bezpłatn\w+)(?!\w)|無料")


@dataclass(frozen=True)
class Number:
    """A number with what it counts in: "%", "money" or nothing. "1.200" and "1,200" are both 1200; "18:00" stays a time."""

    value: str
    unit: str


@dataclass(frozen=True)
class Grounding:
    """The facts of one brief, prepared once and used for every line."""

    text: str
    numbers: frozenset[Number]
    claiming: frozenset[str]
    capitals: frozenset[str]
    names: tuple[str, ...]
    banned: Banned
    free: bool


def fold(text: str) -> str:
    """One spelling for comparison: compatibility forms (full-width digits) and case are made the same."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def numbers_in(folded: str) -> frozenset[Number]:
    """Every number of a folded line."""
    return frozenset(_number(match) for match in _NUMBER.finditer(folded))


def _number(match: re.Match[str]) -> Number:
    marks = {(match["before"] or "").strip(), (match["after"] or "").strip()} - {""}
    unit = "" if not marks else "%" if marks <= _PERCENT else "tenths" if "割" in marks else "money"
    value = _THOUSANDS.sub("", match["number"]).replace(",", ".")
    return Number(value.removesuffix(".00").removesuffix(".0"), unit)


def grounding_of(brief: Brief, project_name: str) -> Grounding:
    """Prepare a brief's facts."""
    lines = (project_name, brief.name, brief.product, brief.offer, *brief.claims)
    text = fold("\n".join(lines))
    return Grounding(
        text=text,
        numbers=numbers_in(text),
        claiming=frozenset(word for _, word in claiming_in(text)),
        capitals=frozenset(re.findall(r"\b[^\W\d_]{2,}\b", " ".join(lines))),
        names=(fold(project_name),),
        banned=banned_by(tuple(brief.avoid)),
        free=bool(_FREE.search(text)),
    )


def ungrounded_numbers(folded: str, grounding: Grounding) -> list[str]:
    """Numbers of a line that the brief does not state, as text."""
    if not _DIGIT.search(folded):
        return []
    strangers = sorted(numbers_in(folded) - grounding.numbers, key=str)
    return [f"{number.value}%" if number.unit == "%" else number.value for number in strangers]


def ungrounded_claims(folded: str, grounding: Grounding) -> list[tuple[str, str]]:
    """(kind, word) of claiming words that the brief's facts do not use."""
    return [
        (kind, word)
        for kind, word in claiming_in(folded)
        if word not in grounding.claiming and not (kind == "price" and grounding.free and _FREE.fullmatch(word))
    ]
