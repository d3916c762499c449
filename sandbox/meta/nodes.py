"""Reading: one stored object as the Graph API shows it, with the fields that were asked for and no others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox import market
from sandbox.economy import minor_unit_micros
from sandbox.meta.fields import Field
from sandbox.meta.schema import check_field, fields_of
from sandbox.store import Obj, Transaction

PLATFORM: Final = "meta"
# Field that leads to another node -> kind and the key under which its id is kept.
LINKS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("adset", "campaign"): ("campaign", "campaign_id"),
    ("ad", "campaign"): ("campaign", "campaign_id"),
    ("ad", "adset"): ("adset", "adset_id"),
    ("ad", "creative"): ("adcreative", "creative_id"),
}
DELIVERABLE: Final = ("campaign", "adset", "ad")
EDGES: Final[Mapping[tuple[str, str], str]] = {
    ("adaccount", "campaigns"): "campaign",
    ("adaccount", "adsets"): "adset",
    ("adaccount", "ads"): "ad",
    ("adaccount", "adcreatives"): "adcreative",
    ("adaccount", "adimages"): "adimage",
    ("adaccount", "adspixels"): "pixel",
    ("adaccount", "promote_pages"): "page",
    ("campaign", "adsets"): "adset",
    ("campaign", "ads"): "ad",
    ("adset", "ads"): "ad",
    ("adset", "adcreatives"): "adcreative",
    ("ad", "adcreatives"): "adcreative",
    ("user", "adaccounts"): "adaccount",
    ("user", "accounts"): "page",
}


@dataclass(frozen=True)
class View:
    """What reading needs: a transaction, the business time, the address asked, and how edges are listed."""

    tx: Transaction
    now: datetime
    url: str
    list_edge: Callable[["View", Obj, str, Mapping[str, str], tuple[Field, ...]], dict[str, Any]]

    def get(self, account: str, kind: str, key: str) -> Obj | None:
        return self.tx.get(PLATFORM, account, kind, key)

    def account(self, obj: Obj) -> Obj:
        found = self.get(obj.account, "adaccount", obj.account)
        if found is None:
            raise LookupError(f"{obj.kind} {obj.id} lies in no account")
        return found

    def time(self, obj: Obj, moment: datetime) -> str:
        """In the account's time zone, as 2027-03-01T09:00:00+0100."""
        zone = ZoneInfo(str(self.account(obj).body.get("timezone_name", "UTC"))) if obj.account else ZoneInfo("UTC")
        return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S%z")


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
    if obj.kind != "adimage" or "id" in result:
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


def parent_of(view: View, obj: Obj) -> Obj | None:
    kind = {"ad": "adset", "adset": "campaign"}.get(obj.kind)
    return view.get(obj.account, kind, obj.parent) if kind and obj.parent else None


def effective_status(view: View, obj: Obj) -> str:
    """What delivery makes of an object: its own status, then review, then its parents'."""
    own, review = obj.status or "ACTIVE", obj.body.get("review")
    if own in ("DELETED", "ARCHIVED"):
        return own
    if review == "DISAPPROVED" or own == "PAUSED":
        return review if review == "DISAPPROVED" else own
    parent = parent_of(view, obj)
    while parent is not None:
        if parent.status != "ACTIVE":
            above = {"campaign": "CAMPAIGN_PAUSED", "adset": "ADSET_PAUSED"}[parent.kind]
            return above if parent.status == "PAUSED" else str(parent.status)
        parent = parent_of(view, parent)
    seconds = float(view.tx.setting("meta_review_seconds") or 0)
    if obj.kind == "ad" and view.now < obj.created_at + timedelta(seconds=seconds):
        own = "PENDING_REVIEW"
    return "WITH_ISSUES" if review == "WITH_ISSUES" else own


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
    unit = minor_unit_micros(str(view.account(obj).body.get("currency", "USD")))
    return str(max(0, budget - spent_micros(view, obj) // unit))


def _issues(_: View, obj: Obj) -> list[dict[str, Any]] | None:
    if obj.body.get("review") not in ("DISAPPROVED", "WITH_ISSUES"):
        return None
    return [
        {
            "level": obj.kind.upper(),
            "error_code": 1815869,
            "error_summary": "Ad Disapproved",
            "error_message": "Your ad does not follow our Advertising Standards.",
            "error_type": "HARD_ERROR",
        }
    ]


def _learning(view: View, obj: Obj) -> dict[str, Any] | None:
    if obj.kind != "adset":
        return None
    edited = int(obj.updated_at.timestamp())
    learning = view.now < obj.updated_at + timedelta(days=7)
    return {"status": "LEARNING" if learning else "SUCCESS", "last_sig_edit_ts": edited, "conversions": 0}


def _status(_: View, obj: Obj) -> str | None:
    return obj.status if obj.kind in (*DELIVERABLE, "adcreative", "adimage") else None


_COMPUTED: Final[dict[str, Callable[[View, Obj], Any]]] = {
    "id": lambda _, obj: obj.id,
    "account_id": lambda _, obj: obj.account.removeprefix("act_") or None,
    "name": lambda _, obj: obj.name,
    "status": _status,
    "configured_status": lambda _, obj: obj.status if obj.kind in DELIVERABLE else None,
    "effective_status": lambda view, obj: effective_status(view, obj) if obj.kind in DELIVERABLE else None,
    "created_time": lambda view, obj: view.time(obj, obj.created_at) if obj.kind != "adcreative" else None,
    "creation_time": lambda view, obj: view.time(obj, obj.created_at),
    "updated_time": lambda view, obj: view.time(obj, obj.updated_at),
    "budget_remaining": _budget_remaining,
    "issues_info": _issues,
    "ad_review_feedback": lambda _, obj: {"global": {"Policy": "Not allowed"}} if obj.body.get("review") == "DISAPPROVED" else None,
    "learning_stage_info": _learning,
}


def default_fields(kind: str, *, edge: bool) -> tuple[Field, ...]:
    """What a read shows when no fields are asked for."""
    names = {"adimage": ("hash", "id"), "page": ("id", "name"), "adaccount": ("account_id", "id") if edge else ("id",)}
    return tuple(Field(name) for name in names.get(kind, ("id",)) if name in fields_of(kind))
