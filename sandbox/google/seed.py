"""Many campaigns at once, for benchmarks: each with its budget, one ad group, one ad and one keyword, as a client would have made them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.accounts import AdminError
from sandbox.google.account import PLATFORM
from sandbox.store import Transaction, to_text

MOST: Final = 200_000
KINDS: Final = ("campaign_budget", "campaign", "ad_group", "ad_group_ad", "ad_group_criterion")
Row = tuple[str, str, str, str, str | None, str, str, str, str]

_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "campaign_budget": {
        "amount_micros": 20_000_000, "delivery_method": "STANDARD", "explicitly_shared": False, "period": "DAILY", "type": "STANDARD",
        "status": "ENABLED",
    },
    "campaign": {
        "status": "PAUSED", "advertising_channel_type": "SEARCH", "bidding_strategy_type": "TARGET_SPEND", "target_spend": {},
        "contains_eu_political_advertising": "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING",
        "network_settings": {"target_google_search": True, "target_search_network": True, "target_content_network": False},
    },
    "ad_group": {"status": "ENABLED", "type": "SEARCH_STANDARD"},
    "ad_group_ad": {
        "status": "ENABLED",
        "ad": {
            "type": "RESPONSIVE_SEARCH_AD", "final_urls": ["https://example.com/"],
            "responsive_search_ad": {
                "headlines": [{"text": "One"}, {"text": "Two"}, {"text": "Three"}], "descriptions": [{"text": "First"}, {"text": "Second"}],
            },
        },
    },
    "ad_group_criterion": {"status": "ENABLED", "type": "KEYWORD", "negative": False, "keyword": {"text": "seed", "match_type": "PHRASE"}},
}  # fmt: skip


def plant(tx: Transaction, body: Mapping[str, Any]) -> dict[str, Any]:
    """{"customer", "campaigns": [TREE, ...]}, or {"customer", "count": N, **TREE} with "{n}" in names for the number.

    TREE is {"campaign_budget": {...}, "campaign": {...}, "ad_group": {...}, "ad_group_ad": {...}, "ad_group_criterion": {...}}: each
    the resource's fields as reads show them; what is left out is filled in, nothing is checked. Answers {"objects", "first_id",
    "last_id"}; ids run in that order, five to a tree.
    """
    customer = tx.get(PLATFORM, str(body.get("customer")), "customer", str(body.get("customer")))
    if customer is None:
        raise AdminError(404, f"there is no customer {body.get('customer')}")
    wanted = list(_wanted(body))
    if not 0 < len(wanted) <= MOST:
        raise AdminError(400, f"between 1 and {MOST} campaigns can be made at once")
    first = int(tx.next_ids(len(KINDS) * len(wanted)))
    moment = tx.now()
    at, start = to_text(moment), moment.strftime("%Y-%m-%d 00:00:00")
    tx.insert_many(row for n, tree in enumerate(wanted) for row in _tree(customer.id, first + len(KINDS) * n, tree, at, start))
    return {"objects": len(KINDS) * len(wanted), "first_id": str(first), "last_id": str(first + len(KINDS) * len(wanted) - 1)}


def _wanted(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "campaigns" in body:
        yield from body["campaigns"]
        return
    for n in range(int(body.get("count", 0))):
        yield {kind: _numbered(body.get(kind, {}), n) for kind in KINDS}


def _numbered(given: Mapping[str, Any], n: int) -> dict[str, Any]:
    return {**given, "name": str(given["name"]).replace("{n}", str(n))} if "name" in given else dict(given)


def _tree(customer: str, first: int, tree: Mapping[str, Any], at: str, start: str) -> Iterator[Row]:
    ids = {kind: str(first + n) for n, kind in enumerate(KINDS)}
    own = f"customers/{customer}"
    links: Mapping[str, Mapping[str, Any]] = {
        "campaign_budget": {},
        "campaign": {"campaign_budget": f"{own}/campaignBudgets/{ids['campaign_budget']}", "start_date_time": start},
        "ad_group": {"campaign": f"{own}/campaigns/{ids['campaign']}"},
        "ad_group_ad": {"ad_group": f"{own}/adGroups/{ids['ad_group']}"},
        "ad_group_criterion": {"ad_group": f"{own}/adGroups/{ids['ad_group']}"},
    }
    parents = {"campaign": "campaign_budget", "ad_group": "campaign", "ad_group_ad": "ad_group", "ad_group_criterion": "ad_group"}
    for kind, key in ids.items():
        body = {**_DEFAULTS[kind], **links[kind], **tree.get(kind, {})}
        if kind in ("campaign_budget", "campaign", "ad_group"):
            body.setdefault("name", f"Seed {key}")
        name = str(body.get("name", "PHRASE + seed" if kind == "ad_group_criterion" else ""))
        above = ids[parents[kind]] if kind in parents else None
        yield (PLATFORM, customer, kind, key, above, name, str(body["status"]), json.dumps(body, ensure_ascii=False), at)
