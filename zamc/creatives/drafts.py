"""A model's lines on their way into a set: mended where that changes nothing they say, one of each angle before a second of any."""

from collections.abc import Iterable
from dataclasses import replace

from zamc.creatives.cards import Card
from zamc.creatives.copy_desk import Desk, Said, capitalised
from zamc.creatives.limits import CARD_DESCRIPTION, CARD_HEADLINE, Field, field_of
from zamc.creatives.shorten_rules import fitted
from zamc.creatives.width_rules import display_width
from zamc.creatives.written import WrittenCard

# A line far beyond its field has no part that says the same.
_HOPELESS = 4
_ENDS = ".!?。！？"
# Fields whose lines are whole sentences.
_SENTENCES = frozenset({"descriptions", "primary_texts"})


def written_lines(desk: Desk, name: str) -> list[Said]:
    """What the model wrote for a field, as it fits there; what does not, and cannot be shortened, is left out."""
    limits = field_of(desk.platform, name)
    whole = name in _SENTENCES and limits.width > CARD_HEADLINE.width
    lines = [_said(desk, line.text, line.source, line.angle, limits, whole=whole) for line in desk.written.lines if line.field == name]
    return _by_turns(said for said in lines if said is not None)


def written_cards(desk: Desk, cards: list[Card]) -> list[Card]:
    """The cards with the model's words wherever it wrote some on the same line of the brief: a card's picture shows that very line."""
    left, made = list(desk.written.cards), list[Card]()
    for card in cards:
        found = next((each for each in left if each.source == card.headline.source), None)
        if found is None:
            made.append(card)
            continue
        left.remove(found)
        # Held against the cards behind it too, which may yet stay as they are.
        others = [other.headline for other in (*made, *cards[card.number :])]
        made.append(_written(desk, card, found, others))
    return made


def _written(desk: Desk, card: Card, found: WrittenCard, others: list[Said]) -> Card:
    headline = _said(desk, found.headline, found.source, found.angle, CARD_HEADLINE, whole=False)
    chosen = desk.choose_in(CARD_HEADLINE, [headline] if headline else [], 1, taken=others)
    if not chosen:
        return card
    below = _said(desk, found.below, found.source, found.angle, CARD_DESCRIPTION, whole=False) if found.below else None
    described = desk.choose_in(CARD_DESCRIPTION, [below] if below else [], 1, taken=chosen)
    return replace(card, headline=chosen[0], description=described[0] if described else card.description)


def _said(desk: Desk, text: str, source: str, angle: str, limits: Field, *, whole: bool) -> Said | None:
    """With the punctuation that its field wants and within its width; None where that cannot be."""
    bare = text.rstrip(f" {_ENDS}") if not whole or not text.endswith(("?", "？")) else text
    if not bare or display_width(bare) > _HOPELESS * limits.width:
        return None
    end = desk.phrases.end if whole and bare[-1] not in _ENDS else ""
    short = fitted(bare, limits.width - len(end), desk.language, desk.names)
    if short is None or (short in desk.names and short != bare):
        return None
    mended = capitalised(short) + end
    return Said(mended, source, "written" if mended == text else "mended", desk.language, angle)


def _by_turns(lines: Iterable[Said]) -> list[Said]:
    angles: dict[str, list[Said]] = {}
    for said in lines:
        angles.setdefault(said.angle, []).append(said)
    most = max(map(len, angles.values()), default=0)
    return [each[turn] for turn in range(most) for each in angles.values() if turn < len(each)]
