"""Conversion goals: what an account counts, by category and origin, and which of it a campaign bids for.

developers.google.com/google-ads/api/docs/conversions/goals: the platform makes a customer's goals from its conversion actions, and each
campaign has every one of them; nobody creates or removes them, and only `biddable` can be changed.
"""

from collections.abc import Iterator

from sandbox.google import names
from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError
from sandbox.google.rules.kind import Check, Kind
from sandbox.store import Obj, Transaction

# Where a conversion of a type of action happens.
_ORIGINS = {"AD_CALL": "CALL_FROM_ADS", "CLICK_TO_CALL": "CALL_FROM_ADS", "UPLOAD_CALLS": "CALL_FROM_ADS", "WEBSITE_CALL": "CALL_FROM_ADS"}
Goal = tuple[str, str]


def goals(tx: Transaction, customer: str) -> dict[Goal, bool]:
    """Category and origin of each goal of a customer, and whether its campaigns bid for it unless they say otherwise."""
    found: dict[Goal, bool] = {}
    for action in tx.find(PLATFORM, customer, "conversion_action"):
        if action.status == "ENABLED":
            goal = (str(action.body.get("category", "DEFAULT")), _ORIGINS.get(str(action.body.get("type")), "WEBSITE"))
            found[goal] = found.get(goal, False) or bool(action.body.get("primary_for_goal", True))
    return found


def of_customer(tx: Transaction, customer: str) -> Iterator[Body]:
    """Rows of customer_conversion_goal."""
    for (category, origin), biddable in sorted(goals(tx, customer).items()):
        name = f"customers/{customer}/customerConversionGoals/{category}~{origin}"
        yield {"resource_name": name, "category": category, "origin": origin, "biddable": biddable}


def of_campaign(tx: Transaction, customer: str, campaign: str) -> Iterator[Body]:
    """Rows of campaign_conversion_goal."""
    for (category, origin), biddable in sorted(goals(tx, customer).items()):
        key = f"{campaign}~{category}~{origin}"
        kept = tx.get(PLATFORM, customer, "campaign_conversion_goal", key)
        said = kept.body if kept is not None else _body(customer, campaign, (category, origin), biddable=biddable)
        yield {**said, "resource_name": f"customers/{customer}/campaignConversionGoals/{key}"}


def _body(customer: str, campaign: str, goal: Goal, *, biddable: bool) -> Body:
    return {"campaign": f"customers/{customer}/campaigns/{campaign}", "category": goal[0], "origin": goal[1], "biddable": biddable}


def _found(context: Context, text: str) -> Obj:
    """A campaign's goal, kept from the first time that somebody changes it. The campaign may be one of the same request."""
    name = names.parse(text, "campaign_conversion_goal", ("resource_name",))
    owner, *goal = name.ids
    campaign = context.live(f"customers/{name.customer}/campaigns/{owner}", "campaign", ("resource_name",))
    known = goals(context.tx, context.account.id)
    if (wanted := (goal[0], goal[1])) not in known:
        message = f"Resource was not found: {text}."
        raise AdsError("mutate_error", "RESOURCE_NOT_FOUND", message, ("resource_name",), trigger=text)
    key = f"{campaign.id}~{wanted[0]}~{wanted[1]}"
    kept = context.tx.get(PLATFORM, context.account.id, "campaign_conversion_goal", key)
    if kept is not None:
        return kept
    body = _body(context.account.id, campaign.id, wanted, biddable=known[wanted])
    return context.tx.add(PLATFORM, context.account.id, "campaign_conversion_goal", body, id=key, parent=campaign.id)


def _prepare(_context: Context, _body: Body) -> str | None:
    return None


def _check(_context: Context, _body: Body, _before: Obj | None) -> Check:
    yield from ()


KIND = Kind("campaign_conversion_goal", "CampaignConversionGoal", _prepare, _check, found=_found)
