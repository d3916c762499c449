"""Reading: one stored object as the Graph API shows it, with the fields that were asked for and no others."""

from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox import market
from sandbox.economy import meta_unit_micros
from sandbox.meta import status
from sandbox.meta.fields import Field
from sandbox.meta.schema import check_field, fields_of
from sandbox.meta.view import DELIVERABLE, EDGES, LINKS, PLATFORM, View
from sandbox.store import Obj

# Shown without an id unless it is asked for.
WITHOUT_ID: Final = ("adimage", "activity")


def render(view: View, obj: Obj, wanted: tuple[Field, ...]) -> dict[str, Any]:
    """The wanted fields that have a value, and always `id`. Raises GraphError 100 for a field that the node lacks."""
    result: dict[str, Any] = {}
    for field in wanted:
        if (obj.kind, field.name) in EDGES:
            result[field.name] = view.list_edge(view, obj, field.name, field.modifiers, field.fields)
            continue
        check_field(obj.kind, field.name)
        value = _linked(view, obj, field) if (obj.kind, field.name) in LINKS else value_of(view, obj, field.name)
        if value is not None:
            result[field.name] = value
    if obj.kind not in WITHOUT_ID:
        result.setdefault("id", obj.id)
    return result


def _linked(view: View, obj: Obj, field: Field) -> dict[str, Any] | None:
    kind, key = LINKS[obj.kind, field.name]
    target = view.get(obj.account, kind, str(obj.body.get(key, "")))
    return render(view, target, field.fields or (Field("id"),)) if target else None


def value_of(view: View, obj: Obj, name: str) -> Any:
    """One field of an object, computed or kept; None when it has no value."""
    computed = _COMPUTED.get(name)
    value = computed(view, obj) if computed else None
    return obj.body.get(name) if value is None else value


def spent_micros(view: View, obj: Obj) -> int:
    """Spend of a campaign or ad set on the account's current day, for budget_remaining."""
    account = view.account(obj)
    today = view.now.astimezone(ZoneInfo(str(account.body.get("timezone_name", "UTC")))).date()
    campaign = obj.id if obj.kind == "campaign" else str(obj.parent)
    day = market.day(view.tx, PLATFORM, obj.account, campaign, today, view.now)
    facts = day.campaign if obj.kind == "campaign" else day.groups.get(obj.id)
    return facts.cost_micros if facts else 0


def _budget_remaining(view: View, obj: Obj) -> str | None:
    if obj.kind not in ("campaign", "adset"):
        return None
    budget = int(obj.body.get("daily_budget") or obj.body.get("lifetime_budget") or 0)
    if not budget:
        return "0"
    unit = meta_unit_micros(str(view.account(obj).body.get("currency", "USD")))
    return str(max(0, budget - spent_micros(view, obj) // unit))


def _status(view: View, obj: Obj) -> Any:
    if obj.kind == "advideo":
        return status.video_phases(view, obj)
    return obj.status if obj.kind in (*DELIVERABLE, "adcreative", "adimage") else None


def _video(key: str) -> Callable[[View, Obj], Any]:
    def of(_: View, obj: Obj) -> str | None:
        return f"https://{key}.sandbox.invalid/{obj.id}" if obj.kind == "advideo" else None

    return of


_COMPUTED: Final[dict[str, Callable[[View, Obj], Any]]] = {
    "id": lambda _, obj: obj.id,
    "account_id": lambda _, obj: obj.account.removeprefix("act_") or None,
    "name": lambda _, obj: obj.name,
    "status": _status,
    "configured_status": lambda _, obj: obj.status if obj.kind in DELIVERABLE else None,
    "effective_status": lambda view, obj: status.effective_status(view, obj) if obj.kind in DELIVERABLE else None,
    "created_time": lambda view, obj: view.time(obj, obj.created_at) if obj.kind != "adcreative" else None,
    "creation_time": lambda view, obj: view.time(obj, obj.created_at),
    "updated_time": lambda view, obj: view.time(obj, obj.updated_at),
    "budget_remaining": _budget_remaining,
    "issues_info": status.issues,
    "ad_review_feedback": status.review_feedback,
    "picture": _video("picture"),
    "source": _video("source"),
    "permalink_url": _video("permalink"),
    "published": lambda _, obj: True if obj.kind == "advideo" else None,
    "learning_stage_info": status.learning,
}


def default_fields(kind: str, *, edge: bool) -> tuple[Field, ...]:
    """What a read shows when no fields are asked for."""
    names = {"adimage": ("hash", "id"), "page": ("id", "name"), "adaccount": ("account_id", "id") if edge else ("id",),
             "activity": ("event_time", "event_type")}  # fmt: skip
    return tuple(Field(name) for name in names.get(kind, ("id",)) if name in fields_of(kind))
