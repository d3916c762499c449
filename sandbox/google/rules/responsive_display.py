"""Responsive display ads: texts, pictures, colours. Limits after the reference of ResponsiveDisplayAdInfo."""

import re
from typing import Final

from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Path
from sandbox.google.rules.fields import fits
from sandbox.google.rules.kind import Check, required
from sandbox.google.rules.texts import Limits, list_errors, one_errors, policy_errors, size_errors
from sandbox.google.rules.urls import url_errors

LISTS: Final = {"headlines": Limits(1, 5, 30), "descriptions": Limits(1, 5, 90)}
FIELD_TYPES: Final = {
    "headlines": "HEADLINE",
    "descriptions": "DESCRIPTION",
    "marketing_images": "MARKETING_IMAGE",
    "square_marketing_images": "SQUARE_MARKETING_IMAGE",
    "logo_images": "LANDSCAPE_LOGO",
    "square_logo_images": "LOGO",
}
_IMAGES: Final = tuple(name for name in FIELD_TYPES if name.endswith("images"))
_MOST_PICTURES: Final = 15
_MOST_LOGOS: Final = 5
_MOST_VIDEOS: Final = 5
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_HERE: Final = ("ad", "responsive_display_ad")


def prepare(context: Context, ad: Body) -> None:
    """Replace temporary names of pictures by real ones. Raises AdsError for a name of nothing."""
    rda = ad["responsive_display_ad"]
    rda.setdefault("format_setting", "ALL_FORMATS")
    rda.setdefault("allow_flexible_color", True)
    for name in _IMAGES:
        for index, entry in enumerate(rda.get(name, [])):
            path: Path = (*_HERE, (name, index), "asset")
            entry["asset"] = context.real_name(context.live(entry.get("asset", ""), "asset", path))


def errors(context: Context, ad: Body) -> Check:
    """Everything that is wrong with the ad's content; policy is looked at when the rest is right."""
    rda = ad["responsive_display_ad"]
    found = [*_text_errors(ad, rda), *_picture_errors(context, rda), *_colour_errors(rda)]
    yield from found
    if not found:
        for name in LISTS:
            yield from policy_errors(rda.get(name, []), (*_HERE, name), context.ignorable_topics)


def _text_errors(ad: Body, rda: Body) -> Check:
    urls = ad.get("final_urls", [])
    if not urls:
        yield required("ad", "final_urls")
    yield from url_errors(urls, ("ad", "final_urls"))
    for name, limits in LISTS.items():
        yield from list_errors(rda.get(name, []), limits, (*_HERE, name))
    if "long_headline" not in rda:
        yield required(*_HERE, "long_headline")
    else:
        yield from one_errors(rda["long_headline"].get("text", ""), 90, (*_HERE, "long_headline", "text"))
    if "business_name" not in rda:
        yield required(*_HERE, "business_name")
    else:
        yield from one_errors(rda["business_name"], 25, (*_HERE, "business_name"))
    if "call_to_action_text" in rda:
        yield from one_errors(rda["call_to_action_text"], 30, (*_HERE, "call_to_action_text"))


def _picture_errors(context: Context, rda: Body) -> Check:
    have = {name: rda.get(name, []) for name in _IMAGES}
    for name in ("marketing_images", "square_marketing_images"):
        yield from size_errors(len(have[name]), 1, _MOST_PICTURES, (*_HERE, name))
    for first, second, most in (
        ("marketing_images", "square_marketing_images", _MOST_PICTURES),
        ("logo_images", "square_logo_images", _MOST_LOGOS),
    ):
        number = len(have[first]) + len(have[second])
        if number > most and max(len(have[first]), len(have[second])) <= most:
            yield from size_errors(number, 0, most, (*_HERE, first))
    yield from size_errors(len(rda.get("youtube_videos", [])), 0, _MOST_VIDEOS, (*_HERE, "youtube_videos"))
    for name, entries in have.items():
        for index, entry in enumerate(entries):
            path: Path = (*_HERE, (name, index), "asset")
            asset = context.resolve(entry["asset"], "asset", path)
            yield from fits(asset.body, FIELD_TYPES[name], path)
            if entry in entries[:index]:
                yield AdsError("asset_error", "DUPLICATE_ASSET", "The same image is used twice.", path, trigger=entry["asset"])


def _colour_errors(rda: Body) -> Check:
    colours = [name for name in ("main_color", "accent_color") if rda.get(name)]
    if len(colours) == 1:
        yield required(*_HERE, "accent_color" if colours == ["main_color"] else "main_color")
    for name in colours:
        if not _COLOUR.fullmatch(rda[name]):
            message = "A colour is written #rrggbb."
            yield AdsError("string_format_error", "INVALID_FORMAT", message, (*_HERE, name), trigger=rda[name])
    if not colours and rda.get("allow_flexible_color") is False:
        message = "Flexible colours can be forbidden only where colours are given."
        yield AdsError("ad_error", "CANNOT_SET_ALLOW_FLEXIBLE_COLOR_FALSE", message, (*_HERE, "allow_flexible_color"))
