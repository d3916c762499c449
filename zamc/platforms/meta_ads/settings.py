"""Whom ad sets aim at, what they bid for and what ads show, as Meta has it: compared in Meta's own words, without what it adds itself."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from zamc.deployments.ports import Item, Settings
from zamc.errors import OutsideError
from zamc.platforms.meta_ads import batch, builders
from zamc.platforms.meta_ads.batch import Call
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.reading import EDGES

FIELDS = frozenset({"locations", "languages", "audience", "bidding", "creative"})
_IDS = 100  # in one filter: some 3 kB of address
_ASKED = {
    "campaign": "bid_strategy",
    "ad_set": "targeting,optimization_goal,bid_amount,bid_strategy",
    "ad": "creative{id}",
}
# Parts of a targeting that have a field of their own, and what Meta adds to every one.
_OWN = ("geo_locations", "excluded_geo_locations", "locales")
_ADDED = ("age_range", "brand_safety_content_filter_levels", "targeting_optimization", "targeting_relaxation_types", "user_age_unknown")
_USUAL = {"age_min": 18, "age_max": 65, "targeting_automation": {"advantage_audience": 0}}
_LOCATION_TYPES = (["home", "recent"], ["frequently_in", "home", "recent", "travel_in"])
# What names a place; the rest of its row are words for people.
_PLACE = ("key", "radius", "distance_unit", "country", "address_string", "latitude", "longitude")
_PLAIN_BID = "LOWEST_COST_WITHOUT_CAP"


class MetaSettings:
    """One ad account. locales_of: Meta's ids for a language (ISO 639-1)."""

    def __init__(self, client: MetaClient, account: str) -> None:
        self._client, self._account = client, account

    def read(self, items: Sequence[Item], *, locales_of: Callable[[str], Sequence[int]]) -> dict[UUID, Settings]:
        """Ordered and shown of every item that is there. Raises OutsideError."""
        found = {}
        for item, shown in self._listed(items):
            ordered = {name: item.spec.get(name, value) for name, value in self._ordered(item, locales_of).items()}
            found[item.obj_key] = Settings(*_comparable(ordered, shown))
        return found

    def _listed(self, items: Sequence[Item]) -> Iterator[tuple[Item, dict[str, Any]]]:
        """A hundred objects of a kind in a call, fifty calls in a request. What no list shows is left out."""
        by_id = {str(item.external_id): item for item in items if item.kind in _ASKED and item.external_id}
        calls, kinds = [], []
        for kind, fields in _ASKED.items():
            ids = sorted(key for key, item in by_id.items() if item.kind == kind)
            for start in range(0, len(ids), _IDS):
                some = ids[start : start + _IDS]
                chosen = [{"field": "id", "operator": "IN", "value": some}]
                params = {"fields": f"id,{fields}", "filtering": chosen, "limit": len(some)}
                calls.append(Call("GET", (self._account, EDGES[kind]), params))
                kinds.append(kind)
        for kind, answer in zip(kinds, batch.read(self._client, calls, account=self._account), strict=True):
            for row in answer.get("data") or []:
                if str(row["id"]) in by_id:
                    yield by_id[str(row["id"])], _shown(kind, row)

    def shown(self, items: Sequence[Item]) -> dict[UUID, dict[str, Any]]:
        """What is there by its id, which lags less than a list, told as the items' specs tell it where both are the same."""
        asked = [item for item in items if item.kind in _ASKED and item.external_id]
        calls = [Call("GET", (str(item.external_id),), {"fields": f"id,{_ASKED[item.kind]}"}) for item in asked]
        found = {}
        for item, row in zip(asked, batch.send(self._client, calls, account=self._account, again=True), strict=True):
            if not isinstance(row, OutsideError):
                found[item.obj_key] = _comparable(item.spec, _shown(item.kind, row))[1]
            elif not row.code.startswith("100"):
                raise row
        return found

    def _ordered(self, item: Item, locales_of: Callable[[str], Sequence[int]]) -> dict[str, Any]:
        if item.kind == "ad_set":
            aim = builders.targeting(item.spec, locales=locales_of(item.spec["language"]))
            return {**_parts(aim), "bidding": item.spec["optimization_goal"]}
        if item.kind == "ad":
            return {"creative": item.refs["creative"]} if "creative" in item.refs else {}
        return {"bidding": ""}

    def changes(self, item: Item) -> dict[str, Any]:
        """Parameters that set the fields of a spec that are named here; what they do not name of a targeting stays. Raises OutsideError."""
        wanted = {name: item.spec[name] for name in FIELDS & item.spec.keys()}
        told: dict[str, Any] = {"creative": {"creative_id": wanted["creative"]}} if "creative" in wanted else {}
        if wanted.keys() - {"creative"}:
            fields = "bid_strategy" + (",targeting" if item.kind == "ad_set" else "")
            row = self._client.call("GET", (str(item.external_id),), {"fields": fields}, account=self._account)
            if wanted.keys() & {"locations", "languages", "audience"}:
                whole = {**_parts(row.get("targeting") or {}), **wanted}
                told["targeting"] = {**whole["audience"], **whole["locations"], "locales": whole["languages"]}
            if "bidding" in wanted:
                told |= _bid(item.kind, wanted["bidding"], of_its_own="bid_strategy" in row)
        return told


def _bid(kind: str, wanted: str, *, of_its_own: bool) -> dict[str, Any]:
    """of_its_own: it has a bid strategy; an ad set whose budget stands on the campaign takes that of the campaign."""
    words = wanted.split()
    told = {"optimization_goal": words.pop(0)} if kind == "ad_set" else {}
    if of_its_own:
        told["bid_strategy"] = words[0] if words else _PLAIN_BID
    return {**told, "bid_amount": int(words[1])} if len(words) > 1 else told


def _shown(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "ad":
        return {"creative": str((row.get("creative") or {}).get("id", ""))}
    strategy = str(row.get("bid_strategy") or _PLAIN_BID)
    bid = [row.get("optimization_goal"), None if strategy == _PLAIN_BID else strategy, row.get("bid_amount")]
    told = {"bidding": " ".join(str(each) for each in bid if each)}
    return told if kind == "campaign" else {**_parts(row.get("targeting") or {}), **told}


def _parts(aim: Mapping[str, Any]) -> dict[str, Any]:
    """A targeting as locations, languages and everything else, without names and without what Meta adds itself."""
    where = {name: _places(aim[name]) for name in ("geo_locations", "excluded_geo_locations") if aim.get(name)}
    rest = {name: _plain(value) for name, value in aim.items() if name not in (*_OWN, *_ADDED) and value not in ([], {}, None)}
    if isinstance(automatic := rest.get("targeting_automation"), Mapping):
        rest["targeting_automation"] = {"advantage_audience": automatic.get("advantage_audience", 0)}
    return {"locations": where, "languages": sorted(aim.get("locales") or []), "audience": {**_USUAL, **rest}}


def _places(geo: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in sorted(geo.items()):
        if name == "location_types" and sorted(value) in _LOCATION_TYPES:
            continue
        rows = [{key: each[key] for key in _PLACE if key in each} if isinstance(each, Mapping) else each for each in value or []]
        found[name] = sorted(rows, key=_canonical)
    return found


def _plain(value: Any) -> Any:
    """Without names, which are the platform's words for its ids, and in one order."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in sorted(value.items()) if not (key == "name" and "id" in value)}
    return sorted((_plain(each) for each in value), key=_canonical) if isinstance(value, list) else value


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _comparable(ordered: Mapping[str, Any], shown: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A place that was named by its address is shown by its coordinates too, or by them alone: only what both name is compared."""
    mine, there = ordered.get("locations", {}), shown.get("locations", {})
    before, after = (_custom(each) for each in (mine, there))
    if len(before) == len(after) and before and all(_same(one, other) for one, other in zip(before, after, strict=True)):
        shown = {**shown, "locations": {**there, "geo_locations": {**there["geo_locations"], "custom_locations": before}}}
    return dict(ordered), shown


def _custom(where: Mapping[str, Any]) -> list[Any]:
    return list(where.get("geo_locations", {}).get("custom_locations", []))


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    both = one.keys() & other.keys()
    return bool(both) and all(one[name] == other[name] for name in both)
