"""Ads of an ad group: responsive search ads and responsive display ads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import grpc

from sandbox.google import reviews
from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Refused
from sandbox.google.rules import assets, bundles, responsive_display, responsive_search
from sandbox.google.rules.kind import Check, Kind, required, status_check
from sandbox.store import Obj


@dataclass(frozen=True)
class Format:
    """A format of ad: `errors` of its content, `links` of its lists to types of asset; `most` of it may be enabled in one ad group."""

    field: str
    channel: str
    errors: Callable[[Context, Body], Check]
    links: Mapping[str, str]
    most: int
    limit: str

    @property
    def type(self) -> str:
        return self.field.upper()


FORMATS: Final = (
    Format(
        "responsive_search_ad", "SEARCH", responsive_search.errors, responsive_search.FIELD_TYPES, 3, "RESPONSIVE_SEARCH_ADS_PER_AD_GROUP"
    ),
    Format("responsive_display_ad", "DISPLAY", responsive_display.errors, responsive_display.FIELD_TYPES, 50, "ENABLED_ADS_PER_AD_GROUP"),
    Format("display_upload_ad", "DISPLAY", bundles.ad_errors, {}, 50, "ENABLED_ADS_PER_AD_GROUP"),
)


def format_of(ad: Body) -> Format | None:
    """The format whose member of the oneof is set."""
    return next((known for known in FORMATS if known.field in ad), None)


def _prepare(context: Context, body: Body) -> str | None:
    body.setdefault("status", "ENABLED")
    if "ad_group" not in body:
        return None
    group = context.live(body["ad_group"], "ad_group", ("ad_group",))
    body["ad_group"] = context.real_name(group)
    if "ad" in body:
        ad = body["ad"]
        ad.pop("id", None)
        ad.pop("resource_name", None)
        if known := format_of(ad):
            ad["type"] = known.type
        if "responsive_display_ad" in ad:
            responsive_display.prepare(context, ad)
        reviews.submit(context.tx, body, texts_of(ad))
    return group.id


def texts_of(ad: Body) -> list[str]:
    """Every text of an ad that review reads."""
    known = format_of(ad)
    content = ad[known.field] if known else {}
    entries = [*content.get("headlines", []), *content.get("descriptions", []), content.get("long_headline", {})]
    return [entry["text"] for entry in entries if "text" in entry]


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    if "ad_group" not in body:
        yield required("ad_group")
        return
    if "ad" not in body:
        yield required("ad")
        return
    known = format_of(body["ad"])
    if known is None:
        kinds = sorted(key for key in body["ad"] if key.endswith("_ad"))
        if kinds:
            names = ", ".join(each.field for each in FORMATS)
            raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox simulates {names}, not {kinds[0]}")
        yield required("ad", "ad_data")
        return
    if before is None:
        group = context.resolve(body["ad_group"], "ad_group", ("ad_group",))
        if str(group.body.get("type", "SEARCH_STANDARD")).split("_", 1)[0] != known.channel:
            message = f"A {known.field} cannot stand in an ad group of type {group.body.get('type')}."
            yield AdsError("context_error", "OPERATION_NOT_PERMITTED_FOR_CONTEXT", message, ("ad", known.field))
            return
    if before is None or before.body["ad"] != body["ad"]:
        yield from known.errors(context, body["ad"])
    yield from _enabled_limit(context, body, before, known)


def _enabled_limit(context: Context, body: Body, before: Obj | None, known: Format) -> Check:
    if body["status"] != "ENABLED" or (before is not None and before.status == "ENABLED"):
        return
    group = body["ad_group"].rsplit("/", 1)[-1]
    ads = context.tx.find(PLATFORM, context.account.id, "ad_group_ad", parent=group)
    enabled = sum(1 for ad in ads if ad.status == "ENABLED")
    if enabled >= known.most:
        details = {
            "enclosing_id": group,
            "enclosing_resource": "AdGroup",
            "limit": known.most,
            "limit_type": known.limit,
            "existing_count": enabled,
        }
        yield AdsError(
            "resource_count_limit_exceeded_error",
            "ADGROUP_LIMIT",
            f"An ad group holds at most {known.most} enabled ads of this format.",
            details={"resource_count_details": details},
        )


def _after(context: Context, body: Body, ad: Obj) -> None:
    """Each text becomes an asset of the account; each asset is linked to the ad under its field."""
    known = format_of(body["ad"])
    if known is None:
        return
    content = body["ad"][known.field]
    linked = [(kind, entry) for name, kind in known.links.items() for entry in content.get(name, [])]
    if "long_headline" in content:
        linked.append(("LONG_HEADLINE", content["long_headline"]))
    for field_type, entry in linked:
        asset = entry["asset"].rsplit("/", 1)[-1] if "asset" in entry else assets.text_asset(context, entry["text"])
        key = f"{ad.id}~{asset}~{field_type}"
        if context.tx.get(PLATFORM, ad.account, "ad_asset", key) is None:
            link = {"asset": asset, "field_type": field_type, "pinned_field": entry.get("pinned_field")}
            context.tx.insert(PLATFORM, ad.account, "ad_asset", link, id=key, parent=ad.id)


KIND = Kind("ad_group_ad", "AdGroupAd", _prepare, _check, after=_after)
