"""Ads of an ad group: responsive search ads."""

from urllib.parse import urlsplit

import grpc

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Path, Refused
from sandbox.google.rules import assets
from sandbox.google.rules.kind import Check, Kind, required, status_check, text_error
from sandbox.google.rules.policy import finding
from sandbox.google.rules.text import display_width
from sandbox.store import Obj

# developers.google.com/google-ads/api/docs/ads/responsive-search-ads: how few, how many, how wide.
LISTS = {"headlines": (3, 15, 30), "descriptions": (2, 4, 90)}
PATH_WIDTH = 15
MAX_ENABLED = 3
_PINS = {
    "headlines": ("HEADLINE_1", "HEADLINE_2", "HEADLINE_3"),
    "descriptions": ("DESCRIPTION_1", "DESCRIPTION_2"),
}
_RSA = ("ad", "responsive_search_ad")


def _prepare(context: Context, body: Body) -> str | None:
    body.setdefault("status", "ENABLED")
    if "ad_group" not in body:
        return None
    group = context.live(body["ad_group"], "ad_group", ("ad_group",))
    body["ad_group"] = context.real_name(group)
    if "ad" in body:
        body["ad"]["type"] = "RESPONSIVE_SEARCH_AD"
        body["ad"].pop("id", None)
        body["ad"].pop("resource_name", None)
    return group.id


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    if "ad_group" not in body:
        yield required("ad_group")
        return
    if "ad" not in body:
        yield required("ad")
        return
    if before is None:
        if "responsive_search_ad" not in body["ad"]:
            kinds = sorted(key for key in body["ad"] if key.endswith("_ad"))
            if kinds:
                raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox simulates responsive_search_ad, not {kinds[0]}")
            yield required("ad", "ad_data")
            return
        found = list(content_errors(body["ad"]))
        yield from found or _policy_errors(context, body["ad"])
    yield from _enabled_limit(context, body, before)


def content_errors(ad: Body) -> Check:
    """What is wrong with the texts, paths and URLs of a responsive search ad."""
    rsa = ad["responsive_search_ad"]
    yield from _url_errors(ad.get("final_urls", []), ("ad", "final_urls"))
    for name, (fewest, most, width) in LISTS.items():
        texts = [entry.get("text", "") for entry in rsa.get(name, [])]
        if not fewest <= len(texts) <= most:
            code = "TOO_FEW" if len(texts) < fewest else "TOO_MANY"
            message = f"Too {code[4:].lower()}."
            yield AdsError("collection_size_error", code, message, (*_RSA, name), trigger=str(len(texts)))
        for index, text in enumerate(texts):
            path: Path = (*_RSA, (name, index), "text")
            if not text.strip():
                yield text_error("EMPTY", path, text)
            elif display_width(text) > width:
                yield text_error("TOO_LONG", path, text)
            elif text in texts[:index]:
                message = "The same text is used twice."
                yield AdsError("asset_error", "DUPLICATE_ASSET", message, path, trigger=text)
        for index, entry in enumerate(rsa.get(name, [])):
            if entry.get("pinned_field", _PINS[name][0]) not in _PINS[name]:
                message = "The asset cannot be pinned to this field."
                pin_path: Path = (*_RSA, (name, index), "pinned_field")
                yield AdsError("asset_link_error", "INVALID_PINNED_FIELD", message, pin_path, trigger=entry["pinned_field"])
    yield from _path_errors(rsa)


def _policy_errors(context: Context, ad: Body) -> Check:
    for name in LISTS:
        for index, entry in enumerate(ad["responsive_search_ad"].get(name, [])):
            path: Path = (*_RSA, (name, index), "text")
            if error := finding(entry["text"], path, context.ignorable_topics):
                yield error


def _path_errors(rsa: Body) -> Check:
    if rsa.get("path2") and not rsa.get("path1"):
        message = "path2 cannot be set without path1."
        yield AdsError("ad_error", "CANNOT_SET_PATH2_WITHOUT_PATH1", message, (*_RSA, "path2"), trigger=rsa["path2"])
    for name in ("path1", "path2"):
        text = rsa.get(name, "")
        if display_width(text) > PATH_WIDTH:
            yield text_error("TOO_LONG", (*_RSA, name), text)
        if any(char in text for char in "/ \t\n"):
            message = "A path holds neither slashes nor spaces."
            yield AdsError("string_format_error", "ILLEGAL_CHARS", message, (*_RSA, name), trigger=text)


def _url_errors(urls: list[str], path: Path) -> Check:
    *inner, last = path
    if not urls:
        yield AdsError("field_error", "REQUIRED", "The required field was not present.", path)
    for index, url in enumerate(urls):
        at: Path = (*inner, (str(last), index))
        try:
            parts = urlsplit(url)
        except ValueError:
            yield AdsError("url_field_error", "MALFORMED_FINAL_URL", "The final URL is malformed.", at, trigger=url)
            continue
        if not parts.scheme:
            message = "The final URL has no protocol."
            yield AdsError("url_field_error", "MISSING_PROTOCOL_IN_FINAL_URL", message, at, trigger=url)
        elif parts.scheme.lower() not in ("http", "https"):
            message = "The final URL is neither http nor https."
            yield AdsError("url_field_error", "INVALID_PROTOCOL_IN_FINAL_URL", message, at, trigger=url)
        elif not parts.hostname:
            message = "The final URL has no host."
            yield AdsError("url_field_error", "MISSING_HOST_IN_FINAL_URL", message, at, trigger=url)
        elif any(char.isspace() for char in url) or len(url) > 2048:
            yield AdsError("url_field_error", "MALFORMED_FINAL_URL", "The final URL is malformed.", at, trigger=url)


def _enabled_limit(context: Context, body: Body, before: Obj | None) -> Check:
    if body["status"] != "ENABLED" or (before is not None and before.status == "ENABLED"):
        return
    group = body["ad_group"].rsplit("/", 1)[-1]
    ads = context.tx.find(PLATFORM, context.account.id, "ad_group_ad", parent=group)
    enabled = sum(1 for ad in ads if ad.status == "ENABLED")
    if enabled >= MAX_ENABLED:
        details = {
            "enclosing_id": group,
            "enclosing_resource": "AdGroup",
            "limit": MAX_ENABLED,
            "limit_type": "RESPONSIVE_SEARCH_ADS_PER_AD_GROUP",
            "existing_count": enabled,
        }
        yield AdsError(
            "resource_count_limit_exceeded_error",
            "ADGROUP_LIMIT",
            f"An ad group holds at most {MAX_ENABLED} enabled responsive search ads.",
            details={"resource_count_details": details},
        )


def _after(context: Context, body: Body, ad: Obj) -> None:
    """Each text becomes an asset of the account, linked to the ad under its field."""
    for name, field_type in (("headlines", "HEADLINE"), ("descriptions", "DESCRIPTION")):
        for entry in body["ad"]["responsive_search_ad"].get(name, []):
            asset = assets.text_asset(context, entry["text"])
            link = {"asset": asset, "field_type": field_type, "pinned_field": entry.get("pinned_field")}
            context.tx.insert(PLATFORM, ad.account, "ad_asset", link, id=f"{ad.id}~{asset}~{field_type}", parent=ad.id)


KIND = Kind("ad_group_ad", "AdGroupAd", _prepare, _check, after=_after)
