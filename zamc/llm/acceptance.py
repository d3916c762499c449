"""From what a model wrote to a pitch: what is not valid is an error that the model may mend once; what is valid and still must not be said
is left out, and the brief's own words stand in.
"""

import re
from collections.abc import Callable

from zamc.creatives.avoid_rules import banned_by, banned_in
from zamc.creatives.grounding_rules import fold, grounding_of
from zamc.creatives.source_rules import brief_language
from zamc.errors import Mend
from zamc.llm.draft import DraftPersona, PitchDraft
from zamc.llm.line_rules import clean, unsayable, unsupported
from zamc.llm.offline.audience_rules import ages
from zamc.llm.offline.writer import pitch_of
from zamc.llm.order_rules import orders
from zamc.llm.ports import Answer
from zamc.llm.prompts.pitch import sources
from zamc.llm.reading import MOST_FAULTS, read_as
from zamc.llm.text_rules import neutral
from zamc.strategies.schema import Audience, Brief, Keyword, Message, Persona, Pitch

# What Google takes in no keyword, and addresses.
_NO_KEYWORD = re.compile(r"[!@%^*()=+\[\]{}~`<>?\\|,;:\"“”„«»「」『』.。、/]")


def read(answer: Answer, brief: Brief) -> PitchDraft:
    """Raises Mend with what is wrong in words that a model can use; its code is "refusal" when the model would not write at all."""
    draft = read_as(PitchDraft, answer)
    known, wrong = sources(brief), []
    for index, message in enumerate(draft.messages):
        if message.source not in known:
            wrong.append(f"messages.{index}.source: must be one of {', '.join(known)}")
        if message.language not in brief.languages:
            wrong.append(f"messages.{index}.language: must be one of {', '.join(brief.languages)}")
    if wrong:
        raise Mend("; ".join(wrong[:MOST_FAULTS]), code="schema")
    return draft


def accept(draft: PitchDraft, brief: Brief, project_name: str) -> tuple[Pitch, list[str]]:
    """The pitch, and what was left out or filled in. Ages come from the rules, whatever the model wrote; so does all that costs or aims."""
    own, notes = pitch_of(brief, project_name), list[str]()
    grounding, banned = grounding_of(brief, project_name), banned_by(tuple(brief.avoid))
    known, usual = sources(brief), brief_language(brief)

    def plain(text: str) -> str:
        """What people read in the plan keeps to the brief too."""
        cleaned = clean(text)
        return "" if unsayable(cleaned, grounding) else cleaned

    messages = list[Message]()
    for said in draft.messages:
        text = clean(said.text).rstrip(" .。")
        why = unsayable(text, grounding)
        why = why or unsupported(text, said.language, known[said.source], brief.product, usual, brand=project_name)
        if not why:
            angle = clean(said.angle)
            angle = "message" if not angle or unsayable(angle, grounding) else angle
            messages.append(Message(language=said.language, angle=angle, text=text, source=said.source))
        else:
            notes.append(f"Left out {neutral(said.text)[:80]!r} ({said.language}): {why}")
    for language in brief.languages:
        if all(message.language != language for message in messages):
            messages += [message for message in own.messages if message.language == language]
            notes.append(f"No message in {language} could be used: the brief's own lines stand in")
    keywords = list[Keyword]()
    for word in draft.keywords:
        text = " ".join(_NO_KEYWORD.sub(" ", clean(word.text)).split()).lower()
        usable = text and len(text) <= 80 and len(text.split()) <= 10 and not banned_in(fold(text), banned) and not orders(text)
        keyword = Keyword(language=word.language, text=text, match_type=word.match_type) if usable else None
        if keyword is not None and word.language in brief.languages and keyword not in keywords:
            keywords.append(keyword)
    for language in brief.languages:
        if all(keyword.language != language for keyword in keywords):
            keywords += [keyword for keyword in own.keywords if keyword.language == language]
    youngest, oldest = ages(brief.audience)
    audiences = _audiences(draft, brief, own, notes)
    personas = [
        Persona(**{name: plain(said) for name, said in each.model_dump().items()}) for each in draft.personas if _whole(each, plain)
    ]
    pitch = Pitch(
        positioning=plain(draft.positioning) or own.positioning,
        personas=personas or own.personas,
        audiences=[each.model_copy(update={"age_min": youngest, "age_max": oldest}) for each in audiences],
        messages=messages[:200],
        keywords=keywords[:400],
        negative_keywords=list(dict.fromkeys(filter(None, (clean(word).lower() for word in draft.negative_keywords if not orders(word))))),
        creative_direction=plain(draft.creative_direction) or own.creative_direction,
        hypotheses=[text for text in map(plain, draft.hypotheses) if text] or own.hypotheses,
        risks=list(dict.fromkeys([*own.risks, *filter(None, map(plain, draft.risks))]))[:10],
    )
    return pitch, notes


def _audiences(draft: PitchDraft, brief: Brief, own: Pitch, notes: list[str]) -> list[Audience]:
    """At least one for each platform of the brief: the rules' own where the model named none that can be used."""
    found = []
    for each in draft.audiences:
        name, described = clean(each.name), clean(each.description)
        if each.platform in brief.platforms and name and described and not orders(f"{name} {described}"):
            found.append(Audience(platform=each.platform, name=name, description=described, age_min=18, age_max=65))
    for platform in brief.platforms:
        if all(each.platform != platform for each in found):
            found += [each for each in own.audiences if each.platform in (platform, None)]
            notes.append(f"No audience for {platform} could be used: the brief's own words stand in")
    return found[:12]


def _whole(persona: DraftPersona, plain: Callable[[str], str]) -> bool:
    return all(plain(said) for said in persona.model_dump().values())
