"""Lines of copy out of facts and frames: one to three sentences that fit a width, and facts short enough for a headline."""

from collections.abc import Sequence
from dataclasses import replace

from zamc.creatives.copy_desk import Desk, Said, angle_of, capitalised
from zamc.creatives.limits import Field
from zamc.creatives.phrases import PHRASES, Phrases
from zamc.creatives.shorten_rules import fitted
from zamc.creatives.width_rules import display_width


def short_lines(desk: Desk, limits: Field) -> list[Said]:
    """Facts short enough for a headline, each as it is or shortened; not those of which only the name would be left."""
    lines = []
    for said in desk.facts:
        text = fitted(said.text, limits.width, said.language, desk.names)
        bare = text != said.text and text is not None and " " not in text and said.language != "ja"  # one word of several says little
        if text and text not in desk.names and not bare:
            lines.append(replace(said.shortened(text), text=capitalised(text)))
    return lines


def sentences(desk: Desk, width: int) -> list[Said]:
    """Lines of one to three sentences: facts together as far as they fit, and frames; frames first where facts are foreign."""
    facts, frames = _fact_sentences(desk, width), frame_sentences(desk, width)
    return [*frames[:2], *facts, *frames[2:]] if desk.foreign else [*facts, *frames]


def _fact_sentences(desk: Desk, width: int) -> list[Said]:
    """The product introduces the offer where both fit one line and closes the list where not; claims are joined in the brief's order."""
    fitting = [_short(said, width, desk) for said in desk.facts]
    facts = [said for said in fitting if display_width(said.text) <= width - len(desk.phrases.end)]
    product = [said for said in facts if said.source == "brief.product"]
    facts = [said for said in facts if said.source != "brief.product"]
    if product and facts and facts[0].source == "brief.offer" and joined([product[0], facts[0]], desk.phrases, desk.language, width):
        facts, product = [product[0], *facts], []
    call = desk.frame(desk.phrases.calls[desk.action], "brief.offer")
    learn = desk.frame(desk.phrases.calls["learn_more"], "brief.goal")
    lines = []
    for group in [*_groups(desk, facts, width), *([said] for said in product)]:
        closing = learn if any(said.source == "brief.offer" for said in group) else call
        closed = None if desk.foreign else joined([*group, closing], desk.phrases, desk.language, width)
        line = closed or joined(group, desk.phrases, desk.language, width)
        if line:
            lines.append(line)
    return lines


def _groups(desk: Desk, facts: Sequence[Said], width: int) -> list[list[Said]]:
    """Neighbours that fit into one line together and are in the same language: two languages in one line read like a mistake."""
    groups: list[list[Said]] = []
    for said in facts:
        last = groups[-1] if groups else []
        if last and last[0].language == said.language and joined([*last, said], desk.phrases, desk.language, width):
            last.append(said)
        else:
            groups.append([said])
    return groups


def frame_sentences(desk: Desk, width: int) -> list[Said]:
    phrases, action = desk.phrases, desk.action
    call = desk.frame(phrases.calls[action], "brief.offer")
    more, details = desk.frame(phrases.more, "brief.landing_page"), desk.frame(phrases.details, "brief.landing_page")
    pairs = ([desk.frame(phrases.named[action], "brief.offer"), more], [desk.frame(phrases.discover), details], [call, more], [details])
    return [line for pair in pairs if (line := joined(pair, phrases, desk.language, width))]


def _short(said: Said, width: int, desk: Desk) -> Said:
    text = fitted(said.text, width - len(desk.phrases.end), said.language, desk.names) or said.text
    return said.shortened(text)


def joined(parts: Sequence[Said], phrases: Phrases, language: str, width: int) -> Said | None:
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
    change = "dictionary" if any(part.change == "dictionary" for part in facts) else change
    told = angle_of(" + ".join(part.source for part in facts)) if facts else parts[0].angle
    return Said(text, source, change, facts[0].language if facts else language, told)
