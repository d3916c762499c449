"""The cards of a Meta carousel: one fact each, in the order of the brief, with a picture of its own."""

from dataclasses import dataclass
from typing import Any

from zamc.creatives.copy_desk import Desk, Said
from zamc.creatives.limits import CARD_DESCRIPTION, CARD_HEADLINE, FEWEST_CARDS
from zamc.creatives.sentences import short_lines
from zamc.strategies.schema import Plan

# More cards than this repeat what the first ones said, and each costs a picture.
_MOST_PLANNED = 4


@dataclass(frozen=True)
class Card:
    """One card. number: 1 and up; its picture is the member image/meta_ads/meta_card_<number>/<language>."""

    number: int
    headline: Said
    description: Said

    def content(self, language: str) -> dict[str, Any]:
        return {"headline": self.headline.text, "description": self.description.text, "image": card_image(self.number, language)}

    def notes(self, at: str, language: str) -> list[dict[str, Any]]:
        return [self.headline.note(f"{at}.headline", language), self.description.note(f"{at}.description", language)]


def card_placement(number: int) -> str:
    return f"meta_card_{number}"


def card_image(number: int, language: str) -> str:
    """The local_ref of a card's picture."""
    return f"image/meta_ads/{card_placement(number)}/{language}"


def card_count(plan: Plan, language: str) -> int:
    """How many cards a language gets: one per line that rests on the brief, at least 2 (Meta's minimum), at most 4."""
    lines = {message.text for message in plan.pitch.messages if message.language == language and message.source.startswith("brief.")}
    return min(max(len(lines), FEWEST_CARDS), _MOST_PLANNED)


def cards_of(desk: Desk, count: int) -> list[Card]:
    """The cards that can be made, at most `count`; fewer than 2 only when hardly any line passes its checks.

    Facts come first; frames fill up, and lead where the brief has no line in the language.
    """
    phrases, action = desk.phrases, desk.action
    facts = [] if desk.foreign else short_lines(desk, CARD_HEADLINE)
    frames = [
        desk.frame(phrases.discover),
        desk.frame(phrases.named[action], "brief.offer"),
        desk.frame(phrases.about),
        desk.frame(phrases.website),
        desk.frame(phrases.calls[action], "brief.offer"),
        desk.frame(phrases.short, "brief.goal"),
        desk.frame(phrases.details, "brief.landing_page"),
    ]
    headlines = desk.choose_in(CARD_HEADLINE, [*facts, *frames], count)
    below = [
        desk.frame(phrases.calls[action], "brief.offer"),
        desk.frame(phrases.short, "brief.goal"),
        desk.frame(phrases.about),
        desk.frame(phrases.website),
    ]
    descriptions = desk.choose_in(CARD_DESCRIPTION, below, count) or [Said("", "", "frame", desk.language)]
    return [
        Card(index + 1, headline, _other(headline, descriptions[index % len(descriptions) :] + descriptions))
        for index, headline in enumerate(headlines)
    ]


def _other(headline: Said, descriptions: list[Said]) -> Said:
    """The first description that does not repeat the headline."""
    return next((said for said in descriptions if said.text != headline.text), Said("", "", "frame", headline.language))
