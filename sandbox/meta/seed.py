"""Many campaigns at once, for benchmarks: each with one ad set, one creative and one ad, as a client would have made them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.accounts import AdminError
from sandbox.meta.view import PLATFORM
from sandbox.store import Transaction, to_text

MOST: Final = 200_000


def plant(tx: Transaction, body: Mapping[str, Any]) -> dict[str, Any]:
    """{"account", "campaigns": [TREE, ...]}, or {"account", "count": N, **TREE} with "{n}" in names for the number.

    TREE is {"campaign": {...}, "adset": {...}, "creative": {...}, "ad": {...}}: each the object's body as reads show it, plus "name"
    and "status" (PAUSED); nothing is checked. Answers {"objects", "first_id", "last_id"}; ids run in that order, four to a tree.
    """
    account = tx.get(PLATFORM, str(body.get("account")), "adaccount", str(body.get("account")))
    if account is None:
        raise AdminError(404, f"there is no ad account {body.get('account')}")
    wanted = list(_wanted(body))
    if not 0 < len(wanted) <= MOST:
        raise AdminError(400, f"between 1 and {MOST} campaigns can be made at once")
    first = int(tx.next_ids(4 * len(wanted)))
    at = to_text(tx.now())
    tx.insert_many(row for n, each in enumerate(wanted) for row in _tree(account.id, first + 4 * n, each, at))
    return {"objects": 4 * len(wanted), "first_id": str(first), "last_id": str(first + 4 * len(wanted) - 1)}


def _wanted(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "campaigns" in body:
        yield from body["campaigns"]
        return
    for n in range(int(body.get("count", 0))):
        yield {kind: _numbered(body.get(kind, {}), n) for kind in ("campaign", "adset", "creative", "ad")}


def _numbered(given: Mapping[str, Any], n: int) -> dict[str, Any]:
    return {**given, "name": str(given.get("name", "Seed {n}")).replace("{n}", str(n))}


DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "campaign": {
        "objective": "OUTCOME_TRAFFIC", "buying_type": "AUCTION", "special_ad_categories": [], "is_adset_budget_sharing_enabled": False,
    },
    "adset": {
        "billing_event": "IMPRESSIONS", "optimization_goal": "LINK_CLICKS", "daily_budget": "2000", "lifetime_budget": "0",
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP", "targeting": {"geo_locations": {"countries": ["US"]}},
    },
    "creative": {"object_type": "SHARE"},
    "ad": {},
}  # fmt: skip
Row = tuple[str, str, str, str, str | None, str, str, str, str]


def _tree(account: str, first: int, each: Mapping[str, Any], at: str) -> Iterator[Row]:
    campaign, adset, creative, ad = (str(first + n) for n in range(4))
    links: Mapping[str, Mapping[str, str]] = {
        "campaign": {}, "adset": {"campaign_id": campaign}, "creative": {},
        "ad": {"adset_id": adset, "campaign_id": campaign, "creative_id": creative},
    }  # fmt: skip
    parents = {"campaign": None, "adset": campaign, "creative": None, "ad": adset}
    for kind, key in (("campaign", campaign), ("adset", adset), ("creative", creative), ("ad", ad)):
        given = dict(each.get(kind, {}))
        name, status = str(given.pop("name", f"Seed {first}")), str(given.pop("status", "ACTIVE" if kind == "creative" else "PAUSED"))
        body = json.dumps({**DEFAULTS[kind], "name": name, **given, **links[kind]}, ensure_ascii=False)
        yield (PLATFORM, account, "adcreative" if kind == "creative" else kind, key, parents[kind], name, status, body, at)
