"""Responsive search ads: texts, pins and paths."""

from typing import Final

from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Path
from sandbox.google.rules.kind import Check, text_error
from sandbox.google.rules.text import display_width
from sandbox.google.rules.texts import Limits, list_errors, policy_errors
from sandbox.google.rules.urls import url_errors

# developers.google.com/google-ads/api/docs/ads/responsive-search-ads: how few, how many, how wide.
LISTS: Final = {"headlines": Limits(3, 15, 30), "descriptions": Limits(2, 4, 90)}
PATH_WIDTH: Final = 15
FIELD_TYPES: Final = {"headlines": "HEADLINE", "descriptions": "DESCRIPTION"}
_PINS: Final = {
    "headlines": ("HEADLINE_1", "HEADLINE_2", "HEADLINE_3"),
    "descriptions": ("DESCRIPTION_1", "DESCRIPTION_2"),
}
_HERE: Final = ("ad", "responsive_search_ad")


def errors(context: Context, ad: Body) -> Check:
    """Everything that is wrong with the ad's content; policy is looked at when the rest is right."""
    found = list(_content_errors(ad))
    yield from found
    if not found:
        for name in LISTS:
            yield from policy_errors(ad["responsive_search_ad"].get(name, []), (*_HERE, name), context.ignorable_topics)


def _content_errors(ad: Body) -> Check:
    rsa = ad["responsive_search_ad"]
    urls = ad.get("final_urls", [])
    if not urls:
        yield AdsError("field_error", "REQUIRED", "The required field was not present.", ("ad", "final_urls"))
    yield from url_errors(urls, ("ad", "final_urls"))
    for name, limits in LISTS.items():
        yield from list_errors(rsa.get(name, []), limits, (*_HERE, name))
        for index, entry in enumerate(rsa.get(name, [])):
            if entry.get("pinned_field", _PINS[name][0]) not in _PINS[name]:
                message = "The asset cannot be pinned to this field."
                pin_path: Path = (*_HERE, (name, index), "pinned_field")
                yield AdsError("asset_link_error", "INVALID_PINNED_FIELD", message, pin_path, trigger=entry["pinned_field"])
    yield from _path_errors(rsa)


def _path_errors(rsa: Body) -> Check:
    if rsa.get("path2") and not rsa.get("path1"):
        message = "path2 cannot be set without path1."
        yield AdsError("ad_error", "CANNOT_SET_PATH2_WITHOUT_PATH1", message, (*_HERE, "path2"), trigger=rsa["path2"])
    for name in ("path1", "path2"):
        text = rsa.get(name, "")
        if display_width(text) > PATH_WIDTH:
            yield text_error("TOO_LONG", (*_HERE, name), text)
        if any(char in text for char in "/ \t\n"):
            message = "A path holds neither slashes nor spaces."
            yield AdsError("string_format_error", "ILLEGAL_CHARS", message, (*_HERE, name), trigger=text)
