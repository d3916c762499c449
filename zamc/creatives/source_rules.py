"""What may be said: the lines of a brief with their places and languages, the name that ads use, and macros made harmless."""

import re
from dataclasses import dataclass

from zamc.creatives.thing_words import listed, product_of
from zamc.strategies.language_rules import language_of_all, likely_language
from zamc.strategies.schema import Brief

_QUOTED_NAME = re.compile(r"「([^」]{1,20})」")
_MACRO = re.compile(
    r"\{\{[^{}]*\}\}|\{\s*=[^{}]*?(?:\):([^{}]*))?\}|\{\s*(?:keyword|countdown|global_countdown|location|customizer|if)[^{}:]*:([^{}]*)\}",
    re.IGNORECASE,
)
_TAG = re.compile(r"\{[^{}]*\}|%%[^%]*%%|\[\[[^\]]*\]\]|[{}]")


@dataclass(frozen=True)
class Fact:
    """One line that an ad may state. source: "brief.claims[0]"; angle: what kind of line it is; language: the one it is written in.

    change: "verbatim", or "dictionary" for things that the brief lists in another language.
    """

    text: str
    source: str
    angle: str
    language: str
    change: str = "verbatim"


def harmless(text: str) -> str:
    """Text without what a platform would replace: {KeyWord:shoes} becomes its default "shoes", {{x}} and {lpurl} go."""
    return " ".join(_TAG.sub("", _MACRO.sub(lambda match: match[1] or match[2] or "", text)).split())


def brief_language(brief: Brief) -> str:
    """The language that the brief is mostly written in; the first of its ads' languages when it does not say."""
    return language_of_all((brief.offer, brief.product, brief.audience, *brief.claims), brief.languages[0])


def facts_of(brief: Brief) -> list[Fact]:
    """Offer, claims and product, in the order in which an ad should prefer them; repeated lines once.

    The brief's name labels a campaign: it is no copy.
    """
    usual = brief_language(brief)
    lines = [("offer", "brief.offer", brief.offer)]
    lines += [("claim", f"brief.claims[{index}]", claim) for index, claim in enumerate(brief.claims)]
    lines += [("product", "brief.product", brief.product)]
    facts: dict[str, Fact] = {}
    for angle, source, text in lines:
        said = harmless(text).rstrip(" .。")
        if said:
            facts.setdefault(said.casefold(), Fact(said, source, angle, likely_language(said, usual)))
    return list(facts.values())


def facts_for(brief: Brief, language: str, project_name: str) -> list[Fact]:
    """The facts written in a language; when there is none, the things that the brief lists, where a dictionary has them all; else all facts
    as they are, since nothing may be translated by guessing.
    """
    facts = facts_of(brief)
    return [fact for fact in facts if fact.language == language] or _things(facts, language, harmless(project_name)) or facts


def speaks(brief: Brief, language: str) -> bool:
    """Whether a line of the brief is written in a language."""
    return any(fact.language == language for fact in facts_of(brief))


def _things(facts: list[Fact], language: str, name: str) -> list[Fact]:
    found = []
    for fact in facts:
        said = None
        if fact.source == "brief.offer":
            said = listed(fact.text, fact.language, language)
        elif fact.source == "brief.product":
            said = product_of(fact.text, name, fact.language, language) or listed(fact.text, fact.language, language)
        if said:
            found.append(Fact(said, fact.source, fact.angle, language, "dictionary"))
    return found


def subject_of(brief: Brief, project_name: str, language: str) -> str:
    """The name that frames are built around: what the product is called, where the brief uses it like a name, else the project's name.

    "Wikipedia, the free encyclopedia" with claims about Wikipedia gives Wikipedia; a product in Japanese brackets gives the bracketed name.
    """
    quoted = _QUOTED_NAME.search(brief.product)
    if language == "ja" and quoted:
        return f"「{harmless(quoted[1])}」"
    head = harmless(re.split(r"[,;:(–—]| - ", brief.product)[0]).strip()
    used = any(head in line for line in (brief.offer, *brief.claims))
    if head and len(head.split()) <= 2 and all(word[0].isupper() for word in head.split()) and used:
        return head
    return harmless(project_name)


def source_of_name(name: str, project_name: str) -> str:
    """Where a subject stands: it is the project's name, or what the brief calls its product."""
    return "project.name" if name == harmless(project_name) else "brief.product"
