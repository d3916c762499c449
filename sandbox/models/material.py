"""What a request offers to write about: its sentences, names and languages. A stand-in has no words of its own to invent."""

import json
import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_SENTENCE: Final = re.compile(r"(?<=[.!?。！？])\s+|\n+|(?<=[。！？])")
_CLAUSE: Final = re.compile(r"\s*[,;、，；：()（）–—|]\s*|:\s+|\s+-\s+")
_FIELD: Final = re.compile(r"^\s*(?:-\s*)?[\"']?([A-Za-z_][\w. ]{0,40}?)[\"']?\s*:\s*(.*)$")
# What is said under such a name is no material for copy: orders, addresses, figures of the plan.
_NOT_COPY: Final = re.compile(
    r"avoid|ban|forbid|polic|url|link|page|color|colour|logo|hash|^id$|_id$|currency|budget|amount|total|start|end|date|zone|region|platform"
    r"|goal|objective|language|tone|version|instruction|limit|max|min|primary|secondary|kind|type",
    re.IGNORECASE,
)
_BRAND: Final = re.compile(r"brand|project|business|company|name$", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"\b(?:lang(?:uage)?s?)\b[\"']?\s*[:=]\s*[\"'\[]*([a-z]{2})\b", re.IGNORECASE)
_QUOTED: Final = re.compile(r"product|offer|claim|feature|benefit", re.IGNORECASE)
_STOP: Final = frozenset(
    "a an and are as at by for from in into is it its of on or or our that the their this to we who with you your der die das und mit für"
    " von im zu den ein eine le la les de des du et pour avec un une en el los las y con"
    " para por il lo gli e di da per i w z na do o que".split()
)


def width(text: str) -> int:
    """Columns as platforms count them: wide characters are two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text if not unicodedata.combining(letter))


@dataclass(frozen=True)
class Material:
    """`sentences` may be quoted in copy, `brand` is the name that they are about, `text` is everything that was said.

    `facts` are what the request says of the offer, by the names that it gives to them; `languages` those that it names.
    """

    text: str
    sentences: tuple[str, ...]
    brand: str = ""
    languages: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def language(self) -> str:
        return self.languages[0] if self.languages else ""

    def source(self, line: str) -> str:
        """The name of the fact that has most of a line's words."""
        words = set(line.lower().split())
        return max(self.facts, key=lambda fact: len(words & set(fact[1].lower().split())) + (line.lower() in fact[1].lower()))[0]

    @property
    def words(self) -> list[str]:
        """The words that carry meaning, in order, each once."""
        found = (word for sentence in self.sentences for word in re.findall(r"[^\W\d_]{3,}", sentence))
        return list(dict.fromkeys(word for word in found if word.lower() not in _STOP)) or ["offer"]


def read(text: str) -> Material:
    """The material in what a user said: JSON where there is some in it, else lines of `name: value`, else plain sentences."""
    pairs = list(_pairs(text))
    told = [value for name, value in pairs if not _NOT_COPY.search(name)]
    brand = next((value for name, value in pairs if _BRAND.search(name) and width(value) <= 30), "")
    sentences = [piece.strip() for value in told for piece in _SENTENCE.split(value)]
    named = [value for name, value in pairs if re.search(r"lang(?:uage)?s?$", name, re.IGNORECASE) and re.fullmatch("[a-z]{2}", value)]
    language = _LANGUAGE.search(text)
    return Material(
        text,
        tuple(dict.fromkeys(s for s in sentences if len(s) > 1)) or ("Our offer",),
        brand,
        tuple(dict.fromkeys(named)) or ((language[1].lower(),) if language else ()),
        tuple((name, value) for name, value in pairs if _QUOTED.search(name) and not _NOT_COPY.search(name)),
    )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    # The first: what follows, an earlier answer for example, is no material.
    document = next(_documents(text), None)
    if document is not None:
        yield from _leaves("", document)
        return
    name = ""
    for line in text.splitlines():
        found = _FIELD.match(line)
        if found:
            name = found[1]
        elif not line.startswith((" ", "-", "\t")):
            name = ""
        said = found[2] if found else line.strip().lstrip("-").strip()
        if re.search(r"\w", said) and not said.startswith(("<", "{", "[")):
            yield name, said.strip("\"'")


def _documents(text: str) -> Iterator[Any]:
    """JSON objects that stand in a text."""
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        if value:
            yield value


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            # A name that is none for copy covers all that lies below it.
            yield from _leaves(f"{name}.{key}" if _NOT_COPY.search(name) else str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    elif isinstance(value, str) and re.search(r"\w", value):
        yield name, value


def _cut(text: str, limit: int) -> str:
    """As many whole words as fit; by the character where a script has no spaces."""
    if width(text) <= limit:
        return text
    words, kept = text.split(), ""
    if width(words[0]) > limit:
        for letter in words[0]:
            if width(kept + letter) > limit:
                break
            kept += letter
        return kept.rstrip("「『(（")
    taken: list[str] = []
    for word in words:
        if width(" ".join([*taken, word])) > limit:
            break
        taken.append(word)
    while len(taken) > 1 and taken[-1].lower() in _STOP:
        taken.pop()
    return " ".join(taken).rstrip(" ,;:-")


class Lines:
    """Hands out lines made of the material, each once as long as there are any, in an order that the seed decides."""

    def __init__(self, material: Material, dice: random.Random) -> None:
        self._material, self._dice = material, dice
        self._used: set[str] = set()

    def line(self, limit: int, *, least: int = 1) -> str:
        """One line of `least` to `limit` columns."""
        last = ""
        for candidate in self._candidates(limit):
            line = candidate[:1].upper() + candidate[1:]
            if not least <= width(line) <= limit or not re.search(r"[^\W\d_]", line):
                continue
            last = line
            if line.lower() not in self._used:
                self._used.add(line.lower())
                return line
        return last or _cut(" ".join(self._material.words * (1 + least)), max(limit, 1))

    def phrase(self) -> str:
        """One to three words, as somebody searches."""
        words = [word.lower() for word in self._material.words]
        for _ in range(40):
            first = self._dice.randrange(len(words))
            phrase = " ".join(words[first : first + self._dice.choice((1, 2, 2, 3))])
            if phrase not in self._used:
                self._used.add(phrase)
                return phrase
        return words[0]

    def _candidates(self, limit: int) -> Iterator[str]:
        sentences = [s.rstrip(".") for s in self._material.sentences]
        clauses = [clause for sentence in sentences for clause in _CLAUSE.split(sentence) if len(clause) > 2] or sentences
        brand = self._material.brand
        self._dice.shuffle(sentences)
        self._dice.shuffle(clauses)
        # "and students" is a line only where nothing better is left.
        clauses.sort(key=lambda clause: clause.split()[0].lower() in _STOP)
        if limit > 60:
            yield from sentences
            yield from (f"{a}. {b}" for a in sentences for b in clauses if a != b and b not in a)
        yield from clauses
        yield from (_cut(clause, limit) for clause in clauses)
        if brand:
            yield from (f"{brand}: {_cut(clause, limit - width(brand) - 2)}" for clause in clauses if limit > width(brand) + 8)
        for clause in clauses:
            words = clause.split()
            yield from (_cut(" ".join(words[start:]), limit) for start in range(1, len(words)) if words[start].lower() not in _STOP)
        words = self._material.words
        for step in range(1, min(len(words), 12)):
            yield from (_cut(f"{a}, {b}", limit) for a, b in zip(words, words[step:], strict=False))
