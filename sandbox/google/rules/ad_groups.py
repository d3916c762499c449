"""Ad groups of Search and Display campaigns."""

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context, is_gone
from sandbox.google.errors import AdsError
from sandbox.google.rules.kind import Check, Kind, required, status_check, text_error
from sandbox.store import Obj

# The first is what a group becomes when nothing is said.
_TYPES = {"SEARCH": ("SEARCH_STANDARD", "SEARCH_DYNAMIC_ADS"), "DISPLAY": ("DISPLAY_STANDARD",)}


def _prepare(context: Context, body: Body) -> str | None:
    body.setdefault("status", "ENABLED")
    if "campaign" not in body:
        return None
    campaign = context.live(body["campaign"], "campaign", ("campaign",))
    body["campaign"] = context.real_name(campaign)
    known = _TYPES.get(_channel(campaign))
    if known:
        body.setdefault("type", known[0])
    return campaign.id


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    if "campaign" not in body:
        yield required("campaign")
        return
    channel = _channel(context.resolve(body["campaign"], "campaign", ("campaign",)))
    if channel not in _TYPES:
        message = f"Ad groups cannot be added to a {channel} campaign."
        yield AdsError("ad_group_error", "CANNOT_ADD_AD_GROUP_FOR_CAMPAIGN_TYPE", message, ("campaign",))
        return
    yield from _name(context, body, before)
    if body["type"] not in _TYPES[channel]:
        code = "AD_GROUP_TYPE_NOT_VALID_FOR_ADVERTISING_CHANNEL_TYPE"
        message = f"The ad group type is not valid for a {channel} campaign."
        yield AdsError("ad_group_error", code, message, ("type",), trigger=body["type"])
    yield from bid_errors(context, body)


def _channel(campaign: Obj) -> str:
    return str(campaign.body.get("advertising_channel_type", "SEARCH"))


def _name(context: Context, body: Body, before: Obj | None) -> Check:
    name = body.get("name", "")
    if not name:
        yield required("name")
        return
    if len(name) > 255:
        yield text_error("TOO_LONG", ("name",), name)
    parent = body["campaign"].rsplit("/", 1)[-1]
    for other in context.tx.find(PLATFORM, context.account.id, "ad_group", parent=parent, name=name):
        if not is_gone(other) and (before is None or other.id != before.id):
            message = "An ad group with this name already exists in the campaign."
            yield AdsError("ad_group_error", "DUPLICATE_ADGROUP_NAME", message, ("name",), trigger=name)
            return


def bid_errors(context: Context, body: Body) -> Check:
    """A bid is not negative and a multiple of the smallest currency unit."""
    bid = body.get("cpc_bid_micros")
    if bid is None:
        return
    if bid < 0:
        message = "The bid is too small."
        yield AdsError("bidding_error", "BID_TOO_SMALL", message, ("cpc_bid_micros",), trigger=str(bid))
    elif bid % context.account.smallest_unit_micros:
        message = "The bid is not a multiple of the smallest currency unit."
        code = "BID_TOO_MANY_FRACTIONAL_DIGITS"
        yield AdsError("bidding_error", code, message, ("cpc_bid_micros",), trigger=str(bid))


KIND = Kind("ad_group", "AdGroup", _prepare, _check)
