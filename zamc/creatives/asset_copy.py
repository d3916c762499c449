"""What Performance Max and responsive display take beyond a search ad: long headlines, business name, short headline, short description."""

from collections.abc import Sequence
from dataclasses import replace

from zamc.creatives.copy_desk import Desk, Said, capitalised
from zamc.creatives.drafts import written_lines
from zamc.creatives.limits import SHORT_DESCRIPTION, SHORT_HEADLINE, field_of
from zamc.creatives.sentences import frame_sentences, joined, sentences
from zamc.creatives.shorten_rules import fitted
from zamc.creatives.source_rules import harmless
from zamc.creatives.width_rules import display_width


def long_headlines(desk: Desk) -> list[Said]:
    """Facts that a headline has no room for, the others behind the name, then frames; frames first where facts are foreign."""
    limits, headline = field_of("google_ads", "long_headlines"), field_of("google_ads", "headlines")
    facts, behind_name = [], []
    for said in desk.facts:
        text = fitted(said.text, limits.width, said.language, desk.names)
        if text and display_width(text) > headline.width:
            facts.append(replace(said.shortened(text), text=capitalised(text)))
        elif text and not any(name in text for name in desk.names):
            named = f"{desk.name}：{text}" if desk.language == "ja" else f"{desk.name}: {text}"
            behind_name.append(Said(named, f"{desk.source_of_name(desk.name)} + {said.source}", "joined", said.language, said.angle))
    frames = [desk.frame(desk.phrases.named[desk.action], "brief.offer"), desk.frame(desk.phrases.discover), desk.frame(desk.phrases.about)]
    # Where the name itself may not be said (a word twice), one line that does without.
    frames.append(desk.frame(desk.phrases.details, "brief.landing_page"))
    own = [*frames, *facts] if desk.foreign else [*facts, *behind_name, *frames]
    return desk.choose("long_headlines", [*written_lines(desk, "long_headlines"), *own], 3)


def business_name(desk: Desk) -> Said | None:
    """The brand's name, as far as whole words of it fit; None when not even the first does."""
    width, words = field_of("google_ads", "business_name").width, harmless(desk.plan.brand_name).split()
    while words and display_width(" ".join(words)) > width:
        words.pop()
    named = [Said(" ".join(words), "project.name", "verbatim", desk.language)] if words else []
    chosen = desk.choose("business_name", named, 1)
    return chosen[0] if chosen else None


def with_short_headline(desk: Desk, headlines: list[Said]) -> list[Said]:
    """The headlines, with one of at most 15 columns among them."""
    if any(display_width(said.text) <= SHORT_HEADLINE for said in headlines):
        return headlines
    calls = [desk.frame(desk.phrases.calls[desk.action], "brief.offer"), desk.frame(desk.phrases.short, "brief.goal")]
    return headlines + desk.choose("headlines", _within(calls, SHORT_HEADLINE), 1, taken=headlines)


def with_short_description(desk: Desk, descriptions: list[Said]) -> list[Said]:
    """The descriptions, with one of at most 60 columns among them: in place of the last one where all places are taken."""
    if any(display_width(said.text) <= SHORT_DESCRIPTION for said in descriptions):
        return descriptions
    phrases = desk.phrases
    call = [joined([desk.frame(phrases.calls[desk.action], "brief.offer")], phrases, desk.language, SHORT_DESCRIPTION)]
    short = [*sentences(desk, SHORT_DESCRIPTION), *frame_sentences(desk, SHORT_DESCRIPTION), *(said for said in call if said)]
    kept = descriptions[: field_of("google_ads", "descriptions").most - 1]
    return kept + desk.choose("descriptions", short, 1, taken=kept)


def _within(lines: Sequence[Said], width: int) -> list[Said]:
    return [said for said in lines if display_width(said.text) <= width]
