"""What a brief says, in a form that a line of copy can be held against: numbers, prices, dates, superlatives, promises.

The facts of a brief are the project's name, the brief's name, product, offer and claims. Audience, budget and tone are no facts.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from zamc.creatives.avoid_rules import Banned, banned_by
from zamc.creatives.brand_rules import BrandName
from zamc.creatives.claim_words import claiming_in
from zamc.creatives.number_words import JAPANESE_UNITS, KANJI_NUMBER, UNITS, values_of
from zamc.creatives.regulated_words import regulated_in
from zamc.creatives.superlative_rules import superlatives_in
from zamc.strategies.schema import Brief

_NUMBER = re.compile(
    r"""(?P<before>[$€£¥₩₹]|\b(?:usd|eur|gbp|jpy|chf)\s?)?\s?
    (?P<number>\d+(?:[.,:'’\u00a0\u202f]\d+)*)
    (?P<after>\s?(?:%|[$€£¥₩₹]|円|割|パーセント|percent\b|prozent\b|procent\b|pour\ cent\b|por\ ciento\b|por\ cento\b|per\ cento\b
        |usd\b|eur\b|gbp\b|jpy\b|euros?\b|dollars?\b))?
    (?:(?P<unit>ヶ月|カ月|か月|時間|[秒分日週年名人])|[\s-]?(?P<counted>[^\W\d_]+))?""",
    re.VERBOSE,
)
_DIGIT = re.compile(r"\d")
_THOUSANDS = re.compile(r"[.,'’\u00a0\u202f](?=\d{3}(?!\d))")
_PERCENT = frozenset("% percent prozent procent パーセント".split()) | {"pour cent", "por ciento", "por cento", "per cento"}
_TOKENS = re.compile(r"\w+")
_JAPANESE_DATE = re.compile(r"\d+月(?:\d+日)?|\d+/\d+(?!\d)")


# A price that is free stays free in every language; all the other words must stand in the brief as they are, or share a stem with one.
_FREE = re.compile(r"(?<!\w)(?:free|gratis|kostenlos\w*|umsonst|gratuit\w*|gratuitamente|gratuito|grátis|darmow\w+|bezpłatn\w+)(?!\w)|無料")
_STEM = 6


@dataclass(frozen=True)
class Number:
    """A number with what it counts in: "%", "money" or nothing. "1.200" and "1,200" are both 1200; "18:00" stays a time.

    counts: the unit of time, or person, that follows it; "" where another word does, or none.
    """

    value: str
    unit: str
    counts: str = ""


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
    brand: BrandName
    number_words: dict[str, str]
    languages: frozenset[str]
    stems: frozenset[str]
    bare_numbers: frozenset[tuple[str, str]]


def fold(text: str) -> str:
    """One spelling for comparison: compatibility forms (full-width digits) and case are made the same."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def words_in(folded: str) -> list[str]:
    """The words of a folded line."""
    return _TOKENS.findall(folded)


def numbers_in(folded: str) -> frozenset[Number]:
    """Every number of a folded line that is written in digits."""
    return frozenset(_number(match) for match in _NUMBER.finditer(folded))


def _number(match: re.Match[str]) -> Number:
    marks = {(match["before"] or "").strip(), (match["after"] or "").strip()} - {""}
    unit = "" if not marks else "%" if marks <= _PERCENT else "tenths" if "割" in marks else "money"
    value = _THOUSANDS.sub("", match["number"]).replace(",", ".")
    counts = JAPANESE_UNITS.get(match["unit"] or "", "") or UNITS.get(match["counted"] or "", "")
    return Number(value.removesuffix(".00").removesuffix(".0"), unit, "" if unit else counts)


def grounding_of(brief: Brief, project_name: str) -> Grounding:
    """Prepare a brief's facts."""
    lines = (project_name, brief.name, brief.product, brief.offer, *brief.claims)
    text = fold("\n".join(lines))
    words = words_in(text)
    japanese, languages = not text.isascii(), frozenset(brief.languages)
    claiming = {word for _, word in claiming_in(text, words)} | set(superlatives_in(text, languages))
    claiming |= set(regulated_in(text, words, japanese=japanese))
    number_words = values_of(brief.languages)
    spelt = {Number(number_words[word], "") for word in words if word in number_words}
    numbers = numbers_in(text) | spelt
    return Grounding(
        text=text,
        numbers=numbers,
        claiming=frozenset(claiming),
        capitals=frozenset(re.findall(r"\b[^\W\d_]{2,}\b", " ".join(lines))),
        names=(fold(project_name),),
        banned=banned_by(tuple(brief.avoid)),
        free=bool(_FREE.search(text)),
        brand=BrandName.of(project_name, "\n".join(lines)),
        number_words=number_words,
        languages=languages,
        stems=frozenset(word[:_STEM] for word in claiming if len(word) >= _STEM and word.isalpha()),
        bare_numbers=frozenset((number.value, number.unit) for number in numbers),
    )


def ungrounded_numbers(folded: str, words: list[str], grounding: Grounding) -> list[str]:
    """Numbers of a line that the brief does not state, as text: digits, and words such as "ten" before what they count."""
    strangers: list[str] = []
    if _DIGIT.search(folded):
        strangers = [_told(number) for number in numbers_in(folded) if not _stated(number, grounding)]
        strangers += [match[0] for match in _JAPANESE_DATE.finditer(folded) if match[0] not in grounding.text]
    spelt = grounding.number_words
    if not spelt.keys().isdisjoint(words):
        for word, following in pairwise(words):
            if word in spelt and not _stated(Number(spelt[word], "", UNITS.get(following, "")), grounding):
                strangers.append(word)
    if not folded.isascii():
        strangers += [match[0] for match in KANJI_NUMBER.finditer(folded) if match[0] not in grounding.text]
    return sorted(strangers) if strangers else strangers


def _stated(number: Number, grounding: Grounding) -> bool:
    """Whether the brief has this number for the same: "10 years" is not stated by "10 days", but "the 10" and "10 bright days" are."""
    if number in grounding.numbers:
        return True
    if (number.value, number.unit) not in grounding.bare_numbers:
        return False
    return not number.unit and not number.counts


def _told(number: Number) -> str:
    return f"{number.value}%" if number.unit == "%" else f"{number.value} {number.counts}s" if number.counts else number.value


def ungrounded_claims(folded: str, words: list[str], grounding: Grounding) -> list[tuple[str, str]]:
    """(kind, word) of claiming words that the brief's facts do not use, in any form of the word."""
    japanese = not folded.isascii()
    found = claiming_in(folded, words)
    found += [("superlative", word) for word in superlatives_in(folded, grounding.languages)]
    found += [("regulated", word) for word in regulated_in(folded, words, japanese=japanese)]
    return [(kind, word) for kind, word in found if not _claimed(kind, word, grounding)] if found else []


def _claimed(kind: str, word: str, grounding: Grounding) -> bool:
    if word in grounding.claiming or (kind == "price" and grounding.free and _FREE.fullmatch(word)):
        return True
    return (len(word) >= _STEM and word.isalpha() and word[:_STEM] in grounding.stems) or (" " in word and word in grounding.text)
