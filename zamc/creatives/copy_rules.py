"""Checks of copy: each looks for one kind of fault and says what is wrong in a sentence. All are pure.

Editorial rules follow Google Ads' policy "Editorial" (punctuation and symbols, capitalisation, repetition, unsupported characters); Meta's
are looser, and what passes here passes there.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from rapidfuzz import fuzz

from zamc.creatives.avoid_rules import banned_in
from zamc.creatives.brand_rules import misspelt
from zamc.creatives.claim_words import claiming_in
from zamc.creatives.diversity_rules import FEWEST_LINES, MOST_ALIKE, MOST_IN_COMMON, begin_alike, in_common
from zamc.creatives.grounding_rules import Grounding, fold, ungrounded_claims, ungrounded_numbers, words_in
from zamc.creatives.limits import CARD_DESCRIPTION, CARD_HEADLINE, FEWEST_CARDS, FIELDS, MOST_CARDS, Field
from zamc.creatives.superlative_rules import superlatives_in
from zamc.creatives.width_rules import display_width
from zamc.strategies.schema import Platform

NEAR_DUPLICATE = 88.0


@dataclass(frozen=True)
class Finding:
    """One fault. field: where, e.g. "headlines[2]"; code: which check; sentence: what is wrong and what is allowed."""

    field: str
    code: str
    sentence: str


class Line(NamedTuple):
    """One line of copy on its way through the checks; folded is `fold(text)`, words those of it, digits whether it has any."""

    text: str
    folded: str
    words: list[str]
    field: Field
    digits: bool


Faults = Iterable[tuple[str, str]]

_REPEATED = re.compile(r"([!?.,;:'\"&%$€@#+\-_=~^*|/\\！？。、…])\s?\1|[!?！？]{2,}")
_SYMBOLS = re.compile(r"[*•●★☆♥❤→⇒►✓✔~^<>|\\_©®™`´{}\[\]§¶｛｝]|[\U0001F000-\U0001FAFF\u2600-\u27BF\u2190-\u21FF\uFE0F]")
_HALF_WIDTH_KATAKANA = re.compile(r"[\uff61-\uff9f]")
_DIGIT = re.compile(r"\d")
_MACRO = re.compile(r"[{}｛｝]|%%|\[\[|<\?|\$\(|<\w+>|\[\w+\]|%\w+%")
_SPACED_OUT = re.compile(r"\b(?:\w[.\-*_ ]){3,}\w\b")
# French has a space before : ; ! ?; a full stop between two words is one where a sentence ends.
_SPACING = re.compile(r"\s{2,}|\s[,.](?!\d)|[,;!?](?=[^\W\d_])|[^\W\d_]{2}\.[A-ZÀ-ÖØ-Þ][^\W\d_]")
_SCHEME = re.compile(r"\b(?:javascript|vbscript|data|file|ftp|gopher|mailto|tel|sms|intent):\S", re.IGNORECASE)
_PHONE = re.compile(r"(?:\+?\d[\s().\-/]?){9,}")
_LINK = re.compile(r"https?://|www\.|@\w+\.\w|\b\w+\.(?:com|net|org|info|shop)\b")
_CAPITALS = re.compile(r"\b[^\W\d_a-z]{2,}\b")
_MIXED = re.compile(r"\b\w*[a-zà-ÿ][A-ZÀ-Þ]\w*[a-zà-ÿ][A-ZÀ-Þ]\w*")
_LETTER_FOR = re.compile(r"\b[a-z]+[0-9@$][a-z]+\b")
_OPEN_MARKS = (",", ";", ":", "-", "–", "—", "(")
_OPEN_WORDS = frozenset("and or und oder et ou y o e i en och of with mit avec con com".split())
_PLAIN = re.compile(r"[\w \-’'.,:–]+")  # letters, digits and the marks of plain sentences
_PAIRS = (("(", ")"), ("（", "）"), ("“", "”"), ("«", "»"), ("「", "」"), ("『", "』"))
_BRACKETS = re.compile("[{}]".format("".join(opening + closing for opening, closing in _PAIRS)))


def too_wide(line: Line) -> Faults:
    if 2 * len(line.text) <= line.field.width:
        return
    width = display_width(line.text)
    if width > line.field.width:
        yield "too_wide", f"is {width} columns wide; {line.field.name} take {line.field.width} (full-width characters count double)"


def empty(line: Line) -> Faults:
    if not any(character.isalnum() for character in line.text):
        yield "empty", "says nothing"


def punctuation(line: Line) -> Faults:
    text = line.text
    if text.endswith(_OPEN_MARKS) or (line.words and line.words[-1] in _OPEN_WORDS and line.folded.endswith(line.words[-1])):
        yield "unfinished", "ends in the middle of a sentence"
    if [len(word) for word in line.words].count(1) > 3 and _SPACED_OUT.search(text):
        yield "punctuation", "spaces a word out"
    if text.isascii() and "  " not in text and text.replace(" ", "").isalnum():
        return
    if _REPEATED.search(text):
        yield "punctuation", "repeats a punctuation mark"
    if _SPACING.search(text):
        yield "spacing", "has a space too many before, or one too few after, a punctuation mark"
    if _PLAIN.fullmatch(text) and "_" not in text and text.isascii():
        return
    if "headlines" in line.field.name and ("!" in text or "！" in text):
        yield "punctuation", "has an exclamation mark, which a headline may not have"
    if (text.count("!") + text.count("！")) > 1:
        yield "punctuation", "has more than one exclamation mark"
    if match := _SYMBOLS.search(text) or _HALF_WIDTH_KATAKANA.search(text):
        yield "symbols", f"contains {match[0]!r}, which the platforms do not take in ads"
    if _BRACKETS.search(text) and any(text.count(opening) != text.count(closing) for opening, closing in _PAIRS):
        yield "punctuation", "opens a bracket or a quotation and does not close it"


def _strange(pattern: re.Pattern[str], line: Line, grounding: Grounding) -> bool:
    """Whether a line has something of this kind that the brief does not have."""
    return any(match not in grounding.text for match in pattern.findall(line.folded))


def capitals(line: Line, grounding: Grounding) -> Faults:
    text = line.text
    if (line.digits or "@" in text or "$" in text) and _strange(_LETTER_FOR, line, grounding):
        yield "symbols", "writes a word with digits or symbols in place of letters"
    if text[1:] == line.folded[1:]:  # no capital but at the beginning
        return
    shouted = [word for word in _CAPITALS.findall(text) if word.isupper() and word not in grounding.capitals]
    if shouted and (len(shouted) > 1 or len(shouted[0]) > 4):
        yield "capitals", f"shouts ({' '.join(shouted[:3])}); capitals are for names and abbreviations of the brief"
    if any(word not in grounding.capitals for word in _MIXED.findall(text)):
        yield "capitals", "changes between capitals and small letters within a word"


def repetition(line: Line) -> Faults:
    for one, following in pairwise(line.words):
        if one == following and len(one) > 1 and re.search(rf"\b{re.escape(one)}\s+{re.escape(one)}\b", line.folded):
            yield "repetition", f"says {one!r} twice in a row"
            return


def contact(line: Line, grounding: Grounding) -> Faults:
    if line.digits and _PHONE.search(line.text):
        yield "contact", "carries a telephone number, which ads may not"
    if (("." in line.text or "://" in line.text) and _strange(_LINK, line, grounding)) or (":" in line.text and _SCHEME.search(line.text)):
        yield "contact", "carries an address; the link is the ad's own"


def macros(line: Line) -> Faults:
    if not _PLAIN.fullmatch(line.text) and _MACRO.search(line.text):
        yield "macro", "contains what a platform or a mailer would replace, such as {KeyWord:...} or {{...}}"


def grounded(line: Line, grounding: Grounding) -> Faults:
    for number in ungrounded_numbers(line.folded, line.words, grounding):
        yield "number", f"states {number}, which the brief does not"
    for kind, word in ungrounded_claims(line.folded, line.words, grounding):
        yield kind, f"says {word!r}, which no line of the brief says"


def named_right(line: Line, grounding: Grounding) -> Faults:
    if line.field.name.startswith("path"):  # spells names with hyphens
        return
    if like := misspelt(line.text, line.folded, grounding.brand):
        yield "brand", f"says {like!r} where the brand's name is {grounding.brand.written!r}"


def avoided(line: Line, grounding: Grounding) -> Faults:
    if word := banned_in(line.folded, grounding.banned):
        yield "avoided", f"says {word!r}, which the brief asks to avoid"
    if grounding.banned.superlatives:
        claims = [word for kind, word in claiming_in(line.folded, line.words) if kind == "superlative"]
        for word in [*claims, *superlatives_in(line.folded, grounding.languages)]:
            yield "avoided", f"says {word!r}, and the brief asks to avoid superlatives"


FORM_CHECKS: tuple[Callable[[Line], Faults], ...] = (too_wide, empty, punctuation, repetition, macros)
FACT_CHECKS: tuple[Callable[[Line, Grounding], Faults], ...] = (capitals, contact, grounded, named_right, avoided)


def check_line(text: str, field: Field, grounding: Grounding, *, at: str = "") -> list[Finding]:
    """All faults of one line."""
    folded = fold(text)
    line = Line(text, folded, words_in(folded), field, _DIGIT.search(folded) is not None)
    findings = []
    for form in FORM_CHECKS:
        for code, sentence in form(line):
            findings.append(Finding(at or field.name, code, sentence))
    for fact in FACT_CHECKS:
        for code, sentence in fact(line, grounding):
            findings.append(Finding(at or field.name, code, sentence))
    return findings


def near_duplicate(text: str, others: Sequence[str]) -> str | None:
    """The first of the others that says nearly the same (normalised edit similarity of at least 88 %, case, accents and marks aside)."""
    bare = _bare(text)
    return next((other for other in others if fuzz.ratio(bare, _bare(other), score_cutoff=NEAR_DUPLICATE)), None)


@lru_cache(maxsize=4096)
def _bare(text: str) -> str:
    folded = fold(text)
    if not folded.isascii():
        folded = "".join(character for character in unicodedata.normalize("NFD", folded) if not unicodedata.combining(character))
    return " ".join(words_in(folded))


def check_diversity(lines: dict[str, list[str]], grounding: Grounding) -> list[Finding]:
    """Whether a set says more than one thing: the lines of all its fields together, and how those of each field begin."""
    findings: list[Finding] = []
    if sum(map(len, lines.values())) < FEWEST_LINES:
        return findings
    folded = {name: [fold(text).replace(grounding.names[0], " ").strip() for text in texts] for name, texts in lines.items()}
    common = in_common([text for texts in folded.values() for text in texts])
    if common > MOST_IN_COMMON:
        findings.append(Finding("set", "diversity", f"says the same in other words: its lines share {common:.0%} of their words"))
    for name, texts in folded.items():
        if begin_alike(texts) >= MOST_ALIKE:
            findings.append(Finding(name, "diversity", "begin alike; let each say another thing"))
    return findings


def check_content(platform: Platform, content: dict[str, Any], grounding: Grounding) -> list[Finding]:
    """All faults of a set of copy in the shape of zamc.creatives.tables: each line alone, counts, duplicates, diversity, cards, paths."""
    findings: list[Finding] = []
    lists: dict[str, list[str]] = {}
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
        if not isinstance(value, str):
            lists[field.name] = lines
    findings.extend(check_diversity(lists, grounding))
    findings.extend(_check_cards(content.get("cards"), grounding))
    if content.get("path2") and not content.get("path1"):
        findings.append(Finding("path2", "path", "needs path1"))
    findings.extend(
        Finding(name, "path", "may not contain spaces or separators of addresses")
        for name in ("path1", "path2")
        if re.search(r"[\s/?#&]", content.get(name) or "")
    )
    return findings


def _check_cards(cards: list[dict[str, str]] | None, grounding: Grounding) -> Iterable[Finding]:
    if cards is None:
        return
    if not FEWEST_CARDS <= len(cards) <= MOST_CARDS:
        yield Finding("cards", "too_few" if len(cards) < FEWEST_CARDS else "too_many", f"has {len(cards)}; a carousel takes 2 to 10")
    headlines = [card["headline"] for card in cards]
    for index, card in enumerate(cards):
        yield from check_line(card["headline"], CARD_HEADLINE, grounding, at=f"cards[{index}].headline")
        if card["description"]:
            yield from check_line(card["description"], CARD_DESCRIPTION, grounding, at=f"cards[{index}].description")
        if other := near_duplicate(card["headline"], headlines[:index]):
            yield Finding(f"cards[{index}].headline", "duplicate", f"says nearly the same as {other!r}")
