"""Ad sets: goal and billing by objective, promoted object, budget, bid, flight, audience, EU transparency."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sandbox.meta.errors import invalid, named
from sandbox.meta.rules import Draft, targeting
from sandbox.meta.rules.common import (
    BUDGETS,
    as_kept,
    check_bid,
    check_budget,
    check_editable,
    check_flight,
    check_name,
    kept_time,
    new_status,
)
from sandbox.meta.rules.goals import check_destination, check_goal, check_promoted
from sandbox.meta.schema import required
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj

# What restarts learning; a budget does when it moves by more than a fifth.
SIGNIFICANT: Final = ("targeting", "optimization_goal", "promoted_object", "bid_strategy", "bid_amount")
LOCKED: Final = ("promoted_object", "optimization_goal", "billing_event", "destination_type")
CHANGES_PER_HOUR: Final = 4
# An end_time of 0 makes an ad set with a daily budget run on (reference/ad-campaign, "Updating").
NO_END: Final = datetime.fromtimestamp(0, UTC)
DEFAULT_ATTRIBUTION: Final = [
    {"event_type": "CLICK_THROUGH", "window_days": 7},
    {"event_type": "VIEW_THROUGH", "window_days": 1},
]


def _learns_anew(obj: Obj, values: Mapping[str, Any]) -> bool:
    """Whether a change is one after which the ad set learns again."""
    if any(name in values and values[name] != obj.body.get(name) for name in SIGNIFICANT):
        return True
    pairs = [(int(obj.body.get(name) or 0), int(values[name])) for name in BUDGETS if name in values]
    return any(old and abs(new - old) > old / 5 for old, new in pairs)


def _check_money(values: Mapping[str, Any], campaign: Obj, account: Obj, *, days: float) -> None:
    own = [name for name in BUDGETS if values.get(name)]
    common = any(campaign.body.get(name) for name in BUDGETS)
    if own and common:
        raise named("cbo_and_abo", blame=[[own[0]]])
    if not own and not common:
        raise invalid(
            "daily_budget",
            title="Budget Required",
            message="Set daily_budget or lifetime_budget on the ad set, or a budget on its campaign.",
            subcode=1487061,
        )
    if values.get("lifetime_budget") and not values.get("end_time"):
        raise invalid("end_time", title="End Time Required", message="A lifetime budget needs an end_time.", subcode=1487058)
    check_budget(values, account, days=days, factor=1 if values["billing_event"] == "IMPRESSIONS" else 5)
    strategy = values.get("bid_strategy") or campaign.body.get("bid_strategy") or "LOWEST_COST_WITHOUT_CAP"
    check_bid({"bid_strategy": strategy, "bid_amount": values.get("bid_amount")})
    if strategy == "LOWEST_COST_WITH_MIN_ROAS":
        floor = (values.get("bid_constraints") or {}).get("roas_average_floor")
        if values["optimization_goal"] != "VALUE" or not floor:
            raise invalid(
                "bid_constraints",
                title="ROAS Floor Required",
                message=f"{strategy} needs the goal VALUE and bid_constraints[roas_average_floor].",
                subcode=1885650,
            )


def create(view: View, account: Obj, values: dict[str, Any]) -> Draft:
    """An ad set of a campaign of the account. Raises GraphError."""
    if values.get("end_time") == NO_END:
        del values["end_time"]
    check_name(values.get("name"))
    required(values, "campaign_id", "billing_event", "optimization_goal", "targeting")
    campaign = view.get(account.id, "campaign", str(values["campaign_id"]))
    if campaign is None or campaign.removed:
        raise invalid("campaign_id", title="Campaign Not Found", message=f"There is no campaign {values['campaign_id']}.", subcode=1885154)
    check_goal(values, campaign)
    check_destination(values)
    check_promoted(view, account, values)
    start = values.get("start_time") or values.get("time_start")
    end = values.get("end_time") or values.get("time_stop")
    check_flight(view, start, end, new=True)
    begins = max(start or view.now, view.now)
    _check_money(values, campaign, account, days=(end - begins) / timedelta(days=1) if end else 1)
    targeting.check(values["targeting"])
    targeting.check_special(values["targeting"], campaign.body.get("special_ad_categories") or ())
    targeting.check_transparency(values, account.body)
    body = {
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
        "attribution_spec": DEFAULT_ATTRIBUTION,
        "pacing_type": ["standard"],
        "destination_type": "UNDEFINED",
        "is_dynamic_creative": False,
        "start_time": view.time(account, view.now),
        "daily_budget": "0",
        "lifetime_budget": "0",
        **as_kept(view, account, values),
        "campaign_id": campaign.id,
    }
    body["targeting"] = {"age_min": 18, "age_max": 65, **values["targeting"]}
    return Draft(body, str(values["name"]), new_status(values), parent=campaign.id)


def _check_lock(view: View, obj: Obj, values: Mapping[str, Any]) -> None:
    changed = [name for name in LOCKED if name in values and values[name] != obj.body.get(name)]
    published = any(v.status == "ACTIVE" for v in view.tx.history(PLATFORM, obj.account, obj.kind, obj.id))
    if changed and published:
        raise named("promoted_object_locked", blame=[[changed[0]]])


def _check_pace(view: View, obj: Obj, values: Mapping[str, Any]) -> None:
    """At most four changes of the budget in an hour."""
    changed = [name for name in BUDGETS if name in values and str(values[name]) != str(obj.body.get(name))]
    if not changed:
        return
    recent, before = 0, None
    for version in view.tx.history(PLATFORM, obj.account, obj.kind, obj.id):
        budget = tuple(version.body.get(name) for name in BUDGETS)
        if before is not None and budget != before and version.at > view.now - timedelta(hours=1):
            recent += 1
        before = budget
    if recent >= CHANGES_PER_HOUR:
        raise named("budget_changes")


def _check_aim(view: View, account: Obj, campaign: Obj, changed: Collection[str], merged: Mapping[str, Any]) -> None:
    if {"optimization_goal", "billing_event"} & set(changed):
        check_goal(merged, campaign)
    if {"optimization_goal", "destination_type"} & set(changed):
        check_destination(merged)
    if {"promoted_object", "optimization_goal"} & set(changed):
        check_promoted(view, account, merged)


def update(view: View, account: Obj, obj: Obj, values: dict[str, Any]) -> Draft:
    """The ad set after the change. Raises GraphError."""
    check_editable(obj, values)
    campaign = view.get(account.id, "campaign", str(obj.parent))
    if campaign is None:
        raise LookupError(f"ad set {obj.id} has no campaign")
    _check_lock(view, obj, values)
    merged = {**obj.body, "name": obj.name, **values}
    for name in ("start_time", "end_time"):
        if name not in values and obj.body.get(name):
            merged[name] = kept_time(obj.body, name)
    check_name(merged["name"])
    _check_aim(view, account, campaign, values.keys(), merged)
    if values.get("end_time") == NO_END:
        merged["end_time"] = None
        _check_money({**merged, **{k: int(merged[k]) for k in BUDGETS if merged.get(k)}}, campaign, account, days=1)
    elif "end_time" in values:
        check_flight(view, merged.get("start_time"), values["end_time"], new=False)
    given = [name for name in BUDGETS if values.get(name)]
    if len(given) == 1:
        merged[next(name for name in BUDGETS if name != given[0])] = "0"
    if values.keys() & {*BUDGETS, "bid_strategy", "bid_amount", "billing_event"}:
        _check_pace(view, obj, values)
        flight = {k: int(merged[k]) for k in BUDGETS if merged.get(k)}
        end, start = merged.get("end_time"), merged.get("start_time") or view.now
        _check_money({**merged, **flight}, campaign, account, days=(end - start) / timedelta(days=1) if end else 1)
    if "targeting" in values:
        targeting.check(values["targeting"])
        targeting.check_special(values["targeting"], campaign.body.get("special_ad_categories") or ())
        targeting.check_transparency(merged, account.body)
    kept = {**obj.body, **as_kept(view, account, values)}
    if values.get("end_time") == NO_END:
        del kept["end_time"]
    kept.update({name: str(merged[name]) for name in BUDGETS if name in merged})
    if _learns_anew(obj, values):
        kept["learning_since"] = view.now.isoformat()
    return Draft(kept, values.get("name", obj.name), values.get("status", obj.status), parent=obj.parent)
