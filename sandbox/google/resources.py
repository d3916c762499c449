"""Stored objects as the platform shows them: ids, resource names and the fields that only the platform writes."""

from typing import Any

from sandbox.google.bodies import Body
from sandbox.google.context import resource_name
from sandbox.google.rules.campaigns import has_ended
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
    body["policy_summary"] = {"review_status": "REVIEWED", "approval_status": "APPROVED"}
    body["ad_strength"] = "AVERAGE"


def _keyword(obj: Obj, body: Body) -> None:
    body["criterion_id"] = int(obj.id)
    body["display_name"] = body.get("keyword", {}).get("text", "")
    if not body.get("negative"):
        body["system_serving_status"] = "ELIGIBLE"
        body["approval_status"] = "APPROVED"


def _target(_obj: Obj, _body: Body) -> None:
    """The criterion id stands in the body."""


def _asset(obj: Obj, body: Body) -> None:
    body["id"] = int(obj.id)
    if "image_asset" in body:
        # The digest is the store's own; the platform answers size and type.
        body["image_asset"] = {key: value for key, value in body["image_asset"].items() if key != "sha256"}


def _action(obj: Obj, body: Body) -> None:
    body["id"] = int(obj.id)
    body["owner_customer"] = f"customers/{obj.account}"


_OWN: dict[str, Any] = {
    "ad_group_ad": _ad,
    "ad_group_criterion": _keyword,
    "campaign_criterion": _target,
    "asset": _asset,
    "conversion_action": _action,
}


def campaign_status(body: Body, now: Any, *, has_groups: bool) -> Body:
    """serving_status and primary_status of a campaign from its own status and flight.

    `now` is the customer's time; `has_groups` whether an enabled ad group exists.
    """
    status = body.get("status")
    if status == "REMOVED":
        return {"serving_status": "NONE", "primary_status": "REMOVED", "primary_status_reasons": ["CAMPAIGN_REMOVED"]}
    if has_ended(body, now):
        return {"serving_status": "ENDED", "primary_status": "ENDED", "primary_status_reasons": ["CAMPAIGN_ENDED"]}
    if status == "PAUSED":
        return {"serving_status": "SERVING", "primary_status": "PAUSED", "primary_status_reasons": ["CAMPAIGN_PAUSED"]}
    if body.get("start_date_time", "") > now.strftime("%Y-%m-%d %H:%M:%S"):
        return {"serving_status": "PENDING", "primary_status": "PENDING", "primary_status_reasons": ["CAMPAIGN_PENDING"]}
    if not has_groups:
        reasons = ["NO_AD_GROUPS"]
        return {"serving_status": "SERVING", "primary_status": "NOT_ELIGIBLE", "primary_status_reasons": reasons}
    return {"serving_status": "SERVING", "primary_status": "ELIGIBLE", "primary_status_reasons": []}


def status_below(word: str, body: Body, campaign: Body, group: Body | None = None) -> Body:
    """primary_status of an ad group, ad or keyword (`word` AD_GROUP, AD_GROUP_AD, AD_GROUP_CRITERION).

    Its own status counts first, then its ad group's, then its campaign's, which must carry campaign_status.
    """
    own = body.get("status")
    if own in ("REMOVED", "PAUSED"):
        return {"primary_status": own, "primary_status_reasons": [f"{word}_{own}"]}
    if group is not None and group.get("status") in ("REMOVED", "PAUSED"):
        return {"primary_status": "NOT_ELIGIBLE", "primary_status_reasons": [f"AD_GROUP_{group['status']}"]}
    above = campaign["primary_status"]
    if above in ("REMOVED", "PAUSED", "ENDED", "PENDING"):
        status = "PENDING" if above == "PENDING" else "NOT_ELIGIBLE"
        return {"primary_status": status, "primary_status_reasons": [f"CAMPAIGN_{above}"]}
    return {"primary_status": "ELIGIBLE", "primary_status_reasons": []}
