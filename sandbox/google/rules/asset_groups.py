"""Asset groups of Performance Max campaigns."""

from typing import Final

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context, is_gone
from sandbox.google.errors import AdsError
from sandbox.google.rules.kind import Check, Kind, required, status_check, text_error
from sandbox.google.rules.links import group_errors
from sandbox.google.rules.text import display_width
from sandbox.google.rules.urls import url_errors
from sandbox.store import Obj

_LONGEST_NAME: Final = 128
_PATH_WIDTH: Final = 15


def _prepare(context: Context, body: Body) -> str | None:
    body.setdefault("status", "ENABLED")
    if "campaign" not in body:
        return None
    campaign = context.resolve(body["campaign"], "campaign", ("campaign",))
    if is_gone(campaign):
        message = "The campaign is removed."
        code = "CANNOT_MUTATE_ASSET_GROUP_FOR_REMOVED_CAMPAIGN"
        raise AdsError("asset_group_error", code, message, ("campaign",), trigger=body["campaign"])
    body["campaign"] = context.real_name(campaign)
    return campaign.id


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    if "campaign" not in body:
        yield required("campaign")
        return
    campaign = context.resolve(body["campaign"], "campaign", ("campaign",))
    if campaign.body.get("advertising_channel_type") != "PERFORMANCE_MAX":
        message = "Asset groups belong to Performance Max campaigns."
        yield AdsError("asset_group_error", "CANNOT_ADD_ASSET_GROUP_FOR_CAMPAIGN_TYPE", message, ("campaign",))
        return
    yield from _name(context, body, campaign, before)
    yield from _urls(body, has_feed="merchant_id" in campaign.body.get("shopping_setting", {}))


def _name(context: Context, body: Body, campaign: Obj, before: Obj | None) -> Check:
    name = body.get("name", "")
    if not name:
        yield required("name")
        return
    if len(name) > _LONGEST_NAME:
        yield text_error("TOO_LONG", ("name",), name)
    for other in context.tx.find(PLATFORM, context.account.id, "asset_group", parent=campaign.id, name=name):
        if not is_gone(other) and (before is None or other.id != before.id):
            message = "Each asset group of a campaign has a name of its own."
            yield AdsError("asset_group_error", "DUPLICATE_NAME", message, ("name",), trigger=name)
            return


def _urls(body: Body, *, has_feed: bool) -> Check:
    urls = body.get("final_urls", [])
    if not urls and not has_feed:
        yield AdsError("asset_group_error", "FINAL_URL_REQUIRED", "An asset group needs a final URL.", ("final_urls",))
    yield from url_errors(urls, ("final_urls",))
    yield from url_errors(body.get("final_mobile_urls", []), ("final_mobile_urls",))
    if body.get("path2") and not body.get("path1"):
        message = "path2 cannot be set without path1."
        yield AdsError("asset_group_error", "PATH1_REQUIRED_WHEN_PATH2_IS_SET", message, ("path2",), trigger=body["path2"])
    for name in ("path1", "path2"):
        if display_width(body.get(name, "")) > _PATH_WIDTH:
            yield text_error("TOO_LONG", (name,), body[name])


def _after(context: Context, _body: Body, group: Obj) -> None:
    context.at_the_end(f"asset_group {group.id}", lambda at: group_errors(at, group.id))


def _may_go(context: Context, group: Obj) -> Check:
    campaign = context.tx.get(PLATFORM, group.account, "campaign", group.parent or "")
    siblings = context.tx.find(PLATFORM, group.account, "asset_group", parent=group.parent)
    others = [other for other in siblings if other.id != group.id and not is_gone(other)]
    if not others and campaign is not None and campaign.status == "ENABLED":
        message = "The last asset group of a campaign cannot be removed."
        yield AdsError("asset_group_error", "CANNOT_REMOVE_ALL_ASSET_GROUPS_FROM_CAMPAIGN", message)


KIND = Kind("asset_group", "AssetGroup", _prepare, _check, after=_after, may_go=_may_go)
