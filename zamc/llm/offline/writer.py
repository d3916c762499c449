"""The offline writer: a pitch by rules, from the brief's own words, with no model and no network.

It states only what the brief states. It translates no sentence: an ad in a language in which the brief has no line gets frames in that
language (zamc.creatives.phrases), what the offer lists out of a dictionary (zamc.creatives.thing_words) and, if there is nothing else, the
brief's lines as they are. Its provenance says all that.
"""

import hashlib
from uuid import UUID

from zamc.creatives.action_rules import action_of
from zamc.creatives.name_rules import framed
from zamc.creatives.phrases import PHRASES
from zamc.creatives.source_rules import Fact, brief_language, facts_for, harmless, speaks, subject_of
from zamc.database.engine import refuse_inside_transaction
from zamc.llm.offline.audience_rules import ages, audiences, personas
from zamc.llm.offline.keyword_rules import keywords, negative_keywords
from zamc.llm.ports import Written
from zamc.strategies.rules import canonical
from zamc.strategies.schema import Brief, Message, Pitch

PROVIDER = "offline"
MODEL = "rules"
VERSION = "offline-3"


class OfflineWriter:
    """Implements zamc.llm.ports.Writer. Deterministic: the same brief gives the same pitch."""

    def write_pitch(self, brief: Brief, *, project_name: str, project_id: UUID | None = None, variant: int = 0) -> Written:  # noqa: ARG002
        """The same for every project and variant: there is nothing to ask anew."""
        refuse_inside_transaction("the offline writer")
        request = {"version": VERSION, "project": project_name, "brief": brief.model_dump(mode="json")}
        silent = [language for language in brief.languages if not speaks(brief, language)]
        notes = ["Written by rules from the brief's own words; no model was asked and nothing was sent over the network."]
        if silent:
            notes.append(
                f"The brief has no line in {', '.join(silent)}: ads there use set phrases around names, what the offer lists out of a "
                "dictionary, and, where it has no word for that, the brief's lines untranslated."
            )
        return Written(
            pitch=pitch_of(brief, project_name),
            provider=PROVIDER,
            model=MODEL,
            prompt_version=VERSION,
            request_hash=hashlib.sha256(canonical(request)).hexdigest(),
            notes=tuple(notes),
        )


def pitch_of(brief: Brief, project_name: str) -> Pitch:
    """The words of a strategy."""
    name = subject_of(brief, project_name, brief_language(brief))
    return Pitch(
        positioning=_positioning(brief, project_name),
        personas=personas(brief),
        audiences=audiences(brief),
        messages=[message for language in brief.languages for message in _messages(brief, project_name, language)],
        keywords=keywords(brief, project_name),
        negative_keywords=negative_keywords(brief),
        creative_direction=_line(
            f"Tone: {brief.tone}. One message per picture, in the brand's colours ({brief.brand.primary}, {brief.brand.secondary}); "
            "the offer first, then one claim"
        ),
        hypotheses=_hypotheses(brief, name),
        risks=_risks(brief),
    )


def _line(text: str) -> str:
    """At most 200 characters, cut between words."""
    return text if len(text) <= 200 else text[:200].rsplit(" ", 1)[0].rstrip(",;:. ")


def _positioning(brief: Brief, project_name: str) -> str:
    product, offer = harmless(brief.product), harmless(brief.offer)
    brand = harmless(project_name)
    lead = product if brand.casefold() in product.casefold() else f"{brand}: {product}"
    together = f"{lead}。{offer}" if brief_language(brief) == "ja" else f"{lead}. {offer}"
    return _line(together if len(together) <= 200 else lead)


def _messages(brief: Brief, project_name: str, language: str) -> list[Message]:
    """Facts of the language (or all, untranslated), then what to call for and how to introduce the name."""
    facts: list[Fact] = facts_for(brief, language, project_name)
    phrases, action = PHRASES[language], action_of(brief)
    name = subject_of(brief, project_name, language)
    frames = (
        ("call to action", framed(phrases.named[action], name, language), "phrases.named"),
        ("introduction", framed(phrases.discover, name, language), "phrases.discover"),
        ("call to action", phrases.calls[action], "phrases.calls"),
    )
    said = [Message(language=language, angle=fact.angle, text=_line(fact.text), source=fact.source) for fact in facts]
    return said + [Message(language=language, angle=angle, text=_line(text), source=source) for angle, text, source in frames if text]


def _hypotheses(brief: Brief, name: str) -> list[str]:
    hypotheses = [_line(f"An ad that opens with the offer gets more response than one that opens with the name {name}")]
    if len(brief.claims) > 1:
        first, second = (harmless(claim) for claim in brief.claims[:2])
        hypotheses.append(_line(f'"{first}" persuades more people than "{second}"'))
    return hypotheses


def _risks(brief: Brief) -> list[str]:
    """What a person should know before money is spent; each is a fact of the brief."""
    risks = []
    silent = [language for language in brief.languages if not speaks(brief, language)]
    if silent:
        risks.append(f"No line of the brief is in {', '.join(silent)}: have somebody write claims in these languages, or leave them out")
    if brief.conversion_value is None and brief.goal in {"leads", "sales"}:
        risks.append("The brief names no conversion value: return on ad spend cannot be reported")
    if brief.end is None:
        risks.append("The flight has an open end: it runs and costs until somebody stops it")
    if ages(brief.audience) == (18, 65) and len(brief.audience) < 40:
        risks.append("The audience is described in few words: delivery will be broad")
    if len(brief.claims) < 3:
        risks.append(f"Only {len(brief.claims)} claim(s): ads will soon repeat themselves")
    return risks
