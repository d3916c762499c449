"""Checks of copy: each looks for one kind of fault and says what is wrong in a sentence. All are pure.

Editorial rules follow Google Ads' policy "Editorial" (punctuation and symbols, capitalisation, repetition, unsupported characters); Meta's
are looser, and what passes here passes there.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from zamc.creatives.avoid_rules import banned_in
from zamc.creatives.claim_words import claiming_in
from zamc.creatives.grounding_rules import Grounding, fold, ungrounded_claims, ungrounded_numbers
from zamc.creatives.limits import FIELDS, Field
from zamc.creatives.width_rules import display_width
from zamc.strategies.schema import Platform

NEAR_DUPLICATE = 88.0


@dataclass(frozen=True)
class Finding:
    """One fault. field: where, e.g. "headlines[2]"; code: which check; sentence: what is wrong and what is allowed."""

    field: str
    code: str
    sentence: str


@dataclass(frozen=True)
class Line:
    """One line of copy on its way through the checks; folded is `fold(text)`, digits whether it has any."""

    text: str
    folded: str
    field: Field
    digits: bool


Faults = Iterable[tuple[str, str]]

_REPEATED = re.compile(r"([!?.,;:'\"&%$€@#+\-_=~^*|/\\！？。、…])\s?\1")
_SYMBOLS = re.compile(r"[*•●★☆♥❤→⇒►✓✔~^<>|\\_©®™`´{}\[\]§¶]|[\U0001F000-\U0001FAFF\u2600-\u27BF\u2190-\u21FF\uFE0F]")
_HALF_WIDTH_KATAKANA = re.compile(r"[\uff61-\uff9f]")
_DIGIT = re.compile(r"\d")
_MACRO = re.compile(r"[{}]|%%|\[\[|<\?|\$\(")
_SPACED_OUT = re.compile(r"\b(?:\w[.\-*_ ]){3,}\w\b")
_SPACING = re.compile(r"\s{2,}|\s[,.](?!\d)|[,;!?](?=[^\W\d_])")  # French has a space before : ; ! ?
_REPEATED_WORD = re.compile(r"\b(\w{2,})\s+\1\b")
_PHONE = re.compile(r"(?:\+?\d[\s().\-/]?){9,}")
_LINK = re.compile(r"https?://|www\.|@\w+\.\w|\b\w+\.(?:com|net|org|info|shop)\b")
_CAPITALS = re.compile(r"\b[^\W\d_a-z]{2,}\b")
_LETTER_FOR = re.compile(r"\b[a-z]+[0-9@$][a-z]+\b")
_ENDS_OPEN = re.compile(r"[,;:\-–—(]$|\b(?:and|or|und|oder|et|ou|y|o|e|i|en|och|of|with|mit|avec|con|com)$")


def too_wide(line: Line) -> Faults:
    width = display_width(line.text)
    if width > line.field.width:
        yield "too_wide", f"is {width} columns wide; {line.field.name} take {line.field.width} (full-width characters count double)"


def empty(line: Line) -> Faults:
    if not any(character.isalnum() for character in line.text):
        yield "empty", "says nothing"


def punctuation(line: Line) -> Faults:
    text = line.text
    if _REPEATED.search(text):
        yield "punctuation", "repeats a punctuation mark"
    if "headlines" in line.field.name and ("!" in text or "！" in text):
        yield "punctuation", "has an exclamation mark, which a headline may not have"
    if (text.count("!") + text.count("！")) > 1:
        yield "punctuation", "has more than one exclamation mark"
    if match := _SYMBOLS.search(text) or _HALF_WIDTH_KATAKANA.search(text):
        yield "symbols", f"contains {match[0]!r}, which the platforms do not take in ads"
    if _SPACED_OUT.search(text):
        yield "punctuation", "spaces a word out"
    if _SPACING.search(text):
        yield "spacing", "has a space too many before, or one too few after, a punctuation mark"
    if _ENDS_OPEN.search(line.folded):
        yield "unfinished", "ends in the middle of a sentence"


def _strange(pattern: re.Pattern[str], line: Line, grounding: Grounding) -> bool:
    """Whether a line has something of this kind that the brief does not have."""
    return any(match not in grounding.text for match in pattern.findall(line.folded))


def capitals(line: Line, grounding: Grounding) -> Faults:
    if line.text.islower() or line.text.isnumeric():
        return
    shouted = [word for word in _CAPITALS.findall(line.text) if word.isupper() and word not in grounding.capitals]
    if shouted and (len(shouted) > 1 or len(shouted[0]) > 4):
        yield "capitals", f"shouts ({' '.join(shouted[:3])}); capitals are for names and abbreviations of the brief"
    if (line.digits or "@" in line.text or "$" in line.text) and _strange(_LETTER_FOR, line, grounding):
        yield "symbols", "writes a word with digits or symbols in place of letters"


def repetition(line: Line) -> Faults:
    if match := _REPEATED_WORD.search(line.folded):
        yield "repetition", f"says {match[1]!r} twice in a row"


def contact(line: Line, grounding: Grounding) -> Faults:
    if line.digits and _PHONE.search(line.text):
        yield "contact", "carries a telephone number, which ads may not"
    if ("." in line.text or "://" in line.text) and _strange(_LINK, line, grounding):
        yield "contact", "carries an address; the link is the ad's own"


def macros(line: Line) -> Faults:
    if _MACRO.search(line.text):
        yield "macro", "contains what a platform would replace, such as {KeyWord:...} or {{...}}"


def grounded(line: Line, grounding: Grounding) -> Faults:
    for number in ungrounded_numbers(line.folded, grounding):
        yield "number", f"states {number}, which the brief does not"
    for kind, word in ungrounded_claims(line.folded, grounding):
        yield kind, f"says {word!r}, which no line of the brief says"


def avoided(line: Line, grounding: Grounding) -> Faults:
    if word := banned_in(line.folded, grounding.banned):
        yield "avoided", f"says {word!r}, which the brief asks to avoid"
    if grounding.banned.superlatives:
        for kind, word in claiming_in(line.folded):
            if kind == "superlative":
                yield "avoided", f"says {word!r}, and the brief asks to avoid superlatives"


FORM_CHECKS: tuple[Callable[[Line], Faults], ...] = (too_wide, empty, punctuation, repetition, macros)
FACT_CHECKS: tuple[Callable[[Line, Grounding], Faults], ...] = (capitals, contact, grounded, avoided)


def check_line(text: str, field: Field, grounding: Grounding, *, at: str = "") -> list[Finding]:
    """All faults of one line."""
    folded = fold(text)
    line = Line(text, folded, field, _DIGIT.search(folded) is not None)
    faults = [fault for form in FORM_CHECKS for fault in form(line)]
    faults.extend(fault for fact in FACT_CHECKS for fault in fact(line, grounding))
    return [Finding(at or field.name, code, sentence) for code, sentence in faults]


def near_duplicate(text: str, others: Sequence[str]) -> str | None:
    """The first of the others that says nearly the same (normalised edit similarity of at least 88 %, case aside)."""
    folded = fold(text)
    return next((other for other in others if fuzz.ratio(folded, fold(other), score_cutoff=NEAR_DUPLICATE)), None)


def check_content(platform: Platform, content: dict[str, Any], grounding: Grounding) -> list[Finding]:
    """All faults of a set of copy in the shape of zamc.creatives.tables: each line alone, counts, duplicates, paths."""
    findings: list[Finding] = []
    for field in FIELDS[platform]:
        value = content.get(field.name) or []
        lines = [value] if isinstance(value, str) else list(value)
        if len(lines) < field.least:
            findings.append(Finding(field.name, "too_few", f"has {len(lines)}; at least {field.least} are needed"))
        if len(lines) > field.most:
            findings.append(Finding(field.name, "too_many", f"has {len(lines)}; at most {field.most} are taken"))
        for index, text in enumerate(lines):
            at = field.name if isinstance(value, str) else f"{field.name}[{index}]"
            findings.extend(check_line(text, field, grounding, at=at))
            if other := near_duplicate(text, lines[:index]):
                findings.append(Finding(at, "duplicate", f"says nearly the same as {other!r}"))
    if content.get("path2") and not content.get("path1"):
        findings.append(Finding("path2", "path", "needs path1"))
    findings.extend(
        Finding(name, "path", "may not contain spaces or separators of addresses")
        for name in ("path1", "path2")
        if re.search(r"[\s/?#&]", content.get(name) or "")
    )
    return findings
