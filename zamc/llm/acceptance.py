"""From what a model wrote to a pitch: what is not valid is an error that the model may mend once; what is valid and still must not be said
is left out, and the brief's own words stand in.
"""

import re

from pydantic import ValidationError

from zamc.creatives.avoid_rules import banned_by, banned_in
from zamc.creatives.copy_rules import check_line
from zamc.creatives.grounding_rules import Grounding, fold, grounding_of, words_in
from zamc.creatives.limits import Field
from zamc.creatives.source_rules import brief_language, harmless
from zamc.errors import Mend
from zamc.llm.draft import PitchDraft
from zamc.llm.offline.audience_rules import ages
from zamc.llm.offline.writer import pitch_of
from zamc.llm.ports import Answer, Ended
from zamc.llm.prompts.pitch import sources
from zamc.llm.text_rules import neutral
from zamc.strategies.language_rules import likely_language
from zamc.strategies.schema import Audience, Brief, Keyword, Message, Pitch

_MOST_FAULTS = 10
_TAG = re.compile(r"<[/!]?[A-Za-z|][^<>]{0,200}>")
_ADDRESS = re.compile(r"https?:|//|www\.|[\w.-]+@[\w-]+\.|\b[\w-]+\.(?:com|net|org|io|example|info|biz|xyz)\b", re.IGNORECASE)
_PAIRS = re.compile(r"(?=([\u3040-\u30ff\u3400-\u9fff]{2}))")
_FENCE = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)
_ANY_WIDTH = Field("line", 10_000, 0, 1)
# What Google takes in no keyword, and addresses.
_NO_KEYWORD = re.compile(r"[!@%^*()=+\[\]{}~`<>?\\|,;:\"“”„«»「」『』.。、/]")


def read(answer: Answer, brief: Brief) -> PitchDraft:
    """Raises Mend with what is wrong in words that a model can use; its code is "refusal" when the model would not write at all."""
    if answer.ended is Ended.REFUSED:
        raise Mend(f"{answer.model} declined to write for this brief", code="refusal")
    try:
        draft = PitchDraft.model_validate_json(_unfenced(answer.text))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)[:_MOST_FAULTS]
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'the answer'}: {each['msg']}" for each in faults)
        cut = "it was cut off at the limit of tokens; " if answer.ended is Ended.CUT else ""
        raise Mend(f"{cut}{neutral(said)[:2_000]}", code="schema") from None
    known, wrong = sources(brief), []
    for index, message in enumerate(draft.messages):
        if message.source not in known:
            wrong.append(f"messages.{index}.source: must be one of {', '.join(known)}")
        if message.language not in brief.languages:
            wrong.append(f"messages.{index}.language: must be one of {', '.join(brief.languages)}")
    if wrong:
        raise Mend("; ".join(wrong[:_MOST_FAULTS]), code="schema")
    return draft


def accept(draft: PitchDraft, brief: Brief, project_name: str) -> tuple[Pitch, list[str]]:
    """The pitch, and what was left out or filled in. Ages come from the rules, whatever the model wrote; so does all that costs or aims."""
    own, notes = pitch_of(brief, project_name), list[str]()
    grounding, banned = grounding_of(brief, project_name), banned_by(tuple(brief.avoid))
    known, subject, usual = sources(brief), f"{project_name} {brief.product}", brief_language(brief)

    def plain(text: str) -> str:
        """What people read in the plan keeps to the brief too."""
        cleaned = _clean(text)
        return "" if _unsayable(cleaned, grounding) else cleaned

    messages = list[Message]()
    for said in draft.messages:
        text = _clean(said.text).rstrip(" .。")
        why = _unsayable(text, grounding) or _unsupported(text, said.language, known[said.source], subject, usual)
        if not why:
            angle = _clean(said.angle)
            angle = "message" if not angle or _unsayable(angle, grounding) else angle
            messages.append(Message(language=said.language, angle=angle, text=text, source=said.source))
        else:
            notes.append(f"Left out {neutral(said.text)[:80]!r} ({said.language}): {why}")
    for language in brief.languages:
        if all(message.language != language for message in messages):
            messages += [message for message in own.messages if message.language == language]
            notes.append(f"No message in {language} could be used: the brief's own lines stand in")
    keywords = list[Keyword]()
    for word in draft.keywords:
        text = " ".join(_NO_KEYWORD.sub(" ", _clean(word.text)).split()).lower()
        usable = text and len(text) <= 80 and len(text.split()) <= 10 and not banned_in(fold(text), banned)
        keyword = Keyword(language=word.language, text=text, match_type=word.match_type) if usable else None
        if keyword is not None and word.language in brief.languages and keyword not in keywords:
            keywords.append(keyword)
    for language in brief.languages:
        if all(keyword.language != language for keyword in keywords):
            keywords += [keyword for keyword in own.keywords if keyword.language == language]
    youngest, oldest = ages(brief.audience)
    audiences = [(_clean(each.name), _clean(each.description)) for each in draft.audiences]
    pitch = Pitch(
        positioning=plain(draft.positioning) or own.positioning,
        audiences=[Audience(name=name, description=said, age_min=youngest, age_max=oldest) for name, said in audiences if name and said]
        or own.audiences,
        messages=messages[:200],
        keywords=keywords[:400],
        negative_keywords=list(dict.fromkeys(filter(None, (_clean(word).lower() for word in draft.negative_keywords)))),
        creative_direction=plain(draft.creative_direction) or own.creative_direction,
        hypotheses=[text for text in map(plain, draft.hypotheses) if text] or own.hypotheses,
        risks=list(dict.fromkeys([*own.risks, *filter(None, map(plain, draft.risks))]))[:10],
    )
    return pitch, notes


def _unsayable(text: str, grounding: Grounding) -> str:
    """Why an ad must not say it; "" when it may."""
    if not text:
        return "nothing of it was left"
    if _ADDRESS.search(text):
        return "it holds an address; where a click lands is decided by rules"
    return "; ".join(finding.sentence for finding in check_line(text.rstrip(" .。"), _ANY_WIDTH, grounding))


def _unsupported(text: str, language: str, line: str, subject: str, usual: str) -> str:
    """Why a line in the language of its source does not rest on it: it shares no word with it, nor with the product's name.

    usual: the brief's language, which the source is in where it does not say.
    A line that obeys an instruction instead of writing an ad is about something else. Translations cannot be compared so, and are not.
    """
    if likely_language(line, usual) != language or _stems(text) & _stems(f"{line} {subject}"):
        return ""
    return "it has nothing to do with the line of the brief that it names"


def _stems(text: str) -> set[str]:
    """Beginnings of words that carry meaning; of scripts without spaces, pairs of signs."""
    folded = fold(text)
    pairs = {match[1] for match in _PAIRS.finditer(folded)}
    return {word[:5] for word in words_in(folded) if len(word) >= 4 and not _PAIRS.search(word)} | pairs


def _unfenced(text: str) -> str:
    """The JSON of an answer that wraps it in words or in a fence of Markdown, as models without enforced structure do."""
    fenced = _FENCE.search(text)
    return fenced[1] if fenced else text


def _clean(text: str) -> str:
    return harmless(_TAG.sub(" ", neutral(text)))
