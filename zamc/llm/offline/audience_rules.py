"""Whom a brief wants to reach, as far as its audience text says it in words that can be read without guessing."""

import re
import unicodedata

from zamc.strategies.schema import Audience, Brief, Persona

_YOUNGEST, _OLDEST = 18, 65
_DOUBTS = "Whether it is true: {claim}"
_SPAN = re.compile(
    r"(?<!\d)(\d{2})\s?(?:to|-|–|—|bis|à|a|até|tot|do|till|〜|~|から|and|und|et|y|e)\s?(\d{2})(?!\d)"
    r"(?!\s?(?:km|%|minut|percent|prozent|hours|uhr))",
    re.IGNORECASE,
)
_DECADES = re.compile(r"(\d0)代(?:(?:から|〜|~|-|・)(\d0)代)?")
_OVER = re.compile(
    r"(?:over|above|aged?|older than|ab|über|plus de|más de|mayores de|mais de|oltre|boven|powyżej|över)\s(\d{2})(?!\d)"
    r"|(\d{2})\s?(?:\+|歳以上|and over|or older)",
    re.IGNORECASE,
)
_UNDER = re.compile(
    r"(?:under|below|younger than|unter|moins de|menores de|menos de|sotto|onder|poniżej|under)\s(\d{2})(?!\d)|(\d{2})歳以下", re.IGNORECASE
)


def ages(text: str) -> tuple[int, int]:
    """The youngest and oldest age that the text names, kept within 18 to 65 (65 means and older); 18 to 65 when it names none."""
    plain = unicodedata.normalize("NFKC", text)
    if match := _DECADES.search(plain):
        low, high = int(match[1]), int(match[2] or match[1]) + 9
    elif match := _SPAN.search(plain):
        low, high = int(match[1]), int(match[2])
    elif match := _OVER.search(plain):
        low, high = int(match[1] or match[2]), _OLDEST
    elif match := _UNDER.search(plain):
        low, high = _YOUNGEST, int(match[1] or match[2])
    else:
        return _YOUNGEST, _OLDEST
    if not 10 <= low <= high <= 99:
        return _YOUNGEST, _OLDEST
    return min(max(low, _YOUNGEST), _OLDEST), min(max(high, _YOUNGEST), _OLDEST)


def audiences(brief: Brief) -> list[Audience]:
    """Per platform one audience per sentence that describes people, the brief's first one being the main one; places are in the flight."""
    sentences = [part.strip() for part in re.split(r"(?<=[.!?。])\s*", brief.audience) if part.strip()]
    low, high = ages(brief.audience)
    people = [sentence.rstrip(".。") for sentence in sentences][:3]
    return [
        Audience(platform=platform, name=_name(index, sentence), description=sentence, age_min=low, age_max=high)
        for platform in brief.platforms
        for index, sentence in enumerate(people)
    ]


def personas(brief: Brief) -> list[Persona]:
    """Who stands behind the audiences: a sentence of the brief each, drawn by the offer and kept back by what its claims answer."""
    people = [sentence.strip().rstrip(".。") for sentence in re.split(r"(?<=[.!?。])\s*", brief.audience) if sentence.strip()][:3]
    wants = _short(brief.offer)
    answers = [_short(claim) for claim in brief.claims]
    return [
        Persona(
            name=_name(index, sentence),
            description=sentence,
            wants=wants,
            doubts=_DOUBTS.format(claim=answers[index % len(answers)]),
        )
        for index, sentence in enumerate(people)
    ]


def _short(text: str) -> str:
    """At most 150 characters, cut between words."""
    return text if len(text) <= 150 else text[:150].rsplit(" ", 1)[0]


def _name(index: int, sentence: str) -> str:
    """The beginning of the sentence up to its first clause, as a marketer would head a column."""
    head = re.split(r"[,;:、(]|\bwho\b|\bdie\b|\bqui\b|\bque\b", sentence, maxsplit=1)[0].strip()
    if len(head.split()) < 2 and head.isascii() and len(sentence) > len(head):
        head = re.split(r"[,;:(]", sentence, maxsplit=1)[0]
        head = head if len(head) <= 60 else head[:60].rsplit(" ", 1)[0]
    return head[:80].rstrip(" ,;:") or f"Audience {index + 1}"
