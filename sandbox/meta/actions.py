"""The `actions` lists: the same conversion under all the names that the platform gives it, by attribution window."""

from collections.abc import Sequence
from typing import Any, Final

from sandbox.economy import DECIMALS, MICROS
from sandbox.market import Facts

# Names under which one event shows up. They must never be added together.
ACTION_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "PURCHASE": ("purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase", "web_in_store_purchase"),
    "LEAD": ("lead", "offsite_conversion.fb_pixel_lead", "onsite_web_lead"),
    "COMPLETE_REGISTRATION": (
        "complete_registration", "omni_complete_registration", "offsite_conversion.fb_pixel_complete_registration",
    ),
    "ADD_TO_CART": ("add_to_cart", "omni_add_to_cart", "offsite_conversion.fb_pixel_add_to_cart"),
    "SUBSCRIBE": ("subscribe_total", "subscribe_website", "offsite_conversion.fb_pixel_custom"),
    "START_TRIAL": ("start_trial_total", "start_trial_website"),
    "DONATE": ("donate_total", "donate_website"),
    "CONTACT": ("contact_total", "contact_website"),
}  # fmt: skip
# Window -> days after a click, days after a view. The platform's default is 7 days after a click, 1 after a view.
WINDOW_DAYS: Final = {"1d_click": (1, 0), "7d_click": (7, 0), "28d_click": (28, 0), "1d_view": (0, 1)}
DEFAULT_DAYS: Final = (7, 1)


def action_types(event: str) -> tuple[str, ...]:
    return ACTION_TYPES.get(event, ("offsite_conversion.fb_pixel_custom",))


def _decimal(micros: int, currency: str) -> str:
    decimals = DECIMALS.get(currency, 2)
    return f"{micros / MICROS:.{decimals}f}" if decimals else str(micros // MICROS)


def _entry(kind: str, counts: dict[str, int], value: int, *, text: Any = str) -> dict[str, str]:
    return {"action_type": kind, "value": text(value), **{window: text(n) for window, n in counts.items() if n}}


def actions_of(events: Sequence[tuple[str | None, Facts]], whole: Facts, windows: Sequence[str], currency: str) -> dict[str, Any]:
    """`actions`, `action_values`, `cost_per_action_type` and `purchase_roas`; a list that would be empty is missing."""
    actions: list[dict[str, str]] = []
    values: list[dict[str, str]] = []
    asked = [w for w in windows if w in WINDOW_DAYS]
    clicks = {w: whole.clicks for w in asked if w.endswith("_click")}
    for kind, count in (
        ("link_click", whole.clicks),
        ("landing_page_view", whole.clicks * 4 // 5),
        ("post_reaction", whole.other_clicks),
        ("post_engagement", whole.clicks + whole.other_clicks),
        ("page_engagement", whole.clicks + whole.other_clicks),
    ):
        if count:
            actions.append(_entry(kind, dict.fromkeys(clicks, count), count))
    for event in sorted({e for e, _ in events if e}):
        mine = [facts for e, facts in events if e == event]
        count, value = _within(mine, DEFAULT_DAYS)
        each = {w: _within(mine, WINDOW_DAYS[w]) for w in asked}
        if not count and not any(n for n, _ in each.values()):
            continue
        for kind in action_types(event):
            actions.append(_entry(kind, {w: n for w, (n, _) in each.items()}, count))
            money = {w: v for w, (_, v) in each.items()}
            values.append(_entry(kind, money, value, text=lambda micros: _decimal(micros, currency)))
    shown: dict[str, Any] = {"actions": actions, "action_values": values}
    shown["cost_per_action_type"] = [
        {"action_type": a["action_type"], "value": f"{whole.cost_micros / MICROS / int(a['value']):.6f}"}
        for a in actions
        if int(a["value"])
    ]
    if whole.cost_micros:
        shown["purchase_roas"] = [
            {"action_type": "omni_purchase", "value": f"{float(v['value']) / (whole.cost_micros / MICROS):.6f}"}
            for v in values
            if v["action_type"] == "omni_purchase"
        ]
    return {name: entries for name, entries in shown.items() if entries}


def _within(parts: Sequence[Facts], days: tuple[int, int]) -> tuple[int, int]:
    found = [part.within(click_days=days[0], view_days=days[1]) for part in parts]
    return sum(n for n, _ in found), sum(v for _, v in found)
