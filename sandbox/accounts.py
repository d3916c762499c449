"""Accounts, pages, pixels and conversion actions: what a customer has set up before any API call. Idempotent by name."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from sandbox.economy import CLICK_PRICE
from sandbox.meta.rules.common import minimum_daily
from sandbox.meta.usage import TIERS
from sandbox.store import Obj, Transaction

Body = Mapping[str, Any]


class AdminError(Exception):
    """A request that the admin API refuses; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _take(body: Body, *required: str, optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    allowed = {*required, *(optional or {})}
    for name in body.keys() - allowed:
        raise AdminError(400, f"unknown field {name!r}; allowed are {', '.join(sorted(allowed))}")
    for name in required:
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise AdminError(400, f"{name} must be a text that is not empty")
    return {**(optional or {}), **body}


def _currency(text: str) -> str:
    if text not in CLICK_PRICE:
        raise AdminError(400, f"currency must be one of {', '.join(sorted(CLICK_PRICE))}")
    return text


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise AdminError(400, f"{text!r} is not an IANA time zone")
    return ZoneInfo(text).key


def _window(days: Any, name: str, most: int) -> int:
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= most:
        raise AdminError(400, f"{name} must be a whole number of days between 1 and {most}")
    return days


def _known(tx: Transaction, platform: str, account: str, kind: str) -> Obj:
    found = tx.get(platform, account, kind, account)
    if found is None:
        raise AdminError(404, f"there is no {kind} {account}")
    return found


def google_customer(tx: Transaction, body: Body) -> dict[str, str]:
    """{"descriptive_name","currency","time_zone"} -> {"customer_id"}."""
    given = _take(body, "descriptive_name", "currency", "time_zone")
    for old in tx.find("google", None, "customer", name=given["descriptive_name"]):
        return {"customer_id": old.id}
    key = tx.next_id()
    kept = {
        "id": key, "descriptive_name": given["descriptive_name"], "currency_code": _currency(given["currency"]),
        "time_zone": _zone(given["time_zone"]), "manager": False, "test_account": True, "status": "ENABLED",
    }  # fmt: skip
    tx.insert("google", key, "customer", kept, id=key, name=given["descriptive_name"], status="ENABLED")
    return {"customer_id": key}


def google_conversion_action(tx: Transaction, customer: str, body: Body) -> dict[str, str]:
    """{"name","category"?,"value"?,"click_days"?,"view_days"?} -> {"id","resource_name"}; `value` is the default value in units of
    currency, the days are the look-back windows, of which an action says nothing by default."""
    given = _take(body, "name", optional={"category": "PURCHASE", "value": None, "click_days": None, "view_days": None})
    windows = {
        f"{kind}_through_lookback_window_days": _window(given[f"{kind}_days"], f"{kind}_days", most)
        for kind, most in (("click", 90), ("view", 30))
        if given[f"{kind}_days"] is not None
    }
    account = _known(tx, "google", customer, "customer")
    for old in tx.find("google", customer, "conversion_action", name=given["name"]):
        return {"id": old.id, "resource_name": f"customers/{customer}/conversionActions/{old.id}"}
    key = tx.next_id()
    name = f"customers/{customer}/conversionActions/{key}"
    kept: dict[str, Any] = {
        "resource_name": name, "id": key, "name": given["name"], "category": given["category"], "status": "ENABLED",
        "type": "WEBPAGE", "primary_for_goal": True, "value_settings": {"default_currency_code": account.body["currency_code"]}, **windows,
    }  # fmt: skip
    if given["value"] is not None:
        kept["value_settings"]["default_value"] = float(given["value"])
    tx.insert("google", customer, "conversion_action", kept, id=key, name=given["name"], status="ENABLED")
    return {"id": key, "resource_name": name}


def meta_account(tx: Transaction, body: Body) -> dict[str, str]:
    """{"name","currency","timezone_name","tier"?} -> {"account_id": "act_..."}."""
    given = _take(body, "name", "currency", "timezone_name", optional={"tier": "standard_access"})
    if given["tier"] not in TIERS:
        raise AdminError(400, f"tier must be one of {', '.join(TIERS)}")
    for old in tx.find("meta", None, "adaccount", name=given["name"]):
        return {"account_id": old.id}
    key = f"act_{tx.next_id()}"
    currency = _currency(given["currency"])
    kept = {
        "currency": currency, "timezone_name": _zone(given["timezone_name"]), "account_status": 1, "disable_reason": 0,
        "min_daily_budget": minimum_daily(currency), "amount_spent": "0", "balance": "0", "spend_cap": "0",
        "business_name": given["name"], "tier": given["tier"],
    }  # fmt: skip
    tx.insert("meta", key, "adaccount", kept, id=key, name=given["name"])
    return {"account_id": key}


def meta_page(tx: Transaction, account: str, body: Body) -> dict[str, str]:
    """{"name"} -> {"page_id"}."""
    return {"page_id": _owned(tx, account, "page", _take(body, "name"), {"category": "Product/service"})}


def meta_pixel(tx: Transaction, account: str, body: Body) -> dict[str, str]:
    """{"name","value"?} -> {"pixel_id"}; `value` is what a conversion is worth on average, in units of currency."""
    given = _take(body, "name", optional={"value": None})
    kept = {"value_micros": round(float(given["value"]) * 1_000_000)} if given["value"] is not None else {}
    return {"pixel_id": _owned(tx, account, "pixel", given, kept)}


def _owned(tx: Transaction, account: str, kind: str, given: Body, kept: dict[str, Any]) -> str:
    _known(tx, "meta", account, "adaccount")
    for old in tx.find("meta", account, kind, name=given["name"]):
        return old.id
    return tx.insert("meta", account, kind, kept, name=given["name"])


Route = tuple[Callable[[Transaction, Body], dict[str, str]], Mapping[str, Callable[[Transaction, str, Body], dict[str, str]]]]

ROUTES: Final[Mapping[tuple[str, str], Route]] = {
    ("google", "customers"): (google_customer, {"conversion_actions": google_conversion_action}),
    ("meta", "accounts"): (meta_account, {"pages": meta_page, "pixels": meta_pixel}),
}
