"""What a model is asked to write: a pitch without anything that costs or aims. Ages, budgets, dates and addresses have no field here."""

from typing import Literal

from pydantic import Field

from zamc.strategies.schema import Closed, Language, Line, Paragraph, Platform


class DraftPersona(Closed):
    """One kind of person who may buy."""

    name: Line
    description: Paragraph
    wants: Line = Field(description="What this person is looking for.")
    doubts: Line = Field(description="What keeps this person from it.")


class DraftAudience(Closed):
    """Whom to show ads to on one platform, in words."""

    platform: Platform
    name: Line
    description: Paragraph


class DraftMessage(Closed):
    """One thing to say in one language, and the line of the brief that it rests on."""

    language: Language
    angle: Line
    text: Line
    source: str = Field(max_length=40, description='The line of the brief that states it, such as "brief.offer" or "brief.claims[0]".')


class DraftKeyword(Closed):
    """A search term, in one language."""

    language: Language
    text: Line
    match_type: Literal["EXACT", "PHRASE", "BROAD"]


class PitchDraft(Closed):
    """The words of a strategy."""

    positioning: Line = Field(description="One sentence: what it is, for whom, and why them. At most 200 characters.")
    personas: list[DraftPersona] = Field(min_length=1, max_length=6, description="1 to 6 kinds of people, the main one first.")
    audiences: list[DraftAudience] = Field(
        min_length=1, max_length=12, description="Groups of people to show ads to, at least one for each platform of the brief."
    )
    messages: list[DraftMessage] = Field(
        min_length=1, max_length=200, description="At least 4 per language, each at most 90 characters, no two alike."
    )
    keywords: list[DraftKeyword] = Field(max_length=400, description="At least 5 per language, at most 10 words and 80 characters each.")
    negative_keywords: list[Line] = Field(max_length=100, description="Words of searches that should not see the ads.")
    creative_direction: Line = Field(description="How pictures and words should feel. At most 200 characters.")
    hypotheses: list[Line] = Field(max_length=5, description="What is worth testing, one sentence each.")
    risks: list[Line] = Field(max_length=10, description="What may go wrong, one sentence each.")
