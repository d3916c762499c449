"""What a model is asked to write for one platform in one language: lines, each with its angle and the line of the brief that it rests on.

The structure is the same for all platforms; which fields there are, and how wide, comes from the platforms' limits (zamc.creatives.limits).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import Field as Constraint

from zamc.creatives.limits import CARD_DESCRIPTION, CARD_HEADLINE, FEWEST_CARDS, FIELDS, Field
from zamc.strategies.schema import Closed, Platform

# How many variants are asked for: more than are used, so that one that fails a check has another behind it.
_WANTED = {
    "google_ads": {"headlines": 14, "descriptions": 6, "long_headlines": 5},
    "meta_ads": {"primary_texts": 6, "headlines": 6, "descriptions": 4},
}
_MOST = 40


class Angle(StrEnum):
    """What a line says first."""

    OFFER = "offer"
    BENEFIT = "benefit"
    PROOF = "proof"
    AUDIENCE = "audience"
    ACTION = "action"


class DraftLine(Closed):
    """One line. Longer than any platform takes is still read: it may be shortened."""

    text: str = Constraint(max_length=2_000)
    angle: Angle
    source: str = Constraint(max_length=40)


class DraftCard(Closed):
    """One card of a carousel; the text below may be empty."""

    headline: str = Constraint(max_length=2_000)
    text: str = Constraint(max_length=2_000)
    angle: Angle
    source: str = Constraint(max_length=40)


class GoogleDraft(Closed):
    """Responsive search and display ads and Performance Max share their text assets."""

    headlines: list[DraftLine] = Constraint(min_length=1, max_length=_MOST)
    descriptions: list[DraftLine] = Constraint(min_length=1, max_length=_MOST)
    long_headlines: list[DraftLine] = Constraint(max_length=_MOST)


class MetaDraft(Closed):
    """Feed, story and carousel ads."""

    primary_texts: list[DraftLine] = Constraint(min_length=1, max_length=_MOST)
    headlines: list[DraftLine] = Constraint(min_length=1, max_length=_MOST)
    descriptions: list[DraftLine] = Constraint(max_length=_MOST)
    cards: list[DraftCard] = Constraint(max_length=10)


DRAFTS: dict[Platform, type[GoogleDraft] | type[MetaDraft]] = {"google_ads": GoogleDraft, "meta_ads": MetaDraft}


def schema_of(platform: Platform, sources: Sequence[str], cards: int) -> dict[str, Any]:
    """The JSON schema of a draft, with the platform's widths in words: models keep to what is written beside a field."""
    wanted, asked = _WANTED[platform], {field.name: field for field in FIELDS[platform]}
    fields = {name: _list(_line(asked[name], sources), f"At least {count} lines, no two alike.") for name, count in wanted.items()}
    if platform == "meta_ads":
        fields["cards"] = _list(_card(sources), f"At least {max(cards, FEWEST_CARDS)} cards, each from another line of the brief.")
    return _object(fields)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: dict[str, Any], said: str) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": said}


def _text(field: Field, said: str) -> dict[str, Any]:
    return {"type": "string", "description": f"{said} At most {field.width} columns; full-width characters count two."}


def _line(field: Field, sources: Sequence[str]) -> dict[str, Any]:
    return _object({"text": _text(field, "The line."), **_grounds(sources)})


def _card(sources: Sequence[str]) -> dict[str, Any]:
    below = _text(CARD_DESCRIPTION, "What stands below the headline.")
    return _object({"headline": _text(CARD_HEADLINE, "The card's headline."), "text": below, **_grounds(sources)})


def _grounds(sources: Sequence[str]) -> dict[str, Any]:
    return {
        "angle": {"type": "string", "enum": [angle.value for angle in Angle], "description": "What the line says first."},
        "source": {"type": "string", "enum": list(sources), "description": "The line of the brief that states it."},
    }
