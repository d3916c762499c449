"""Campaign budgets."""

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context, is_gone
from sandbox.google.errors import AdsError
from sandbox.google.rules.kind import Check, Kind, required, text_error
from sandbox.store import Obj, to_text

# campaign_budget.amount_micros fits an int64; the platform's own ceiling is not documented.
_CEILING_MICROS = 10**15


def _prepare(_context: Context, body: Body) -> None:
    body.setdefault("delivery_method", "STANDARD")
    body.setdefault("explicitly_shared", True)
    body.setdefault("period", "DAILY")
    body.setdefault("type", "STANDARD")
    body["status"] = "ENABLED"


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from _name(context, body, before)
    total = body.get("period") == "CUSTOM_PERIOD"
    field, other = ("total_amount_micros", "amount_micros") if total else ("amount_micros", "total_amount_micros")
    if body.get(other):
        code = (
            "BUDGET_AMOUNT_MUST_BE_UNSET_FOR_CUSTOM_BUDGET_PERIOD" if total else "TOTAL_BUDGET_AMOUNT_MUST_BE_UNSET_FOR_BUDGET_PERIOD_DAILY"
        )
        yield AdsError("campaign_budget_error", code, f"{other} must be unset for this period.", (other,))
    if field not in body:
        yield required(field)
    else:
        yield from _amount(context, body[field], field)
    if before is not None and before.body.get(field) != body.get(field):
        _learn(context, before)
    if body.get("delivery_method") == "ACCELERATED":
        message = "Accelerated delivery is not available."
        yield AdsError("campaign_budget_error", "CANNOT_USE_ACCELERATED_DELIVERY_MODE", message, ("delivery_method",))
    if before is not None and not body["explicitly_shared"] and before.body["explicitly_shared"]:
        message = "A shared budget cannot become an implicit one."
        code = "CANNOT_UPDATE_CAMPAIGN_BUDGET_TO_IMPLICITLY_SHARED"
        yield AdsError("campaign_budget_error", code, message, ("explicitly_shared",))


def _name(context: Context, body: Body, before: Obj | None) -> Check:
    name = body.get("name", "")
    if not body["explicitly_shared"]:
        return
    if not name:
        yield required("name")
    elif len(name) > 255:
        yield text_error("TOO_LONG", ("name",), name)
    for other in context.tx.find(PLATFORM, context.account.id, "campaign_budget", name=name or None):
        if name and not is_gone(other) and other.body.get("explicitly_shared") and (before is None or other.id != before.id):
            message = "A shared budget with this name already exists."
            yield AdsError("campaign_budget_error", "DUPLICATE_NAME", message, ("name",), trigger=name)
            return


def _amount(context: Context, amount: int, field: str) -> Check:
    account = context.account
    if amount < 0:
        message = "The budget amount is negative."
        yield AdsError("campaign_budget_error", "NEGATIVE_MONEY_AMOUNT", message, (field,), trigger=str(amount))
    elif amount > _CEILING_MICROS:
        message = "The budget amount is too large."
        yield AdsError("campaign_budget_error", "MONEY_AMOUNT_TOO_LARGE", message, (field,), trigger=str(amount))
    elif amount % account.smallest_unit_micros:
        message = f"The amount is not a multiple of {account.smallest_unit_micros} micros, the smallest {account.currency}."
        code = "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"
        yield AdsError("campaign_budget_error", code, message, (field,), trigger=str(amount))
    elif amount < account.minimum_budget_micros:
        total = field == "total_amount_micros"
        details = {
            "currency_code": account.currency,
            "budget_per_day_minimum_micros": account.minimum_budget_micros,
            ("minimum_budget_total_amount_micros" if total else "minimum_budget_amount_micros"): (account.minimum_budget_micros),
            ("failed_budget_total_amount_micros" if total else "failed_budget_amount_micros"): amount,
        }
        yield AdsError(
            "campaign_budget_error",
            "BUDGET_BELOW_PER_DAY_MINIMUM",
            "The budget amount is below the per-day minimum.",
            (field,),
            trigger=str(amount),
            details={"budget_per_day_minimum_error_details": details},
        )


def users(context: Context, budget: Obj) -> list[Obj]:
    """The campaigns, not removed, that the budget pays for."""
    found = context.tx.find(PLATFORM, budget.account, "campaign", parent=budget.id)
    return [campaign for campaign in found if not is_gone(campaign)]


def _learn(context: Context, budget: Obj) -> None:
    """Another amount makes the strategies of the campaigns that it pays for learn anew."""
    for campaign in users(context, budget):
        if campaign.status == "ENABLED" and "learning_since" in campaign.body:
            since = {"learning_since": to_text(context.account.now), "learning_why": "LEARNING_BUDGET_CHANGE"}
            context.tx.update(campaign, body={**campaign.body, **since})


def _may_go(context: Context, budget: Obj) -> Check:
    if users(context, budget):
        message = "The budget is in use by a campaign."
        yield AdsError("campaign_budget_error", "CAMPAIGN_BUDGET_IN_USE", message)


KIND = Kind("campaign_budget", "CampaignBudget", _prepare, _check, may_go=_may_go)
