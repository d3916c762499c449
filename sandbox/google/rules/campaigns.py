"""Campaigns: Search, Display and Performance Max; other channels are refused as not simulated."""

import datetime as dt

import grpc

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context, is_gone
from sandbox.google.errors import AdsError, Refused
from sandbox.google.rules import budgets
from sandbox.google.rules.flights import flight_errors, normalise
from sandbox.google.rules.kind import Check, Kind, required, same, status_check, text_error
from sandbox.google.rules.links import watch_brand
from sandbox.store import Obj, to_text

BIDDING = {
    "manual_cpc": "MANUAL_CPC",
    "target_spend": "TARGET_SPEND",
    "maximize_conversions": "MAXIMIZE_CONVERSIONS",
    "maximize_conversion_value": "MAXIMIZE_CONVERSION_VALUE",
    "target_cpa": "TARGET_CPA",
    "target_roas": "TARGET_ROAS",
    "target_impression_share": "TARGET_IMPRESSION_SHARE",
    "percent_cpc": "PERCENT_CPC",
}
# Strategies that learn from conversions.
_NEEDS_CONVERSIONS = ("maximize_conversions", "maximize_conversion_value", "target_cpa", "target_roas")
# What each channel serves on when nothing is said. Performance Max serves everywhere and takes no networks.
_NETWORKS = {
    "SEARCH": {
        "target_google_search": True,
        "target_search_network": True,
        "target_content_network": False,
        "target_partner_search_network": False,
    },
    "DISPLAY": {
        "target_google_search": False,
        "target_search_network": False,
        "target_content_network": True,
        "target_partner_search_network": False,
    },
}
_PERFORMANCE_MAX = "PERFORMANCE_MAX"
_CHANNELS = (*_NETWORKS, _PERFORMANCE_MAX)
_PERFORMANCE_MAX_BIDDING = ("maximize_conversions", "maximize_conversion_value")


def _prepare(context: Context, body: Body) -> str | None:
    body.setdefault("status", "ENABLED")
    body.setdefault("ad_serving_optimization_status", "OPTIMIZE")
    body.setdefault("payment_mode", "CLICKS")
    channel = body.get("advertising_channel_type", "SEARCH")
    if channel in _NETWORKS:
        networks = body.setdefault("network_settings", dict(_NETWORKS[channel]))
        for name in _NETWORKS[channel]:
            networks.setdefault(name, False)
    elif channel == _PERFORMANCE_MAX:
        body.setdefault("brand_guidelines_enabled", True)
        body.setdefault("url_expansion_opt_out", False)
    geo = body.setdefault("geo_target_type_setting", {})
    geo.setdefault("positive_geo_target_type", "PRESENCE_OR_INTEREST")
    geo.setdefault("negative_geo_target_type", "PRESENCE")
    if "start_date_time" not in body:
        body["start_date_time"] = context.account.now.strftime("%Y-%m-%d 00:00:00")
    if text := body.get("campaign_budget"):
        budget = context.resolve(text, "campaign_budget", ("campaign_budget",))
        body["campaign_budget"] = context.real_name(budget)
        return budget.id
    return None


def _parent(body: Body) -> str | None:
    """A campaign is found by the budget that pays for it."""
    return str(body.get("campaign_budget", "")).rsplit("/", 1)[-1] or None


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    yield from _name(context, body, before)
    yield from _channel(body)
    yield from _budget(context, body, before)
    yield from _bidding(context, body, before)
    yield from _network(body)
    normalise(body)
    yield from flight_errors(context, body, before)
    _learn(context, body, before)
    if "contains_eu_political_advertising" not in body and "contains_eu_political_advertising" not in context.account.body:
        # Enforced for every new campaign since 3 September 2025.
        yield required("contains_eu_political_advertising")


def _name(context: Context, body: Body, before: Obj | None) -> Check:
    name = body.get("name", "")
    if not name:
        yield required("name")
        return
    if len(name) > 256:
        yield text_error("TOO_LONG", ("name",), name)
    if any(ord(char) < 32 for char in name):
        message = "The campaign name may not hold control characters."
        yield AdsError("campaign_error", "INVALID_CAMPAIGN_NAME", message, ("name",), trigger=name)
    for other in context.tx.find(PLATFORM, context.account.id, "campaign", name=name):
        if not is_gone(other) and (before is None or other.id != before.id):
            message = "The campaign name is already in use by an active or paused campaign."
            yield AdsError("campaign_error", "DUPLICATE_CAMPAIGN_NAME", message, ("name",), trigger=name)
            return


def _channel(body: Body) -> Check:
    channel = body.get("advertising_channel_type")
    if channel is None:
        yield required("advertising_channel_type")
    elif channel not in _CHANNELS or "advertising_channel_sub_type" in body:
        raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox simulates plain {', '.join(_CHANNELS)} campaigns, not {channel}")
    if body.get("brand_guidelines_enabled") and channel != _PERFORMANCE_MAX:
        message = "Brand guidelines are for Performance Max campaigns."
        yield AdsError("campaign_error", "BRAND_GUIDELINES_UNSUPPORTED_CHANNEL", message, ("brand_guidelines_enabled",))


def _budget(context: Context, body: Body, before: Obj | None) -> Check:
    if not body.get("campaign_budget"):
        yield required("campaign_budget")
        return
    budget = context.resolve(body["campaign_budget"], "campaign_budget", ("campaign_budget",))
    if is_gone(budget):
        message = "The budget is removed."
        yield AdsError("campaign_budget_error", "CAMPAIGN_BUDGET_REMOVED", message, ("campaign_budget",))
    moved = not same(before, body, "campaign_budget")
    if body.get("advertising_channel_type") == _PERFORMANCE_MAX and budget.body["explicitly_shared"]:
        message = "A Performance Max campaign has a budget of its own."
        yield AdsError("campaign_error", "CAMPAIGN_CANNOT_USE_SHARED_BUDGET", message, ("campaign_budget",))
    if moved and not budget.body["explicitly_shared"] and budgets.users(context, budget):
        code = "CANNOT_USE_IMPLICITLY_SHARED_CAMPAIGN_BUDGET_WITH_MULTIPLE_CAMPAIGNS"
        message = "The budget is not shared and already pays for another campaign."
        yield AdsError("campaign_budget_error", code, message, ("campaign_budget",))
    if budget.body.get("period") == "CUSTOM_PERIOD" and not body.get("end_date_time"):
        message = "A campaign with a total budget needs an end date."
        yield AdsError("campaign_error", "END_DATE_TIME_REQUIRED_FOR_TOTAL_BUDGET", message, ("end_date_time",))


def _bidding(context: Context, body: Body, before: Obj | None) -> Check:
    chosen = [field for field in BIDDING if field in body]
    if body.get("advertising_channel_type") == _PERFORMANCE_MAX and not _fits_performance_max(body, chosen):
        message = "Performance Max campaigns maximise conversions or their value, with a strategy of their own."
        at = (chosen or ["bidding_strategy"])[0]
        yield AdsError("bidding_error", "CANNOT_CREATE_CAMPAIGN_WITH_BIDDING_STRATEGY", message, (at,))
        return
    if not chosen:
        yield required("campaign_bidding_strategy")
        return
    body["bidding_strategy_type"] = BIDDING[chosen[0]]
    if chosen[0] in _NEEDS_CONVERSIONS and not same(before, body, chosen[0]):
        actions = context.tx.find(PLATFORM, context.account.id, "conversion_action")
        if not any(action.status in (None, "ENABLED") for action in actions):
            message = "Conversion tracking is not enabled and is required for this bidding strategy."
            yield AdsError("campaign_error", "CONVERSION_TRACKING_NOT_ENABLED", message, (chosen[0],))
    target = body[chosen[0]].get("target_cpa_micros")
    if target is not None and (target < 0 or target % context.account.smallest_unit_micros):
        message = "The bid is negative or not a multiple of the smallest currency unit."
        code = "BID_TOO_SMALL" if target < 0 else "BID_TOO_MANY_FRACTIONAL_DIGITS"
        yield AdsError("bidding_error", code, message, (chosen[0], "target_cpa_micros"), trigger=str(target))


def _fits_performance_max(body: Body, chosen: list[str]) -> bool:
    return "bidding_strategy" not in body and (not chosen or chosen[0] in _PERFORMANCE_MAX_BIDDING)


def _network(body: Body) -> Check:
    channel, networks = body.get("advertising_channel_type"), body.get("network_settings", {})
    if channel not in _NETWORKS:
        return
    if channel == "DISPLAY" and (networks.get("target_google_search") or networks.get("target_search_network")):
        message = "A Display campaign cannot target the search network."
        yield AdsError("campaign_error", "CANNOT_TARGET_SEARCH_NETWORK", message, ("network_settings",))
    if not any(networks.get(name) for name in _NETWORKS[channel]):
        message = "The campaign must target at least one network."
        yield AdsError("campaign_error", "CAMPAIGN_MUST_TARGET_AT_LEAST_ONE_NETWORK", message, ("network_settings",))
    elif networks.get("target_search_network") and not networks.get("target_google_search"):
        message = "The search network cannot be targeted without Google Search."
        path = ("network_settings", "target_search_network")
        yield AdsError("campaign_error", "CANNOT_TARGET_SEARCH_NETWORK_WITHOUT_GOOGLE_SEARCH", message, path)
    if networks.get("target_partner_search_network"):
        message = "The partner search network is available to selected accounts only."
        path = ("network_settings", "target_partner_search_network")
        yield AdsError("campaign_error", "CANNOT_TARGET_PARTNER_SEARCH_NETWORK", message, path)


def _learn(context: Context, body: Body, before: Obj | None) -> None:
    """Remember since when and why the bidding strategy learns: first enabled, or set otherwise."""
    if before is None:
        return
    changed = next((field for field in BIDDING if before.body.get(field) != body.get(field)), None)
    started = "learning_since" not in body and before.status != "ENABLED" and body.get("status") == "ENABLED"
    if started or changed:
        body["learning_since"] = to_text(context.account.now)
        body["learning_why"] = "LEARNING_NEW" if started else "LEARNING_SETTING_CHANGE"


def has_ended(body: Body, now: dt.datetime) -> bool:
    """Whether the flight is over, in the customer's time zone."""
    end = str(body.get("end_date_time") or "9999")
    return end < now.strftime("%Y-%m-%d %H:%M:%S")


def _after(context: Context, _body: Body, campaign: Obj) -> None:
    watch_brand(context, campaign)


KIND = Kind("campaign", "Campaign", _prepare, _check, after=_after, parent=_parent)
