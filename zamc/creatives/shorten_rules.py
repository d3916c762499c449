"""Making a line fit without changing what it says: a part of a sentence may go only where what stays is true whenever the whole was.

Allowed: leaving out the last members of an "and" (whoever says A and B says A); leaving out a clause after a comma, unless it may be a
condition ("Free delivery, on orders over 50 EUR"); leaving out the name before "is" where the name stands in the ad anyway. Nothing is
ever cut inside a word or replaced by dots.
"""

import re
from collections.abc import Iterator

from zamc.creatives.phrases import PHRASES
from zamc.creatives.width_rules import display_width

_SHORTEST = 8
# A tail that begins like this, or contains one of the second group, may limit what was said before.
_LIMITS_FROM_START = re.compile(
    r"(?:\d+|if|when|while|with|without|for|from|on|over|above|unless|except|only|until|up to|by|in|at|where|which|who|that|but|not|no|"
    r"ab|bei|für|wenn|nur|mit|ohne|außer|bis|aber|nicht|dès|pour|si|avec|sans|sauf|jusqu|mais|à partir|desde|para|si|con|sin|salvo|hasta|"
    r"pero|a partir|se|com|sem|exceto|até|mas|da|per|solo|senza|fino|ma|vanaf|voor|als|met|zonder|alleen|tot|maar|od|dla|jeśli|tylko|bez|"
    r"do|ale|från|för|om|endast|utan|till|men)\b",
    re.IGNORECASE,
)
_LIMITS_ANYWHERE = re.compile(
    r"\b(?:only|minimum|terms|conditions|except|unless|if|excluding|nur|mindest\w*|bedingungen|außer|wenn|uniquement|minimum|conditions|sauf|"
    r"solo|mínimo|condiciones|salvo|apenas|condições|exceto|soltanto|condizioni|alleen|voorwaarden|tylko|warunki|endast|villkor)\b"
    r"|限り|ただし|条件",
    re.IGNORECASE,
)
_NO_SPLIT_BEFORE_AND = re.compile(
    r"\b(?:between|both|either|neither|not|no|zwischen|sowohl|entre|tra|tussen|między|mellan)\b", re.IGNORECASE
)
_COPULA = {
    "en": r"(?:is|are|exists?|comes?)", "de": r"ist", "fr": r"est", "es": r"(?:es|está)", "pt": r"(?:é|está)", "it": r"è", "nl": r"is",
    "pl": r"jest", "sv": r"är",
}  # fmt: skip
_SECOND_VERB = re.compile(
    r"\b(?:has|have|is|are|was|were|does|do|can|will|exists?|hat|ist|sind|kann|est|sont|es|son|é|são|è|sono|heeft|jest|ma|är|har)\b"
)
_CLAUSE = re.compile(r"[,;:–—]\s|、|。|・|\s[-–—]\s")
_NAMED_NOUN = re.compile(r"[\u30a0-\u30ff\u3400-\u9fff]{2,}「[^」]+」|「[^」]+」")


def fitted(text: str, width: int, language: str, names: tuple[str, ...] = ()) -> str | None:
    """The line, or the longest shorter one that says part of the same within `width` columns; None when there is none."""
    if display_width(text) <= width:
        return text
    fitting = [shorter for shorter in _shorter(text, language, names) if _SHORTEST <= display_width(shorter) <= width]
    return max(fitting, key=display_width) if fitting else None


def limits(tail: str) -> bool:
    """Whether the end of a sentence may limit what was said before it."""
    return _LIMITS_FROM_START.match(tail) is not None or _LIMITS_ANYWHERE.search(tail) is not None


def _shorter(text: str, language: str, names: tuple[str, ...]) -> Iterator[str]:
    queue, seen = [text], {text}
    while queue:
        current = queue.pop()
        for shorter in (*_without_tail(current), *_without_conjuncts(current, language), *_without_subject(current, language, names)):
            if shorter not in seen:
                seen.add(shorter)
                queue.append(shorter)
                yield shorter
    if language == "ja":
        yield from _NAMED_NOUN.findall(text)


def _without_tail(text: str) -> Iterator[str]:
    for match in _CLAUSE.finditer(text):
        head, tail = text[: match.start()], text[match.end() :]
        if tail and not limits(tail):
            yield head.rstrip()


def _without_conjuncts(text: str, language: str) -> Iterator[str]:
    """ "A, B and C" -> "A and B"; "A is X and Y" -> "A is X"."""
    word = PHRASES[language].conjunction
    if language == "ja":
        return
    for match in re.finditer(rf"\s(?:{word}|&)\s", text):
        head, tail = text[: match.start()], text[match.end() :]
        if _NO_SPLIT_BEFORE_AND.search(head) or _LIMITS_ANYWHERE.search(tail):
            continue
        if ", " in head:
            first, last = head.rsplit(", ", 1)
            if len(last.split()) <= 3 and "," not in last:
                yield f"{first} {word} {last}"
                continue
        # "free and open source" and "copy and paste": two words around an "and" may be one thing, so only a verb or a long tail goes.
        if _SECOND_VERB.search(tail) or len(tail.split()) >= 3:
            yield head


def _without_subject(text: str, language: str, names: tuple[str, ...]) -> Iterator[str]:
    copula = _COPULA.get(language)
    for name in names if copula else ():
        match = re.match(
            rf"(?:the\s|die\s|der\s|das\s|la\s|le\s|el\s|o\s|a\s)?{re.escape(name)}\s{copula}\s(?P<rest>.+)", text, re.IGNORECASE
        )
        if match and not _SECOND_VERB.search(match["rest"]) and len(match["rest"].split()) >= 3:
            yield match["rest"][0].upper() + match["rest"][1:]
