"""Rules that several kinds of object share: names, status, budgets, flights."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.economy import CLICK_PRICE, DECIMALS, MICROS, meta_unit_micros
from sandbox.meta.errors import invalid, named, param
from sandbox.meta.view import View
from sandbox.store import Obj

NAME_LIMIT: Final = 400
# Daily minimum in Meta's units for an ad set that is billed by impressions; other billing events ask for five times as much.
MINIMUM_DAILY: Final[Mapping[str, int]] = {"USD": 100, "EUR": 100, "GBP": 80, "JPY": 150, "CAD": 100, "AUD": 100, "CHF": 100}
BUDGETS: Final = ("daily_budget", "lifetime_budget")
# In Meta's units; the platform's own ceiling is not documented.
HIGHEST_BUDGET: Final = 10**12
SETTABLE: Final = ("ACTIVE", "PAUSED")


def minimum_daily(currency: str) -> int:
    """Smallest daily budget in Meta's units."""
    low = CLICK_PRICE.get(currency, CLICK_PRICE["USD"])[0]
    return MINIMUM_DAILY.get(currency, max(1, round(low * MICROS / meta_unit_micros(currency))))


def amount(units: int, currency: str) -> str:
    """For people: 1.00 EUR, 150 JPY."""
    decimals = DECIMALS.get(currency, 2)
    return f"{units * meta_unit_micros(currency) / MICROS:.{decimals}f} {currency}"


def check_name(name: str | None, limit: int = NAME_LIMIT) -> None:
    if not name or not name.strip():
        raise param("The parameter name is required.", "name")
    if len(name) > limit:
        raise invalid(
            "name", title="Name Is Too Long", message=f"The name has {len(name)} characters; {limit} are allowed.", subcode=1487106
        )


def new_status(values: Mapping[str, Any]) -> str:
    """The status of a new object: ACTIVE unless said otherwise, which is what the platform does too."""
    status = str(values.get("status", "ACTIVE"))
    if status not in SETTABLE:
        raise param(f"status must be one of the following values: {', '.join(SETTABLE)} when an object is created", "status")
    return status


def check_editable(obj: Obj, values: Mapping[str, Any]) -> None:
    """Deleted objects take no change; archived ones can be renamed or deleted."""
    if obj.status == "DELETED":
        raise invalid("id", title="Object Is Deleted", message="A deleted object can't be edited.", subcode=1487566)
    if obj.status == "ARCHIVED" and (values.keys() - {"name", "status"} or values.get("status") not in (None, "DELETED", "ARCHIVED")):
        raise invalid("id", title="Object Is Archived", message="Only the name of an archived object can be edited.", subcode=1487566)


def check_budget(values: Mapping[str, Any], account: Obj, *, days: float = 1, factor: int = 1) -> None:
    """One budget at most, in minor units, within the account's minimum and the ceiling; `days` is the flight of a lifetime budget."""
    given = [name for name in BUDGETS if values.get(name)]
    if len(given) > 1:
        raise invalid(*given, title="Can't Have Two Budgets", message="Set daily_budget or lifetime_budget, not both.", subcode=1487060)
    currency = str(account.body["currency"])
    for name in given:
        least = int(account.body.get("min_daily_budget") or minimum_daily(currency)) * factor
        if name == "lifetime_budget":
            least = round(least * max(1, days))
        if int(values[name]) < least:
            raise named(
                "budget_too_low",
                blame=[[name]],
                user_message=f"The budget must be at least {amount(least, currency)}. Please increase your budget.",
            )
        if int(values[name]) > HIGHEST_BUDGET:
            most = amount(HIGHEST_BUDGET, currency)
            raise invalid(name, title="Your Budget Is Too High", message=f"The budget must be at most {most}.", subcode=1885273)


def check_bid(values: Mapping[str, Any]) -> None:
    """Caps need a bid_amount; without a cap there must be none."""
    strategy, bid = values.get("bid_strategy"), values.get("bid_amount")
    if strategy in ("LOWEST_COST_WITH_BID_CAP", "COST_CAP") and not bid:
        raise invalid(
            "bid_amount",
            title="Bid Amount Required",
            message=f"You must provide a bid cap or target cost in bid_amount for the bid strategy {strategy}.",
            subcode=1815857,
        )
    if strategy == "LOWEST_COST_WITHOUT_CAP" and bid:
        raise invalid("bid_amount", title="Bid Amount Not Allowed", message=f"{strategy} takes no bid_amount.", subcode=2446149)


def check_flight(view: View, start: datetime | None, end: datetime | None, *, new: bool) -> None:
    """The end lies after the start and in the future."""
    if end is None:
        return
    if end <= view.now:
        raise invalid("end_time", title="End Time In The Past", message="The end time must be in the future.", subcode=1487057)
    if end <= (start or view.now):
        raise invalid("end_time", title="Invalid Schedule", message="The end time must be after the start time.", subcode=1487056)
    if new and end - max(start or view.now, view.now) < timedelta(hours=1):
        raise invalid("end_time", title="Schedule Too Short", message="An ad set must run for at least one hour.", subcode=1487094)


def as_kept(view: View, account: Obj, values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as reads show them: budgets are text, times stand in the account's zone."""
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("name", "status", "execution_options"):
            continue
        if isinstance(value, datetime):
            kept[name] = view.time(account, value)
        elif name.endswith("_budget") or name == "spend_cap":
            kept[name] = str(value)
        else:
            kept[name] = value
    return kept


def kept_time(body: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(body[name]) if body.get(name) else None
