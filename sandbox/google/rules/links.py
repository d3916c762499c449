"""Links of assets to a Performance Max campaign (its brand) and to its asset groups, and what a group must have at least."""

from collections import Counter
from typing import Final

from sandbox.google import reviews
from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context, is_gone
from sandbox.google.errors import AdsError
from sandbox.google.rules.fields import FIELDS, fits
from sandbox.google.rules.kind import Check, Kind, required, status_check
from sandbox.google.rules.text import display_width
from sandbox.store import Obj

BRAND: Final = ("BUSINESS_NAME", "LOGO", "LANDSCAPE_LOGO")
# Field type: fewest, most, and the error of AssetGroupError that says which is missing.
_LEAST: Final = {
    "HEADLINE": (3, "NOT_ENOUGH_HEADLINE_ASSET"),
    "LONG_HEADLINE": (1, "NOT_ENOUGH_LONG_HEADLINE_ASSET"),
    "DESCRIPTION": (2, "NOT_ENOUGH_DESCRIPTION_ASSET"),
    "MARKETING_IMAGE": (1, "NOT_ENOUGH_MARKETING_IMAGE_ASSET"),
    "SQUARE_MARKETING_IMAGE": (1, "NOT_ENOUGH_SQUARE_MARKETING_IMAGE_ASSET"),
}
_LEAST_BRAND: Final = {"BUSINESS_NAME": (1, "NOT_ENOUGH_BUSINESS_NAME_ASSET"), "LOGO": (1, "NOT_ENOUGH_LOGO_ASSET")}
_BRAND_OF_CAMPAIGN: Final = {"BUSINESS_NAME": "REQUIRED_BUSINESS_NAME_ASSET_NOT_LINKED", "LOGO": "REQUIRED_LOGO_ASSET_NOT_LINKED"}
_IMAGES: Final = ("MARKETING_IMAGE", "SQUARE_MARKETING_IMAGE", "PORTRAIT_MARKETING_IMAGE", "TALL_PORTRAIT_MARKETING_IMAGE")
# Kinds of field that share a limit, with the limit.
_MOST: Final = (
    (("HEADLINE",), 15),
    (("LONG_HEADLINE",), 5),
    (("DESCRIPTION",), 5),
    (("BUSINESS_NAME",), 1),
    (_IMAGES, 20),
    (("LOGO", "LANDSCAPE_LOGO"), 5),
)
SHORT_DESCRIPTION: Final = 60


def _prepare_group(context: Context, body: Body) -> str | None:
    parent = _prepare(context, body, "asset_group")
    if "asset" in body:
        asset = context.resolve(body["asset"], "asset", ("asset",))
        reviews.submit(context.tx, body, [asset.body["text_asset"]["text"]] if "text_asset" in asset.body else [])
    return parent


def _prepare_campaign(context: Context, body: Body) -> str | None:
    return _prepare(context, body, "campaign")


def _prepare(context: Context, body: Body, owner: str) -> str | None:
    body.setdefault("status", "ENABLED")
    body.setdefault("source", "ADVERTISER")
    if "asset" in body:
        body["asset"] = context.real_name(context.live(body["asset"], "asset", ("asset",)))
    if owner not in body:
        return None
    above = context.live(body[owner], owner, (owner,))
    body[owner] = context.real_name(above)
    return above.id


def _complete(body: Body, *names: str) -> list[AdsError]:
    return [required(name) for name in names if name not in body]


def _check_group(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    if missing := _complete(body, "asset_group", "asset", "field_type"):
        yield from missing
        return
    group = context.resolve(body["asset_group"], "asset_group", ("asset_group",))
    _watch(context, group)
    if before is not None:
        return
    field = body["field_type"]
    if field not in FIELDS:
        message = f"Assets cannot be linked as {field}."
        yield AdsError("asset_link_error", "UNSUPPORTED_FIELD_TYPE", message, ("field_type",), trigger=field)
        return
    if field in BRAND and brand_guidelines(context, group.parent or ""):
        message = "Business name and logo of a campaign with brand guidelines are linked to the campaign."
        yield AdsError("asset_link_error", "BRAND_ASSETS_NOT_LINKED_AT_CAMPAIGN_LEVEL", message, ("field_type",), trigger=field)
        return
    yield from _link(context, body, "asset_group_asset")


def _check_campaign(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    if missing := _complete(body, "campaign", "asset", "field_type"):
        yield from missing
        return
    campaign = context.resolve(body["campaign"], "campaign", ("campaign",))
    watch_brand(context, campaign)
    if before is not None:
        return
    field = body["field_type"]
    if field not in BRAND or campaign.body.get("advertising_channel_type") != "PERFORMANCE_MAX":
        message = f"A {field} cannot be linked to this campaign."
        yield AdsError("asset_link_error", "FIELD_TYPE_INCOMPATIBLE_WITH_CAMPAIGN_TYPE", message, ("field_type",), trigger=field)
        return
    if not campaign.body.get("brand_guidelines_enabled"):
        message = "Business name and logo of a campaign without brand guidelines are linked to its asset groups."
        yield AdsError("asset_link_error", "BRAND_ASSETS_NOT_LINKED_AT_ASSET_GROUP_LEVEL", message, ("field_type",), trigger=field)
        return
    yield from _link(context, body, "campaign_asset")


def _link(context: Context, body: Body, kind: str) -> Check:
    asset = context.resolve(body["asset"], "asset", ("asset",))
    yield from fits(asset.body, body["field_type"], ("asset",))
    if kind == "asset_group_asset" and is_linked(context, kind, link_id(body)):
        message = "The asset is already linked under this field."
        yield AdsError("asset_group_asset_error", "DUPLICATE_RESOURCE", message, ("asset",), trigger=body["asset"])


def is_linked(context: Context, kind: str, key: str) -> bool:
    """Whether the link exists and was not removed."""
    link = context.tx.get(PLATFORM, context.account.id, kind, key)
    return link is not None and not is_gone(link)


def link_id(body: Body) -> str:
    """`{parent}~{asset}~{FIELD_TYPE}`."""
    parent = body.get("asset_group") or body["campaign"]
    return f"{parent.rsplit('/', 1)[-1]}~{body['asset'].rsplit('/', 1)[-1]}~{body['field_type']}"


def _same(context: Context, body: Body) -> Obj | None:
    """A second equal link to a campaign is the first one."""
    link = context.tx.get(PLATFORM, context.account.id, "campaign_asset", link_id(body))
    return link if link is not None and not is_gone(link) else None


def brand_guidelines(context: Context, campaign_id: str) -> bool:
    """Whether the campaign's brand stands at the campaign."""
    campaign = context.tx.get(PLATFORM, context.account.id, "campaign", campaign_id)
    return campaign is not None and bool(campaign.body.get("brand_guidelines_enabled"))


def _watch(context: Context, group: Obj) -> None:
    context.at_the_end(f"asset_group {group.id}", lambda at: group_errors(at, group.id))


def watch_brand(context: Context, campaign: Obj) -> None:
    """Check at the end of the request that a campaign with brand guidelines has its business name and logo."""
    if campaign.body.get("brand_guidelines_enabled"):
        context.at_the_end(f"campaign {campaign.id}", lambda at: _brand_errors(at, campaign.id))


def _brand_errors(context: Context, key: str) -> Check:
    campaign = context.tx.get(PLATFORM, context.account.id, "campaign", key)
    if campaign is None or is_gone(campaign) or "merchant_id" in campaign.body.get("shopping_setting", {}):
        return
    linked = Counter(link.body["field_type"] for link in _live(context, "campaign_asset", key))
    for field, code in _BRAND_OF_CAMPAIGN.items():
        if not linked[field]:
            message = f"A campaign with brand guidelines needs a {field} asset."
            yield AdsError("campaign_error", code, message)
    yield from _too_many(linked)


def _live(context: Context, kind: str, parent: str) -> list[Obj]:
    found = context.tx.find(PLATFORM, context.account.id, kind, parent=parent)
    return [link for link in found if not is_gone(link)]


def group_errors(context: Context, key: str) -> Check:
    """What an asset group lacks, or has too much of. A campaign with a product feed needs none of it."""
    group = context.tx.get(PLATFORM, context.account.id, "asset_group", key)
    if group is None or is_gone(group):
        return
    campaign = context.tx.get(PLATFORM, context.account.id, "campaign", group.parent or "")
    if campaign is None or is_gone(campaign):
        return
    links = _live(context, "asset_group_asset", key)
    have = Counter(link.body["field_type"] for link in links)
    if "merchant_id" not in campaign.body.get("shopping_setting", {}):
        at_group = {} if campaign.body.get("brand_guidelines_enabled") else _LEAST_BRAND
        for field, (least, code) in {**_LEAST, **at_group}.items():
            if have[field] < least:
                message = f"An asset group needs at least {least} {field} assets; this one has {have[field]}."
                yield AdsError("asset_group_error", code, message)
        if have["DESCRIPTION"] >= _LEAST["DESCRIPTION"][0] and not _has_short(context, links):
            message = f"One description of at most {SHORT_DESCRIPTION} characters is needed."
            yield AdsError("asset_group_error", "SHORT_DESCRIPTION_REQUIRED", message)
    yield from _too_many(have)


def _has_short(context: Context, links: list[Obj]) -> bool:
    for link in links:
        if link.body["field_type"] == "DESCRIPTION":
            asset = context.tx.get(PLATFORM, context.account.id, "asset", link.body["asset"].rsplit("/", 1)[-1])
            if asset is not None and display_width(asset.body["text_asset"]["text"]) <= SHORT_DESCRIPTION:
                return True
    return False


def _too_many(have: Counter[str]) -> Check:
    for fields, most in _MOST:
        number = sum(have[field] for field in fields)
        if number > most:
            message = f"At most {most} assets of {', '.join(fields)} are allowed; there are {number}."
            details = {"limit": most, "existing_count": number, "limit_type": f"{fields[0]}_ASSETS_PER_ASSET_GROUP"}
            wrapped = {"resource_count_details": details}
            yield AdsError("resource_count_limit_exceeded_error", "RESOURCE_LIMIT", message, details=wrapped)


def _gone_from_group(context: Context, link: Obj) -> None:
    group = context.tx.get(PLATFORM, link.account, "asset_group", link.parent or "")
    if group is not None:
        _watch(context, group)


def _gone_from_campaign(context: Context, link: Obj) -> None:
    campaign = context.tx.get(PLATFORM, link.account, "campaign", link.parent or "")
    if campaign is not None:
        watch_brand(context, campaign)


def _unnamed(_body: Body) -> None:
    return None


GROUP_KIND = Kind(
    "asset_group_asset", "AssetGroupAsset", _prepare_group, _check_group, name=_unnamed, gone=_gone_from_group, own_id=link_id
)
CAMPAIGN_KIND = Kind(
    "campaign_asset",
    "CampaignAsset",
    _prepare_campaign,
    _check_campaign,
    name=_unnamed,
    twin=_same,
    gone=_gone_from_campaign,
    own_id=link_id,
)
