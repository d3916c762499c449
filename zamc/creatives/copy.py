"""From a plan to the copy of one platform in one language. Deterministic: the same plan, brief and model's draft give the same copy.

A model's lines come first, where there are any. Then lines are taken from the plan's messages in order, shortened where they must be, and
completed with frames that state nothing. A line that fails a check is dropped and the next one takes its place; a set that cannot be made
whole is refused with its reasons.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from zamc.creatives.asset_copy import business_name, long_headlines, with_short_description, with_short_headline
from zamc.creatives.cards import card_count, cards_of
from zamc.creatives.copy_desk import Desk, Said
from zamc.creatives.copy_rules import Finding, check_content, check_diversity
from zamc.creatives.diversity_rules import most_shared
from zamc.creatives.drafts import written_cards, written_lines
from zamc.creatives.grounding_rules import fold
from zamc.creatives.limits import field_of
from zamc.creatives.phrases import META_BUTTONS
from zamc.creatives.sentences import sentences, short_lines
from zamc.creatives.width_rules import display_width
from zamc.creatives.written import WrittenCopy
from zamc.errors import InvalidInput
from zamc.strategies.schema import Brief, Plan, Platform

_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class CopySet:
    """Copy of one platform in one language. content: the shape of zamc.creatives.tables; provenance: one note per line."""

    platform: Platform
    language: str
    content: dict[str, Any]
    provenance: list[dict[str, Any]]
    checks: list[dict[str, Any]]


def compose_copy(plan: Plan, brief: Brief, platform: Platform, language: str, written: WrittenCopy | None = None) -> CopySet:
    """Write one set. written: a model's draft of it.

    Raises InvalidInput with field "copy.<platform>.<language>" and the reasons when it cannot be made whole.
    """
    desk = Desk.of(plan, brief, platform, language, written)
    fields = _google(desk) if platform == "google_ads" else _meta(desk)
    _thin_out(desk, fields)
    if platform == "google_ads":
        fields["headlines"] = with_short_headline(desk, fields["headlines"])
        fields["descriptions"] = with_short_description(desk, fields["descriptions"])
    content: dict[str, Any] = {name: [said.text for said in lines] for name, lines in fields.items()}
    notes = [said.note(f"{name}[{index}]", language) for name, lines in fields.items() for index, said in enumerate(lines)]
    if platform == "google_ads":
        once = {"path1": _path(desk), "business_name": business_name(desk)}
        content |= {name: said.text for name, said in once.items() if said}
        notes += [said.note(name, language) for name, said in once.items() if said]
    else:
        cards = written_cards(desk, cards_of(desk, card_count(plan, language)))
        content |= {"call_to_action": META_BUTTONS[desk.action], "cards": [card.content(language) for card in cards]}
        notes += [note for index, card in enumerate(cards) for note in card.notes(f"cards[{index}]", language)]
    findings = check_content(platform, content, desk.grounding)
    if not any(_states(said) for lines in fields.values() for said in lines):
        findings.append(Finding("copy", "no_fact", "no line of the brief fits any field"))
    if findings:
        reasons = "; ".join(dict.fromkeys(f"{finding.field} {finding.sentence}" for finding in (*findings, *desk.dropped)))
        raise InvalidInput(f"copy.{platform}.{language}", f"cannot be made whole: {reasons}; change the brief's offer or claims")
    passed = [{"check": "copy_rules", "lines": len(notes), "findings": 0, "dropped": sorted({f.code for f in desk.dropped})}]
    passed += [{"check": "angles", "findings": 0, "lines": dict(sorted(Counter(note["angle"] for note in notes).items())), **_alike(notes)}]
    return CopySet(platform, language, content, notes, passed)


def _states(said: Said) -> bool:
    """Whether it says something that stands in the brief, and not the name alone."""
    return said.source.startswith("brief.") and said.change != "frame" and said.angle != "brand"


def _alike(notes: list[dict[str, Any]]) -> dict[str, list[str]]:
    """{"alike": fields whose lines are all of one angle}: there was nothing else that the brief states and that fits."""
    angles: dict[str, list[str]] = {}
    for note in notes:
        angles.setdefault(_INDEX.sub("", note["field"]), []).append(note["angle"])
    found = [name for name, said in angles.items() if len(said) > 1 and len(set(said)) == 1]
    return {"alike": found} if found else {}


def _thin_out(desk: Desk, fields: dict[str, list[Said]]) -> None:
    """Take lines out of a set that says too much of the same, as long as every field keeps what it needs."""
    while findings := check_diversity({name: [said.text for said in lines] for name, lines in fields.items()}, desk.grounding):
        named = {finding.field for finding in findings}
        spare = [name for name, lines in fields.items() if len(lines) > max(field_of(desk.platform, name).least, 1)]
        candidates = [name for name in spare if name in named] or (spare if "set" in named else [])
        if not candidates:
            return
        name = max(candidates, key=lambda each: len(fields[each]))
        folded = [fold(said.text).replace(desk.grounding.names[0], " ") for said in fields[name]]
        del fields[name][most_shared(folded)]


def _google(desk: Desk) -> dict[str, list[Said]]:
    phrases, action = desk.phrases, desk.action
    names = [Said(name, desk.source_of_name(name), "verbatim", desk.language, "brand") for name in desk.names]
    facts = short_lines(desk, field_of("google_ads", "headlines"))
    frames = [
        desk.frame(phrases.calls[action], "brief.offer"),
        desk.frame(phrases.discover),
        desk.frame(phrases.named[action], "brief.offer"),
        desk.frame(phrases.calls["learn_more"], "brief.goal"),
        desk.frame(phrases.about),
        desk.frame(phrases.website),
    ]
    written = written_lines(desk, "headlines")
    headlines = desk.choose("headlines", [*names[:1], *written, *([] if desk.foreign else facts), *names[1:], *frames], 12)
    if desk.foreign:  # headlines in another language only where there would be too few
        headlines += desk.choose("headlines", facts, max(0, 3 - len(headlines)), taken=headlines)
    descriptions = desk.choose("descriptions", [*written_lines(desk, "descriptions"), *sentences(desk, 90)], 4)
    return {"headlines": headlines, "descriptions": descriptions, "long_headlines": long_headlines(desk)}


def _meta(desk: Desk) -> dict[str, list[Said]]:
    phrases, action = desk.phrases, desk.action
    facts = [] if desk.foreign else short_lines(desk, field_of("meta_ads", "headlines"))
    small = [] if desk.foreign else short_lines(desk, field_of("meta_ads", "descriptions"))
    frames = [
        desk.frame(phrases.named[action], "brief.offer"),
        desk.frame(phrases.discover),
        desk.frame(phrases.calls[action], "brief.offer"),
    ]
    below = [desk.frame(phrases.about), desk.frame(phrases.website), desk.frame(phrases.calls["learn_more"], "brief.goal"), frames[-1]]
    headlines = desk.choose("headlines", [*written_lines(desk, "headlines"), *facts, *frames], 3)
    texts = [*written_lines(desk, "primary_texts"), *sentences(desk, 125)]
    return {
        "primary_texts": desk.choose("primary_texts", texts, 3),
        "headlines": headlines,
        "descriptions": desk.choose("descriptions", [*written_lines(desk, "descriptions"), *reversed(small), *below], 2, taken=headlines),
    }


def _path(desk: Desk) -> Said | None:
    """The path shown behind the domain: the name, as far as whole words of it fit; it does not end in an article."""
    words = "".join(character if character.isalnum() else " " for character in desk.name).split()
    while words and (display_width("-".join(words)) > field_of("google_ads", "path1").width or (len(words) > 1 and len(words[-1]) <= 2)):
        words.pop()
    return Said("-".join(words), desk.source_of_name(desk.name), "verbatim", desk.language, "brand") if words else None
