"""Search terms from the words of a brief: names first, then noun phrases of its own lines, then the same things in other languages.

Nothing is bid on that the brief does not name. Other languages get names and the plain dictionary words of lexicon.py, never a sentence.
"""

import re

from zamc.creatives.avoid_rules import banned_by, banned_in
from zamc.creatives.source_rules import facts_of, harmless, subject_of
from zamc.llm.offline.lexicon import TERMS, terms_in
from zamc.strategies.schema import Brief, Keyword

_MOST_PER_LANGUAGE = 20
# Google takes 10 words and 80 characters, and none of these signs in a keyword.
_FORBIDDEN = re.compile(r"[!@%^*()=+\[\]{}~`<>?\\|,;:\"“”„«»「」『』.。、/]")
_BREAKS = re.compile(
    r"[,;:.()–—\"「」、。]|\b(?:the|a|an|and|or|of|in|on|at|to|by|for|with|from|is|are|was|made|get|gets|has|have|exists?|more|than|no|not|who|"
    r"that|this|your|our|their|its|every|each|one|all|you|we|it|as|be|keep|can|will|next|now|order|donate|collect|baked|"
    r"der|die|das|ein|eine|und|oder|von|mit|für|im|ist|sind|zu|"
    r"le|la|les|un|une|et|ou|de|du|des|avec|pour|est|sont|el|los|las|con|para|por|es|y|"
    r"o|os|as|um|uma|e|ou|do|da|dos|das|com|feito|feita|il|lo|gli|di|che|per|het|een|en|van|met|voor|"
    r"och|av|på|för|med|w|z|na|i|dla)\b",
    re.IGNORECASE,
)
_NEGATIVES: dict[str, tuple[str, ...]] = {
    "en": ("jobs", "salary", "careers", "lawsuit", "crack", "torrent"),
    "de": ("stellenangebote", "gehalt", "ausbildung", "praktikum"),
    "fr": ("emploi", "salaire", "recrutement", "stage"),
    "es": ("empleo", "sueldo", "trabajo", "prácticas"),
    "pt": ("emprego", "salário", "vagas", "estágio"),
    "it": ("lavoro", "stipendio", "tirocinio"),
    "ja": ("求人", "年収", "採用", "アルバイト"),
    "nl": ("vacature", "salaris", "stage"),
    "pl": ("praca", "zarobki", "staż"),
    "sv": ("jobb", "lön", "praktik"),
}


def keywords(brief: Brief, project_name: str) -> list[Keyword]:
    """Keywords of all languages: names as exact and phrase match, then what the product is, then the name with what is said of it."""
    found: list[Keyword] = []
    banned = banned_by(tuple(brief.avoid))
    for language in brief.languages:
        names = list(dict.fromkeys(filter(None, (_plain(subject_of(brief, project_name, language)), _plain(project_name)))))
        things = [*_phrases(brief, language, "product"), *_translated(brief, language, general=False)]
        general = _translated(brief, language, general=True)
        about = [*(_phrases(brief, language, "offer") if language == "en" else []), *general]
        entries = [(name, match) for name in names for match in ("EXACT", "PHRASE")]
        entries += [(thing, "PHRASE") for thing in things if thing not in names]
        entries += [(f"{thing} {_plain(place.name)}", "PHRASE") for place in brief.geo_targets for thing in [*things, *general][:3]]
        entries += [(_with_name(phrase, names), "PHRASE") for phrase in about]
        unique = [entry for entry in dict.fromkeys(entries) if not banned_in(entry[0], banned) and len(entry[0]) <= 80]
        found += [
            Keyword.model_validate({"language": language, "text": text, "match_type": match}) for text, match in unique[:_MOST_PER_LANGUAGE]
        ]
    return found


def _with_name(phrase: str, names: list[str]) -> str:
    """A phrase about the product alone says too little of what is searched for; with the name it does."""
    if not names or any(name in phrase or phrase in name for name in names):
        return phrase if not names or phrase not in names[0] else names[0]
    return f"{names[0]} {phrase}"


def negative_keywords(brief: Brief) -> list[str]:
    """Searches of people who want a job or a copy, per language; never a word that the brief itself uses."""
    said = " ".join((brief.product, brief.offer, *brief.claims, brief.audience)).lower()
    return [word for language in brief.languages for word in _NEGATIVES[language] if word not in said]


def _phrases(brief: Brief, language: str, angle: str) -> list[str]:
    """Two to four words between stop words, from lines of one kind; in Japanese, runs of kanji and katakana.

    Offers are read in English alone, since only its list of stop words knows the verbs that offers begin with.
    """
    phrases: list[str] = []
    for fact in facts_of(brief):
        if fact.language != language or fact.angle != angle:
            continue
        if language == "ja":
            phrases += [noun for noun in re.findall(r"[\u30a0-\u30ff\u4e00-\u9fff]{3,10}", fact.text) if not noun.startswith("最初")]
            continue
        for piece in _BREAKS.split(fact.text):
            words = _plain(piece).split()
            if 2 <= len(words) <= 4 and not any(word.isdigit() for word in words):
                phrases.append(" ".join(words))
    return list(dict.fromkeys(phrases))[:6]


def _translated(brief: Brief, language: str, *, general: bool) -> list[str]:
    """Dictionary words, in this language, of things that the product or the offer names in any."""
    named = terms_in(f"{brief.product}\n{brief.offer}")
    return [TERMS[term][language] for term in named if term.startswith("*") == general]


def _plain(text: str) -> str:
    cleaned = " ".join(_FORBIDDEN.sub(" ", harmless(text)).split()).lower()
    return cleaned if len(cleaned) <= 80 and len(cleaned.split()) <= 10 else ""
