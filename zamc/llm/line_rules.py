"""Whether a line that a model wrote may be used at all: what is in it, and whether it rests on the line of the brief that it names. Pure.

Widths, counts and repetition are no matter of these rules: the checks of copy decide them.
"""

import re

from zamc.creatives.copy_rules import check_line
from zamc.creatives.grounding_rules import Grounding, fold, words_in
from zamc.creatives.limits import Field
from zamc.creatives.source_rules import harmless
from zamc.llm.order_rules import orders
from zamc.llm.text_rules import neutral
from zamc.strategies.language_rules import leans, likely_language

_TAG = re.compile(r"<[/!]?[A-Za-z|][^<>]{0,200}>")
_ADDRESS = re.compile(r"https?:|//|www\.|[\w.-]+@[\w-]+\.|\b[\w-]+\.(?:com|net|org|io|example|info|biz|xyz)\b", re.IGNORECASE)
_PAIRS = re.compile(r"(?=([\u3040-\u30ff\u3400-\u9fff]{2}))")
_ANY_WIDTH = Field("line", 10_000, 0, 1)


def clean(text: str) -> str:
    """One line of plain words: no tags, no macros, nothing that cannot be seen."""
    return harmless(_TAG.sub(" ", neutral(text)))


def unsayable(text: str, grounding: Grounding) -> str:
    """Why an ad must not say it; "" when it may."""
    if not text:
        return "nothing of it was left"
    if _ADDRESS.search(text):
        return "it holds an address; where a click lands is decided by rules"
    if orders(text):
        return "it is an order to whoever writes, and no line of an ad"
    return "; ".join(finding.sentence for finding in check_line(text.rstrip(" .。"), _ANY_WIDTH, grounding))


def unsupported(text: str, language: str, line: str, subject: str, usual: str, *, brand: str = "") -> str:
    """Why a line does not rest on its source: it shares no word with it nor with the product's name, and is no translation of it either.

    usual: the brief's language, which the source is in where it does not say. brand: a name that supports nothing, or an order would only
    have to begin with it.
    A line that obeys an instruction instead of writing an ad is about something else. Words cannot be compared across languages; but an
    echo of what was read, or of an order, is in the language of the brief or in English, and not in that of the ad.
    """
    if (_stems(text) & _stems(f"{line} {subject}")) - _stems(brand):
        return ""
    echo = any(leans(text, language, other) for other in {usual, "en"} - {language})
    if likely_language(line, usual) != language and not echo:
        return ""
    return "it has nothing to do with the line of the brief that it names"


def _stems(text: str) -> set[str]:
    """Beginnings of words that carry meaning; of scripts without spaces, pairs of signs."""
    folded = fold(text)
    pairs = {match[1] for match in _PAIRS.finditer(folded)}
    return {word[:5] for word in words_in(folded) if len(word) >= 4 and not _PAIRS.search(word)} | pairs
