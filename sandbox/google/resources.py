"""Stored objects as the platform shows them: ids, resource names and the fields that only the platform writes."""

from typing import Any

from sandbox.google.bodies import Body
from sandbox.google.context import resource_name
from sandbox.store import Obj


def full_body(obj: Obj) -> Body:
    """The current body with resource name, ids and what only the platform writes."""
    body: Body = {**current_body(obj), "resource_name": resource_name(obj)}
    _OWN.get(obj.kind, _plain)(obj, body)
    return body


def current_body(obj: Obj) -> Body:
    """The body as stored, with the columns name and status, which an edit outside the API changes."""
    body = dict(obj.body)
    if obj.name is not None and "name" in body:
        body["name"] = obj.name
    if obj.status is not None:
        body["status"] = obj.status
    return body


def _plain(obj: Obj, body: Body) -> None:
    body["id"] = int(obj.id)


def _ad(obj: Obj, body: Body) -> None:
    body["ad"] = {**body["ad"], "id": int(obj.id), "resource_name": f"customers/{obj.account}/ads/{obj.id}"}
    body["ad_strength"] = "AVERAGE"


def _keyword(obj: Obj, body: Body) -> None:
    body["criterion_id"] = int(obj.id)
    body["display_name"] = body.get("keyword", {}).get("text", "")
    if not body.get("negative"):
        body["system_serving_status"] = "ELIGIBLE"
        body["approval_status"] = "APPROVED"


def _named_by_others(_obj: Obj, _body: Body) -> None:
    """A campaign criterion's id stands in the body; links and signals have none of their own."""


def _group(obj: Obj, body: Body) -> None:
    body["id"] = int(obj.id)
    body["ad_strength"] = "AVERAGE"


_SHOWN = {"image_asset": ("file_size", "mime_type", "full_size"), "media_bundle_asset": ()}


def _asset(obj: Obj, body: Body) -> None:
    body["id"] = int(obj.id)
    for kind, shown in _SHOWN.items():
        if kind in body:
            # The digest is the store's own; the platform answers size and type.
            body[kind] = {key: value for key, value in body[kind].items() if key in shown}


def _action(obj: Obj, body: Body) -> None:
    body["id"] = int(obj.id)
    body["owner_customer"] = f"customers/{obj.account}"


_OWN: dict[str, Any] = {
    "ad_group_ad": _ad,
    "ad_group_criterion": _keyword,
    "campaign_criterion": _named_by_others,
    "campaign_asset": _named_by_others,
    "campaign_conversion_goal": _named_by_others,
    "asset_group_asset": _named_by_others,
    "asset_group_signal": _named_by_others,
    "asset_group": _group,
    "asset": _asset,
    "conversion_action": _action,
}
