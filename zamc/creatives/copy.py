"""From a plan to the copy of one platform in one language. Deterministic: the same plan and brief give the same copy.

Lines are taken from the plan's messages in order, shortened where they must be, and completed with frames that state nothing. A line that
fails a check is dropped and the next one takes its place; a set that cannot be made whole is refused with its reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zamc.creatives.copy_desk import Desk, Said, capitalised
from zamc.creatives.copy_rules import Finding, check_content
from zamc.creatives.grounding_rules import grounding_of
from zamc.creatives.limits import Field, field_of
from zamc.creatives.phrases import META_BUTTONS, PHRASES, Phrases
from zamc.creatives.shorten_rules import fitted
from zamc.creatives.width_rules import display_width
from zamc.errors import InvalidInput
from zamc.strategies.schema import Brief, Plan, Platform


@dataclass(frozen=True)
class CopySet:
    """Copy of one platform in one language. content: the shape of zamc.creatives.tables; provenance: one note per line."""

    platform: Platform
    language: str
    content: dict[str, Any]
    provenance: list[dict[str, Any]]
    checks: list[dict[str, Any]]


def compose_copy(plan: Plan, brief: Brief, platform: Platform, language: str) -> CopySet:
    """Write one set. Raises InvalidInput with field "copy.<platform>.<language>" and the reasons when it cannot be made whole."""
    desk = Desk(plan, brief, platform, language, grounding_of(brief, plan.brand_name))
    fields, paths = (_google(desk), _paths(desk)) if platform == "google_ads" else (_meta(desk), {})
    content: dict[str, Any] = {name: [said.text for said in lines] for name, lines in fields.items()} | paths
    if platform == "meta_ads":
        content["call_to_action"] = META_BUTTONS[desk.action]
    findings = check_content(platform, content, desk.grounding)
    if not any(said.source.startswith("brief.") and said.change != "frame" for lines in fields.values() for said in lines):
        findings.append(Finding("copy", "no_fact", "no line of the brief fits any field"))
    if findings:
        reasons = "; ".join(dict.fromkeys(f"{finding.field} {finding.sentence}" for finding in (*findings, *desk.dropped)))
        raise InvalidInput(f"copy.{platform}.{language}", f"cannot be made whole: {reasons}; change the brief's offer or claims")
    notes = [said.note(f"{name}[{index}]", language) for name, lines in fields.items() for index, said in enumerate(lines)]
    passed = [{"check": "copy_rules", "lines": len(notes), "findings": 0, "dropped": sorted({f.code for f in desk.dropped})}]
    return CopySet(platform, language, content, notes, passed)


def _short_lines(desk: Desk, limits: Field) -> list[Said]:
    """Facts short enough for a headline, each as it is or shortened; not those of which only the name would be left."""
    lines = []
    for said in desk.facts:
        text = fitted(said.text, limits.width, said.language, desk.names)
        if text and text not in desk.names:
            lines.append(Said(capitalised(text), said.source, "verbatim" if text == said.text else "shortened", said.language))
    return lines


def _google(desk: Desk) -> dict[str, list[Said]]:
    phrases, action = desk.phrases, desk.action
    names = [Said(name, "project.name", "verbatim", desk.language) for name in desk.names]
    facts = _short_lines(desk, field_of("google_ads", "headlines"))
    frames = [
        desk.frame(phrases.calls[action], "brief.offer"),
        desk.frame(phrases.discover),
        desk.frame(phrases.named[action], "brief.offer"),
        desk.frame(phrases.calls["learn_more"], "brief.goal"),
        desk.frame(phrases.about),
        desk.frame(phrases.website),
    ]
    headlines = desk.choose("headlines", [*names[:1], *([] if desk.foreign else facts), *names[1:], *frames], 12)
    if desk.foreign:  # headlines in another language only where there would be too few
        headlines += desk.choose("headlines", facts, max(0, 3 - len(headlines)), taken=headlines)
    return {"headlines": headlines, "descriptions": desk.choose("descriptions", _sentences(desk, 90), 4)}


def _meta(desk: Desk) -> dict[str, list[Said]]:
    phrases, action = desk.phrases, desk.action
    facts = [] if desk.foreign else _short_lines(desk, field_of("meta_ads", "headlines"))
    small = [] if desk.foreign else _short_lines(desk, field_of("meta_ads", "descriptions"))
    frames = [
        desk.frame(phrases.named[action], "brief.offer"),
        desk.frame(phrases.discover),
        desk.frame(phrases.calls[action], "brief.offer"),
    ]
    below = [desk.frame(phrases.about), desk.frame(phrases.website), desk.frame(phrases.calls["learn_more"], "brief.goal")]
    headlines = desk.choose("headlines", [*facts, *frames], 3)
    return {
        "primary_texts": desk.choose("primary_texts", _sentences(desk, 125), 3),
        "headlines": headlines,
        "descriptions": desk.choose("descriptions", [*reversed(small), *below], 2, taken=headlines),
    }


def _sentences(desk: Desk, width: int) -> list[Said]:
    """Lines of one to three sentences: facts together as far as they fit, and frames; frames first where facts are foreign."""
    facts, frames = _fact_sentences(desk, width), _frame_sentences(desk, width)
    return [*frames[:2], *facts, *frames[2:]] if desk.foreign else [*facts, *frames]


def _fact_sentences(desk: Desk, width: int) -> list[Said]:
    """The product introduces the offer where both fit one line and closes the list where not; claims are joined in the brief's order."""
    fitting = [_short(said, width, desk) for said in desk.facts]
    facts = [said for said in fitting if display_width(said.text) <= width - len(desk.phrases.end)]
    product = [said for said in facts if said.source == "brief.product"]
    facts = [said for said in facts if said.source != "brief.product"]
    if product and facts and facts[0].source == "brief.offer" and _joined([product[0], facts[0]], desk.phrases, desk.language, width):
        facts, product = [product[0], *facts], []
    call = desk.frame(desk.phrases.calls[desk.action], "brief.offer")
    learn = desk.frame(desk.phrases.calls["learn_more"], "brief.goal")
    lines = []
    for group in [*_groups(desk, facts, width), *([said] for said in product)]:
        closing = learn if any(said.source == "brief.offer" for said in group) else call
        closed = None if desk.foreign else _joined([*group, closing], desk.phrases, desk.language, width)
        line = closed or _joined(group, desk.phrases, desk.language, width)
        if line:
            lines.append(line)
    return lines


def _groups(desk: Desk, facts: Sequence[Said], width: int) -> list[list[Said]]:
    """Neighbours that fit into one line together and are in the same language: two languages in one line read like a mistake."""
    groups: list[list[Said]] = []
    for said in facts:
        last = groups[-1] if groups else []
        if last and last[0].language == said.language and _joined([*last, said], desk.phrases, desk.language, width):
            last.append(said)
        else:
            groups.append([said])
    return groups


def _frame_sentences(desk: Desk, width: int) -> list[Said]:
    phrases, action = desk.phrases, desk.action
    call = desk.frame(phrases.calls[action], "brief.offer")
    more, details = desk.frame(phrases.more, "brief.landing_page"), desk.frame(phrases.details, "brief.landing_page")
    pairs = ([desk.frame(phrases.named[action], "brief.offer"), more], [desk.frame(phrases.discover), details], [call, more], [details])
    return [joined for pair in pairs if (joined := _joined(pair, phrases, desk.language, width))]


def _short(said: Said, width: int, desk: Desk) -> Said:
    text = fitted(said.text, width - len(desk.phrases.end), said.language, desk.names) or said.text
    return said if text == said.text else Said(text, said.source, "shortened", said.language)


def _joined(parts: Sequence[Said], phrases: Phrases, language: str, width: int) -> Said | None:
    """Sentences one after the other, or None when they are too wide."""
    text = ""
    for part in parts:
        own = PHRASES.get(part.language, phrases)
        sentence = capitalised(part.text) + ("" if part.text[-1] in ".!?。！？" else own.end)
        text = f"{text}{own.glue}{sentence}" if text else sentence
    if display_width(text) > width:
        return None
    facts = [part for part in parts if part.change != "frame"]
    source = " + ".join(dict.fromkeys(part.source for part in parts))
    change = "frame" if not facts else facts[0].change if len(parts) == 1 else "joined"
    return Said(text, source, change, facts[0].language if facts else language)


def _paths(desk: Desk) -> dict[str, str]:
    """The path shown behind the domain: the name, as far as whole words of it fit; it does not end in an article."""
    words = "".join(character if character.isalnum() else " " for character in desk.name).split()
    while words and (display_width("-".join(words)) > field_of("google_ads", "path1").width or (len(words) > 1 and len(words[-1]) <= 2)):
        words.pop()
    return {"path1": "-".join(words)} if words else {}
