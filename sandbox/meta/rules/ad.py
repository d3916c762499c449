"""Ads: an ad set and a creative that exist."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.meta import reviews
from sandbox.meta.errors import invalid, param
from sandbox.meta.rules import Draft
from sandbox.meta.rules.common import check_editable, check_name, new_status
from sandbox.meta.schema import required
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj

ADS_PER_ADSET: Final = 50
LINKED: Final = ("OUTCOME_TRAFFIC", "OUTCOME_SALES")


def _creative(view: View, account: Obj, values: Mapping[str, Any]) -> Obj:
    spec = values["creative"]
    key = str(spec.get("creative_id") or spec.get("id") or "") if isinstance(spec, dict) else ""
    if not key:
        raise param("Param creative must hold a creative_id", "creative")
    found = view.get(account.id, "adcreative", key)
    if found is None or found.removed:
        raise invalid("creative", title="Creative Not Found", message=f"This account has no creative {key}.", subcode=1487015)
    return found


def create(view: View, account: Obj, values: dict[str, Any]) -> Draft:
    """An ad of an ad set of the account. Raises GraphError."""
    check_name(values.get("name"))
    required(values, "adset_id", "creative")
    adset = view.get(account.id, "adset", str(values["adset_id"]))
    if adset is None or adset.removed:
        raise invalid("adset_id", title="Ad Set Not Found", message=f"There is no ad set {values['adset_id']}.", subcode=1487016)
    siblings = view.tx.find(PLATFORM, account.id, "ad", parent=adset.id)
    most = 1 if adset.body.get("is_dynamic_creative") else ADS_PER_ADSET
    if len(siblings) >= most:
        raise invalid("adset_id", title="Too Many Ads", message=f"This ad set can hold {most} ads.", subcode=1885553)
    creative = _creative(view, account, values)
    body = {
        **{k: v for k, v in values.items() if k not in ("name", "status", "execution_options", "creative")},
        "adset_id": adset.id,
        "campaign_id": str(adset.parent),
        "creative_id": creative.id,
        "tracking_specs": values.get("tracking_specs") or _tracking(adset),
    }
    _check_destination(view, account, adset, creative)
    return Draft(reviews.begun(view, body, creative.body), str(values["name"]), new_status(values), parent=adset.id)


def _check_destination(view: View, account: Obj, adset: Obj, creative: Obj) -> None:
    """An ad that is to bring people to a website needs a link; that of a video stands in its call to action."""
    campaign = view.get(account.id, "campaign", str(adset.parent))
    if campaign is not None and campaign.body.get("objective") in LINKED and creative.body.get("linked") is False:
        raise invalid(
            "creative", title="Website URL Required", message="Ads with this objective need a link in the creative.", subcode=1487851
        )


def _tracking(adset: Obj) -> list[dict[str, Any]]:
    pixel = (adset.body.get("promoted_object") or {}).get("pixel_id")
    return [{"action.type": ["offsite_conversion"], "fb_pixel": [str(pixel)]}] if pixel else []


def update(view: View, account: Obj, obj: Obj, values: dict[str, Any]) -> Draft:
    """The ad after the change; a new creative sends it to review again. Raises GraphError."""
    check_editable(obj, values)
    if "name" in values:
        check_name(values["name"])
    body = {**obj.body, **{k: v for k, v in values.items() if k not in ("name", "status", "execution_options", "creative")}}
    if "creative" in values:
        creative = _creative(view, account, values)
        body = reviews.begun(view, {**body, "creative_id": creative.id}, creative.body)
    return Draft(body, values.get("name", obj.name), values.get("status", obj.status), parent=obj.parent)
