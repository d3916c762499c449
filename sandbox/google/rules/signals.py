"""Signals of asset groups (audiences and search themes), the audiences that they name, and listing group filters of feeds."""

from typing import Final

import grpc

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context, is_gone
from sandbox.google.errors import AdsError, Refused
from sandbox.google.rules.kind import Check, Kind, required, text_error
from sandbox.store import Obj

# developers.google.com/google-ads/api/performance-max/asset-group-signals
_THEME_CHARACTERS: Final = 80
_THEME_WORDS: Final = 10
_MOST_THEMES: Final = 50


def _group(context: Context, body: Body) -> str | None:
    if "asset_group" not in body:
        return None
    group = context.live(body["asset_group"], "asset_group", ("asset_group",))
    body["asset_group"] = context.real_name(group)
    return group.id


def _prepare_signal(context: Context, body: Body) -> str | None:
    body["approval_status"] = "APPROVED"
    if name := body.get("audience", {}).get("audience"):
        body["audience"]["audience"] = context.real_name(context.live(name, "audience", ("audience", "audience")))
    return _group(context, body)


def _check_signal(context: Context, body: Body, _before: Obj | None) -> Check:
    if "asset_group" not in body:
        yield required("asset_group")
        return
    if "search_theme" in body:
        yield from _theme(context, body)
    elif "audience" in body:
        if not body["audience"].get("audience"):
            yield required("audience", "audience")
    else:
        others = sorted(key for key, value in body.items() if isinstance(value, dict))
        if others:
            raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox simulates audience and search_theme signals, not {others[0]}")
        yield required("signal")


def _theme(context: Context, body: Body) -> Check:
    text, path = body["search_theme"].get("text", ""), ("search_theme", "text")
    if not text.strip():
        yield text_error("EMPTY", path, text)
    elif len(text) > _THEME_CHARACTERS:
        yield text_error("TOO_LONG", path, text)
    elif len(text.split()) > _THEME_WORDS:
        message = f"A search theme has at most {_THEME_WORDS} words."
        yield AdsError("asset_group_signal_error", "TOO_MANY_WORDS", message, path, trigger=text)
    group = body["asset_group"].rsplit("/", 1)[-1]
    signals = context.tx.find(PLATFORM, context.account.id, "asset_group_signal", parent=group)
    themes = sum("search_theme" in one.body for one in signals)
    if themes >= _MOST_THEMES:
        details = {"enclosing_id": group, "enclosing_resource": "AssetGroup", "limit": _MOST_THEMES, "existing_count": themes}
        message = f"An asset group holds at most {_MOST_THEMES} search themes."
        wrapped = {"resource_count_details": details}
        yield AdsError("resource_count_limit_exceeded_error", "RESOURCE_LIMIT", message, details=wrapped)


def _identity(body: Body) -> str:
    if "search_theme" in body:
        return "theme " + " ".join(body["search_theme"].get("text", "").lower().split())
    return "audience " + body["audience"]["audience"]


def _same_signal(context: Context, body: Body) -> Obj | None:
    group = body["asset_group"].rsplit("/", 1)[-1]
    found = context.tx.find(PLATFORM, context.account.id, "asset_group_signal", parent=group, name=_identity(body))
    return found[0] if found else None


def _prepare_audience(_context: Context, body: Body) -> None:
    body["status"] = "ENABLED"
    body.setdefault("scope", "CUSTOMER")


def _check_audience(context: Context, body: Body, before: Obj | None) -> Check:
    name = body.get("name", "")
    if not name:
        yield required("name")
    for other in context.tx.find(PLATFORM, context.account.id, "audience", name=name or None):
        if name and not is_gone(other) and (before is None or other.id != before.id):
            yield AdsError("audience_error", "NAME_ALREADY_IN_USE", "An audience with this name exists.", ("name",), trigger=name)
            break
    if not body.get("dimensions"):
        yield required("dimensions")


def _check_filter(context: Context, body: Body, _before: Obj | None) -> Check:
    for name in ("asset_group", "type", "listing_source"):
        if name not in body:
            yield required(name)
            return
    group = body["asset_group"].rsplit("/", 1)[-1]
    nodes = context.tx.find(PLATFORM, context.account.id, "asset_group_listing_group_filter", parent=group)
    if "parent_listing_group_filter" in body:
        path = ("parent_listing_group_filter",)
        above = context.live(body["parent_listing_group_filter"], "asset_group_listing_group_filter", path)
        body["parent_listing_group_filter"] = context.real_name(above)
        if above.body["type"] != "SUBDIVISION":
            message = "Only a subdivision has children."
            yield AdsError("asset_group_listing_group_filter_error", "UNIT_CANNOT_HAVE_CHILDREN", message, path)
    elif any("parent_listing_group_filter" not in node.body for node in nodes):
        message = "An asset group has one root."
        yield AdsError("asset_group_listing_group_filter_error", "MULTIPLE_ROOTS", message)


SIGNAL_KIND = Kind("asset_group_signal", "AssetGroupSignal", _prepare_signal, _check_signal, name=_identity, twin=_same_signal)
AUDIENCE_KIND = Kind("audience", "Audience", _prepare_audience, _check_audience)
FILTER_KIND = Kind("asset_group_listing_group_filter", "AssetGroupListingGroupFilter", _group, _check_filter)
