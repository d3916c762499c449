"""The three formats of a Meta ad, from approved copy and files to what its creative shall show.

Each format has another variant of the copy, one angle each as far as there are any; the ad's name says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zamc.deployments.tree import Copy, Picture, Source, short
from zamc.errors import InvalidInput

# By ids: name macros freeze when an ad is first published (developers.facebook.com, url-tags-for-tracking).
URL_TAGS: Final = "utm_source=facebook&utm_medium=paid_social&utm_campaign={{campaign.id}}&utm_term={{adset.id}}&utm_content={{ad.id}}"
# Of a carousel (developers.facebook.com/docs/marketing-api/reference/ad-creative-link-data).
_FEWEST_CARDS, _MOST_CARDS = 2, 10
_VARIANTS: Final = {"image": 0, "carousel": 1, "video": 2}


class FormatMissing(Exception):
    """The material of a format is not there; the message says what."""


@dataclass(frozen=True)
class Format:
    """What one creative shows. pictures: the files by role ("image", "video", "card_1" ...). angle: what its text says first, if known."""

    name: str
    spec: Mapping[str, Any]
    pictures: Mapping[str, Picture]
    angle: str = ""

    @property
    def label(self) -> str:
        """Format and angle, as the ad's name has them: by it the variants are told apart in every report."""
        return f"{self.name} | {self.angle}" if self.angle else self.name


def image(source: Source, language: str) -> Format:
    """One square picture with a link. Raises FormatMissing, and InvalidInput when the language has no copy."""
    shown = still(source, language)
    if shown is None:
        raise FormatMissing("no approved image")
    copy = source.copy_for(language)
    return Format("image", _spec(source, copy, "image"), {"image": shown}, _angle(copy, "image"))


def video(source: Source, language: str) -> Format:
    """The squarest video; its cover is the approved picture, or one that the platform picks where there is none. Raises as image does."""
    fitting = [each for each in source.pictures if each.is_video and each.language in (language, None)]
    if not fitting:
        raise FormatMissing("no approved video")
    shown, cover, copy = min(fitting, key=_preference), still(source, language), source.copy_for(language)
    files = {"video": shown, **({"image": cover} if cover is not None else {})}
    return Format("video", _spec(source, copy, "video"), files, _angle(copy, "video"))


def carousel(source: Source, language: str) -> Format:
    """Two to ten cards, each with a picture and a headline. Raises as image does."""
    copy = source.copy_for(language)
    files = {each.local_ref: each for each in source.pictures if not each.is_video}
    cards = [card for card in copy.cards if card.image in files][:_MOST_CARDS]
    if len(cards) < _FEWEST_CARDS:
        raise FormatMissing(f"{len(cards)} of the {_FEWEST_CARDS} cards that a carousel needs")
    spec = _spec(source, copy, "carousel")
    spec["cards"] = [{"headline": card.headline, "description": card.description} for card in cards]
    return Format("carousel", spec, {f"card_{number}": files[card.image] for number, card in enumerate(cards, 1)}, _angle(copy, "carousel"))


def still(source: Source, language: str) -> Picture | None:
    """The squarest picture in the language, else one without text in it."""
    fitting = [each for each in source.images if each.language in (language, None)]
    return min(fitting, key=_preference, default=None)


def _preference(picture: Picture) -> tuple[bool, float, str]:
    return picture.language is None, abs(picture.ratio - 1.0), picture.local_ref


def _spec(source: Source, copy: Copy, name: str) -> dict[str, Any]:
    if not copy.primary_texts or not copy.headlines:
        raise InvalidInput("creatives", f"the copy in {copy.language!r} for Meta lacks a primary text or a headline")
    return {
        # A creative's name may have 100 characters, of which the marker takes 33.
        "name": f"{short(source.strategy_name, 50)} | {copy.language} | {name}",
        "format": name,
        "page_id": source.account.page_id,
        "message": _turn(copy.primary_texts, name),
        "headline": _turn(copy.headlines, name),
        "description": _turn(copy.descriptions, name) if copy.descriptions else "",
        "link": source.plan.flight.landing_page,
        "call_to_action": copy.call_to_action,
        "url_tags": URL_TAGS,
    }


def _turn(lines: Sequence[str], name: str) -> str:
    """The line of a format: the first, second or third, from the beginning again where there are fewer."""
    return lines[_VARIANTS[name] % len(lines)]


def _angle(copy: Copy, name: str) -> str:
    return _turn(copy.angles, name) if len(copy.angles) == len(copy.primary_texts) else ""
