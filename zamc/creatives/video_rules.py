"""What a video says: captions out of the lines that an ad may state, and the call on its closing card. Pure."""

from dataclasses import dataclass, replace

from zamc.creatives.copy_desk import Desk, capitalised
from zamc.creatives.limits import Field
from zamc.creatives.shorten_rules import fitted
from zamc.errors import InvalidInput
from zamc.strategies.schema import Brief, Plan

# A caption is read in about two seconds: columns, from the usual room to what fits even where long words leave little of it.
CAPTION_ROOMS: tuple[int, ...] = (60, 40, 30, 20)
_CAPTIONS = {6: 2, 15: 3}


@dataclass(frozen=True)
class VideoWords:
    """captions: 1 to 3 texts in order. sources: the line of the brief behind each text, by name ("captions[0]")."""

    captions: tuple[str, ...]
    call_to_action: str
    sources: dict[str, str]


def video_words(plan: Plan, brief: Brief, language: str, *, seconds: int = 6, room: int = CAPTION_ROOMS[0]) -> VideoWords:
    """Lines of the brief that are short enough, in its order; frames where the brief has none in the language.

    room: columns of a caption. Raises InvalidInput when nothing that may be said fits.
    """
    desk = Desk.of(plan, brief, "meta_ads", language)
    phrases, action = desk.phrases, desk.action
    facts = []
    for said in [] if desk.foreign else desk.facts:
        text = fitted(said.text, room, said.language, desk.names)
        if text and text not in desk.names:
            facts.append(replace(said.shortened(text), text=capitalised(text)))
    frames = [desk.frame(phrases.discover), desk.frame(phrases.named[action], "brief.offer"), desk.frame(phrases.short, "brief.goal")]
    captions = desk.choose_in(Field("captions", room, 1, 3), [*facts, *frames], _CAPTIONS[seconds])
    call = desk.button()
    if not captions or not call.text:
        reasons = "; ".join(dict.fromkeys(finding.sentence for finding in desk.dropped)) or "the brief has no line for it"
        lacks = "caption" if not captions else "call to action"
        raise InvalidInput(f"video.{language}", f"has no {lacks}: {reasons}; change the brief's offer or claims")
    sources = {f"captions[{index}]": said.source for index, said in enumerate(captions)}
    return VideoWords(tuple(said.text for said in captions), call.text, sources | {"call_to_action": call.source})
