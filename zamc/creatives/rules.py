"""What a set consists of, what a picture says, and what an approval of a set binds. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zamc.creatives.cards import card_count, card_placement, cards_of
from zamc.creatives.copy_desk import Desk, Said
from zamc.creatives.copy_rules import check_line
from zamc.creatives.limits import Field
from zamc.creatives.shorten_rules import fitted
from zamc.errors import InvalidInput
from zamc.strategies.rules import canonical
from zamc.strategies.schema import Brief, Plan, Platform

# Sizes that one language of a platform needs to run everywhere that we advertise; names of zamc.creatives.sizes.PLACEMENTS.
PLACEMENTS: dict[Platform, tuple[str, ...]] = {
    "google_ads": ("google_landscape", "google_square", "google_portrait"),
    "meta_ads": ("meta_square", "meta_link", "meta_story"),
}
# Pictures without words, once per set.
LOGOS = ("google_logo", "google_logo_wide")
# Videos per language, and those of the first language alone: each takes seconds to make.
VIDEOS, VIDEOS_ONCE = ("meta_video_square",), ("meta_video_vertical",)
_VIDEO_SECONDS = 6
# Text in a picture is read at a glance: a headline of two or three lines, and one line below it. Columns of both, from the usual room to
# what fits even where long words leave little of it.
PICTURE_ROOMS: tuple[tuple[int, int], ...] = ((60, 80), (40, 50), (30, 0), (20, 0))


@dataclass(frozen=True)
class Member:
    """One member of a set to be made. local_ref: "copy/google_ads/de", "image/meta_ads/meta_square/de", "image/google_ads/google_logo"."""

    kind: str
    local_ref: str
    platform: Platform
    language: str | None
    content: dict[str, Any]


def members_of(plan: Plan) -> list[Member]:
    """What the plan's campaigns need: copy per platform and language, pictures and videos per placement and language, logos once.

    A Search campaign shows no pictures; Performance Max and responsive display show all of Google's sizes and the logos.
    """
    members = []
    for platform in dict.fromkeys(channel.platform for channel in plan.channels):
        kinds = {channel.kind for channel in plan.channels if channel.platform == platform}
        pictures = PLACEMENTS[platform] if kinds - {"search"} else ()
        for language in plan.flight.languages:
            members.append(Member("copy", f"copy/{platform}/{language}", platform, language, {}))
            cards = range(1, card_count(plan, language) + 1) if platform == "meta_ads" else ()
            members += [_picture(platform, name, language) for name in (*pictures, *map(card_placement, cards))]
            if platform == "meta_ads":
                once = VIDEOS_ONCE if language == plan.flight.languages[0] else ()
                members += [_video(platform, name, language) for name in (*VIDEOS, *once)]
        members += [_picture(platform, name, None) for name in LOGOS if platform == "google_ads" and pictures]
    return members


def _picture(platform: Platform, name: str, language: str | None) -> Member:
    local_ref = "/".join(["image", platform, name, *([language] if language else [])])
    return Member("image", local_ref, platform, language, {"placement": name})


def _video(platform: Platform, name: str, language: str) -> Member:
    content = {"placement": name, "seconds": _VIDEO_SECONDS}
    return Member("video", f"video/{platform}/{name}/{language}", platform, language, content)


@dataclass(frozen=True)
class PictureWords:
    """What stands in a picture. sources: the line of the brief behind each text, by name."""

    headline: str
    supporting: str
    call_to_action: str
    sources: dict[str, str]


def picture_words(plan: Plan, brief: Brief, language: str, room: tuple[int, int] = PICTURE_ROOMS[0]) -> PictureWords:
    """The plan's first line of this language that is short enough, and the next one below it; a frame where it has none.

    room: columns of the headline and of the line below it.

    Raises InvalidInput when nothing that may be said fits.
    """
    desk = Desk.of(plan, brief, "meta_ads", language)
    phrases, facts = desk.phrases, [said for said in desk.facts if said.language == language]
    headline_field, supporting_field = Field("picture.headline", room[0], 1, 1), Field("picture.supporting", room[1], 0, 1)
    dropped = list(desk.dropped)

    def first(field: Field, lines: Sequence[Said]) -> Said:
        for said in lines:
            findings = check_line(said.text, field, desk.grounding)
            if not findings:
                return said
            dropped.extend(findings)
        return Said("", "", "frame", language)

    short = [said.shortened(text) for said in facts if (text := fitted(said.text, headline_field.width, language, desk.names))]
    frames = [desk.frame(phrases.discover), desk.frame(phrases.calls["learn_more"], "brief.goal")]
    headline = first(headline_field, [*(said for said in short if said.text not in desk.names), *frames])
    if not headline.text:
        reasons = "; ".join(dict.fromkeys(finding.sentence for finding in dropped)) or "the brief has no line for it"
        raise InvalidInput(f"image.{language}", f"has no headline: {reasons}; change the brief's offer or claims")
    below = [said for said in facts if said.source != headline.source]
    supporting = first(supporting_field, [*below, desk.frame(phrases.more, "brief.landing_page")])
    call = desk.button()
    sources = {"headline": headline.source, "supporting": supporting.source, "call_to_action": call.source}
    return PictureWords(headline.text, supporting.text, call.text, sources)


def card_words(plan: Plan, brief: Brief, language: str, number: int, room: tuple[int, int] = PICTURE_ROOMS[0]) -> PictureWords:
    """What stands in the picture of a carousel's card: its headline, shortened to the room, else a call; Meta shows the button itself."""
    desk = Desk.of(plan, brief, "meta_ads", language)
    cards = cards_of(desk, card_count(plan, language))
    if number <= len(cards):
        headline = cards[number - 1].headline
        text = fitted(headline.text, room[0], headline.language, desk.names)
        if text:
            return PictureWords(text, "", "", {"headline": headline.source})
    call = desk.button()
    if not call.text:
        reasons = "; ".join(dict.fromkeys(finding.sentence for finding in desk.dropped))
        raise InvalidInput(f"image.{language}", f"has nothing to say on card {number}: {reasons}; change the brief's offer or claims")
    return PictureWords(call.text, "", "", {"headline": call.source})


def set_hash(members: Sequence[tuple[str, Mapping[str, Any], str | None]]) -> str:
    """SHA-256 over (local_ref, content, object hash) of all members: what an approval of a set binds."""
    rows = sorted([local_ref, dict(content), object_hash] for local_ref, content, object_hash in members)
    return hashlib.sha256(canonical(rows)).hexdigest()
