"""A person's words for a plan: read, checked line by line, and made a pitch. Pure. Nothing here costs or aims, whatever the words say.

A model's line that must not be said is left out; a person is told instead, with the field and the reason. Lines that the version before
already had are not asked about again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, ValidationError

from zamc.creatives.avoid_rules import banned_by, banned_in
from zamc.creatives.grounding_rules import Grounding, fold, grounding_of
from zamc.creatives.source_rules import harmless
from zamc.errors import InvalidInput
from zamc.llm.line_rules import unsayable
from zamc.llm.offline.audience_rules import ages
from zamc.strategies.schema import Audience, Brief, Closed, Keyword, Language, Line, Message, Paragraph, Persona, Pitch, Plan, Platform
from zamc.strategies.text_rules import clean
from zamc.strategies.yaml_reader import read_yaml

MOST_BYTES = 256 * 1024
# Fields of a plan, or of a brief, that somebody may want to change here; each is answered with where it is decided.
_BY_RULES = frozenset({*Plan.model_fields, *Brief.model_fields, "age_min", "age_max", "daily_budget_micros", "url", "accounts"}) - {"pitch"}


class WordsAudience(Closed):
    """An audience without its ages."""

    platform: Platform | None = None
    name: Line
    description: Paragraph


class WordsMessage(Closed):
    """A message; source: the line of the brief that it rests on."""

    language: Language
    angle: Line
    text: Line
    source: str = Field(max_length=40)


class WordsKeyword(Closed):
    """A search term to bid on."""

    language: Language
    text: Line
    match_type: Literal["EXACT", "PHRASE", "BROAD"]


class Words(Closed):
    """What of a plan a person may write: all of its pitch but ages."""

    positioning: Line
    personas: list[Persona] = Field(default=[], max_length=6)
    audiences: list[WordsAudience] = Field(min_length=1, max_length=12)
    messages: list[WordsMessage] = Field(min_length=1, max_length=200)
    keywords: list[WordsKeyword] = Field(max_length=400)
    negative_keywords: list[Line] = Field(default=[], max_length=100)
    creative_direction: Line
    hypotheses: list[Line] = Field(default=[], max_length=5)
    risks: list[Line] = Field(default=[], max_length=10)


def words_of(pitch: Pitch) -> dict[str, Any]:
    """The editable part of a pitch as plain data: what `read_words` takes."""
    data = pitch.model_dump(mode="json")
    for audience in data["audiences"]:
        del audience["age_min"], audience["age_max"]
    return data


def read_words(words: Mapping[str, Any] | str) -> Words:
    """Plain data, or YAML or JSON of at most 256 kB. Raises InvalidInput that names the field."""
    data = read_yaml(words, most_bytes=MOST_BYTES) if isinstance(words, str) else words
    try:
        return Words.model_validate(_cleaned("pitch", data))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
        raise _told(first["loc"], str(first["msg"]), extra=first["type"] == "extra_forbidden") from None


def pitch_from(words: Words, brief: Brief, project_name: str, *, before: Pitch) -> Pitch:
    """The pitch of checked words, with the ages that the brief names. Raises InvalidInput that names the line and what is wrong with it."""
    _check(words, brief, project_name, before)
    youngest, oldest = ages(brief.audience)
    return Pitch(
        positioning=words.positioning,
        personas=words.personas,
        audiences=[Audience(**each.model_dump(), age_min=youngest, age_max=oldest) for each in words.audiences],
        messages=[Message(**each.model_dump()) for each in words.messages],
        keywords=[Keyword(language=each.language, text=each.text.lower(), match_type=each.match_type) for each in words.keywords],
        negative_keywords=words.negative_keywords,
        creative_direction=words.creative_direction,
        hypotheses=words.hypotheses,
        risks=words.risks,
    )


def _check(words: Words, brief: Brief, project_name: str, before: Pitch) -> None:
    grounding, banned = grounding_of(brief, project_name), banned_by(tuple(brief.avoid))
    known_texts = set(_texts(words_of(before)))
    for field, text in (("positioning", words.positioning), ("creative_direction", words.creative_direction)):
        _sayable(field, text, grounding, known_texts)
    for index, audience in enumerate(words.audiences):
        if audience.platform is not None and audience.platform not in brief.platforms:
            raise InvalidInput(f"pitch.audiences[{index}].platform", f"must be one of {', '.join(brief.platforms)}, as the brief has it")
    old = {(message.language, message.angle, message.text, message.source) for message in before.messages}
    for index, message in enumerate(words.messages):
        where = f"messages[{index}]"
        _language(f"{where}.language", message.language, brief)
        if (message.language, message.angle, message.text, message.source) in old:
            continue
        if message.source not in sources(brief):
            raise InvalidInput(f"pitch.{where}.source", f"must name a line of the brief: {', '.join(sources(brief))}")
        _sayable(f"{where}.text", message.text, grounding, set())
    for language in brief.languages:
        if all(message.language != language for message in words.messages):
            raise InvalidInput("pitch.messages", f"has none in {language}, which the brief asks for")
    for index, keyword in enumerate(words.keywords):
        where = f"pitch.keywords[{index}]"
        _language(f"keywords[{index}].language", keyword.language, brief)
        if len(keyword.text) > 80 or len(keyword.text.split()) > 10:
            raise InvalidInput(f"{where}.text", "must have at most 80 characters and 10 words")
        if word := banned_in(fold(keyword.text), banned):
            raise InvalidInput(f"{where}.text", f"names {word!r}, which the brief avoids")


def sources(brief: Brief) -> list[str]:
    """The lines of a brief that a message may rest on."""
    return ["brief.product", "brief.offer", *(f"brief.claims[{index}]" for index in range(len(brief.claims)))]


def _language(field: str, language: str, brief: Brief) -> None:
    if language not in brief.languages:
        raise InvalidInput(f"pitch.{field}", f"must be one of {', '.join(brief.languages)}, as the brief has it")


def _sayable(field: str, text: str, grounding: Grounding, known: set[str]) -> None:
    if text not in known and (why := unsayable(text, grounding)):
        raise InvalidInput(f"pitch.{field}", why)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, Sequence):
        for value in data:
            yield from _texts(value)


def _cleaned(field: str, data: Any, depth: int = 0) -> Any:
    """Texts in one spelling; what cannot be seen, and what a platform would replace, is refused."""
    if depth > 6:
        raise InvalidInput(field, "is nested too deeply")
    if isinstance(data, str):
        text = clean(field, data)
        if harmless(text) != text:
            raise InvalidInput(field, "holds a template code of a platform, such as {KeyWord:...}; write the words themselves")
        return text
    if isinstance(data, Mapping):
        return {name: _cleaned(f"{field}.{name}", value, depth + 1) for name, value in data.items()}
    if isinstance(data, Sequence):
        return [_cleaned(f"{field}[{index}]", value, depth + 1) for index, value in enumerate(data)]
    return data


def _told(path: Sequence[int | str], said: str, *, extra: bool) -> InvalidInput:
    field = "pitch" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    if extra and path and str(path[-1]) in _BY_RULES:
        return InvalidInput(field, "is computed by rules from the brief and cannot be edited; ask for a strategy with another brief")
    if extra:
        return InvalidInput(field, f"is not a field of a plan's words; there are {', '.join(Words.model_fields)}")
    return InvalidInput(field, said)
