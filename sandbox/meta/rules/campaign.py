"""Campaigns: objective, special ad categories, and who holds the budget."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.meta.errors import invalid, named
from sandbox.meta.rules import Draft
from sandbox.meta.rules.common import BUDGETS, as_kept, check_bid, check_budget, check_editable, check_flight, check_name, new_status
from sandbox.meta.schema import required
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj

OBJECTIVES: Final = (
    "OUTCOME_AWARENESS",
    "OUTCOME_TRAFFIC",
    "OUTCOME_ENGAGEMENT",
    "OUTCOME_LEADS",
    "OUTCOME_APP_PROMOTION",
    "OUTCOME_SALES",
)
LOWEST_SPEND_CAP: Final = 100


def _check_objective(values: Mapping[str, Any]) -> None:
    if values["objective"] not in OBJECTIVES:
        raise invalid(
            "objective",
            title="Objective Not Available",
            message=f"New campaigns can have one of these objectives: {', '.join(OBJECTIVES)}.",
            subcode=1815753,
        )


def _check_categories(values: Mapping[str, Any]) -> None:
    categories = [c for c in values.get("special_ad_categories", []) if c != "NONE"]
    if categories and not values.get("special_ad_category_country"):
        raise invalid(
            "special_ad_category_country",
            title="Country Required",
            message="A special ad category needs special_ad_category_country.",
            subcode=2490446,
        )


def create(view: View, account: Obj, values: dict[str, Any]) -> Draft:
    """A campaign of the account. Raises GraphError."""
    required(values, "objective")
    check_name(values.get("name"))
    if "special_ad_categories" not in values:
        raise invalid(
            "special_ad_categories",
            title="Special Ad Categories Required",
            message='The parameter special_ad_categories is required; send [] or ["NONE"] when none applies.',
            text="(#100) The parameter special_ad_categories is required.",
        )
    _check_objective(values)
    _check_categories(values)
    check_budget(values, account)
    check_bid({k: v for k, v in values.items() if k != "bid_strategy" or v == "LOWEST_COST_WITHOUT_CAP"})
    own_budget = any(values.get(name) for name in BUDGETS)
    if not own_budget and "is_adset_budget_sharing_enabled" not in values:
        raise invalid(
            "is_adset_budget_sharing_enabled",
            title="Budget Sharing Must Be Specified",
            message="Must specify True or False in is_adset_budget_sharing_enabled field. It is required when the campaign "
            "has no budget of its own.",
            subcode=4834011,
        )
    if values.get("spend_cap") and int(values["spend_cap"]) < LOWEST_SPEND_CAP * int(account.body.get("min_daily_budget", 100)):
        raise invalid("spend_cap", title="Spend Cap Too Low", message="The campaign spend cap is too low.", subcode=1487088)
    start, stop = values.get("start_time"), values.get("stop_time")
    check_flight(view, start, stop, new=True)
    body: dict[str, Any] = {
        "buying_type": "AUCTION",
        "start_time": view.time(account, view.now),
        "special_ad_category": next(iter(values["special_ad_categories"]), "NONE"),
        "budget_rebalance_flag": False,
        "can_use_spend_cap": True,
        "pacing_type": ["standard"],
        "smart_promotion_type": "GUIDED_CREATION",
        **({"bid_strategy": "LOWEST_COST_WITHOUT_CAP"} if own_budget else {}),
        **as_kept(view, account, values),
    }
    return Draft(body, str(values["name"]), new_status(values))


def update(view: View, account: Obj, obj: Obj, values: dict[str, Any]) -> Draft:
    """The campaign after the change. Raises GraphError."""
    check_editable(obj, values)
    if "name" in values:
        check_name(values["name"])
    children = view.tx.find(PLATFORM, obj.account, "adset", parent=obj.id)
    if "objective" in values:
        _check_objective(values)
        if children and values["objective"] != obj.body.get("objective"):
            raise invalid("objective", title="Objective Can't Be Changed", message="The campaign has ad sets already.", subcode=1815754)
    _check_categories(values)
    budgeted = [name for name in BUDGETS if values.get(name)]
    if budgeted and any(child.body.get(name) for child in children for name in BUDGETS):
        raise named("cbo_and_abo", blame=[[budgeted[0]]])
    check_budget(values, account)
    if "stop_time" in values:
        check_flight(view, None, values["stop_time"], new=False)
    body = {**obj.body, **as_kept(view, account, values)}
    if budgeted:
        # A campaign has one kind of budget: the new one takes the place of the other.
        body.pop(next(name for name in BUDGETS if name != budgeted[0]), None)
    return Draft(body, values.get("name", obj.name), values.get("status", obj.status))
