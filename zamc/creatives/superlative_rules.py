"""Superlatives by their form: what a list of words cannot hold, since any adjective has one.

Each pattern wants what makes the word a claim (an article, a possessive, "most"): "am Donnerstag" and "the rest" are none.
"""

import re
from functools import lru_cache

# Words of the form of a superlative that claim nothing.
_NO_CLAIM = frozenset(
    """erste erster erstes ersten erstem ernste ernsten nächste nächster nächsten nächstes letzte oberste unterste innerste äußerste meisten
    meiste forest harvest interest request honest modest latest nearest guest rest test west nest chest quest best-of""".split()
)
_ENGLISH = re.compile(
    r"(?:\b(?:the|our|your|its|their|my)|'s)\s+(?P<est>[a-z]{2,}est)\b"
    r"|(?:\b(?:the|our|its|their)|'s)\s+most\s+(?!of\b)\w+"
    r"|\b(?:easiest|freshest|smartest|lowest|highest|strongest|safest|quickest|happiest|cleanest|tastiest|healthiest|simplest|newest|top)\b"
)
_GERMAN = re.compile(r"\b(?P<ste>[a-zäöüß]{2,}(?:est|[^\Waeiouäöüys]st|ßt)e[nrsm]?)\b|\bam\s+(?P<am>\w{3,}sten)\b")
_FRENCH = re.compile(r"\b(?:le|la|les|des|nos|notre)\s+(?:plus|moins)\s+(?!de\b|d'|en\b|tard\b|tôt\b|vite\b|possible\b|souvent\b)\w+")
_SPANISH = re.compile(r"\b(?:el|la|los|las)\s+(?:\w+\s+){0,2}(?:más|menos)\s+(?!de\b|que\b|información\b)\w+")
_PORTUGUESE = re.compile(
    r"\b(?:o|a|os|as)\s+(?:\w+\s+){0,3}mais\s+(?!de\b|do\b|que\b|um\b|uma\b|sobre\b|informações\b)\w+(?:[ao]s?|l|is|nte|r|e)\b"
)
_ITALIAN = re.compile(r"\b(?:il|la|i|le|lo|gli)\s+(?:\w+\s+){0,2}più\s+(?!di\b|che\b)\w+")
_DUTCH = re.compile(r"\b(?:de|het)\s+(?:meest\s+\w+|(?!laatste|eerste|naaste|vaste|juiste)[a-z]{3,}ste)\b")
_POLISH = re.compile(r"\bnaj(?!em|pierw|częściej)\w{3,}")
_SWEDISH = re.compile(r"\b(?:den|det|de)\s+(?:mest\s+\w+|\w{3,}aste)\b")
_ANY = re.compile(
    r"\b(?:number|nummer|numero|número|numéro|numer)\s(?:one|eins|un|uno|um|uma|één|ett|jeden|1)\b"
    r"|\b(?:nr|no|n)(?:[.°º]\s?|\s)1\b|#\s?1\b"
    r"|\b(?:award-winning|prize-winning|preisgekrönt\w*|prämiert\w*|ausgezeichnet(?:e|er|es|en)|primée?s?|bekroonde?)\b"
    r"|\bpremiad[ao]s?\b|\bpremiat[aeio]\b|\bmarket leader|\bmarktführer\w*|\bl[íi]der(?:es)?\b|\bleaders?\b|\blideran?\b"
)
_HINTS_OF_ANY = ("num", "núm", "nr", "no.", "no 1", "n°", "nº", "#", "award", "prize", "preis", "präm", "ausge", "primé", "prem", "bekroon",
                 "lead", "führer", "líder", "lider")  # fmt: skip
_JAPANESE = re.compile(
    r"一番(?!線|街|地)|[1１]番人気|最(?!初|後|近|適|寄|新|低限|終|中)[\u4e00-\u9fff]|(?:日本|世界|業界|地域|県内|都内|国内)(?:一|初|唯一|最)"
    r"|no\.?\s?1|ナンバーワン|トップクラス|随一|唯一|比類"
)
# (language, what a line must have for the pattern to be worth its time, pattern, groups that hold the word itself)
_BY_LANGUAGE: tuple[tuple[str, tuple[str, ...], re.Pattern[str], tuple[str, ...]], ...] = (
    ("en", ("est", "most", "top"), _ENGLISH, ("est",)),
    ("de", ("st", "ßt"), _GERMAN, ("ste", "am")),
    ("fr", ("plus", "moins"), _FRENCH, ()),
    ("es", ("más", "menos"), _SPANISH, ()),
    ("pt", ("mais",), _PORTUGUESE, ()),
    ("it", ("più",), _ITALIAN, ()),
    ("nl", ("ste", "meest"), _DUTCH, ()),
    ("pl", ("naj",), _POLISH, ()),
    ("sv", ("aste", "mest"), _SWEDISH, ()),
    ("ja", ("一", "最", "1", "no", "ナン", "トッ", "随", "唯", "比"), _JAPANESE, ()),
)


def superlatives_in(folded: str, languages: frozenset[str]) -> list[str]:
    """What claims to be first or best in a folded line, as it stands there. languages: those of the brief; English is always looked for."""
    found: list[str] = []
    for hints, pattern, groups in _looked_for(languages):
        for hint in hints:
            if hint in folded:
                found += [
                    match[0]
                    for match in pattern.finditer(folded)
                    if not any(match[group] in _NO_CLAIM for group in groups) and not _ordinal(match[0])
                ]
                break
    for hint in _HINTS_OF_ANY:
        if hint in folded:
            found += [match[0] for match in _ANY.finditer(folded)]
            break
    return found


@lru_cache(maxsize=256)
def _looked_for(languages: frozenset[str]) -> tuple[tuple[tuple[str, ...], re.Pattern[str], tuple[str, ...]], ...]:
    wanted = languages | {"en"}
    return tuple((hints, pattern, groups) for language, hints, pattern, groups in _BY_LANGUAGE if language in wanted)


def _ordinal(word: str) -> bool:
    return word.endswith(("zigste", "zigsten", "ßigste", "ßigsten", "hundertste", "tausendste"))
