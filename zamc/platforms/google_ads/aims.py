"""How settings of Google campaigns are told in words: what a spec orders, and what criteria and strategies say. Pure but for messages."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from zamc.platforms.google_ads import constants
from zamc.platforms.google_ads.assets import ages_key
from zamc.platforms.google_ads.creates import AGES
from zamc.platforms.google_ads.reading import word

Told = tuple[str, str]
# What everybody is unless somebody is left out: a positive criterion of these kinds narrows nothing by itself.
_DEMOGRAPHIC = ("AGE_RANGE", "GENDER", "PARENTAL_STATUS", "INCOME_RANGE")
_MINUTES = {"ZERO": 0, "FIFTEEN": 15, "THIRTY": 30, "FORTY_FIVE": 45}
_BIDDING = {"TARGET_SPEND": "clicks", "MAXIMIZE_CONVERSIONS": "conversions", "MAXIMIZE_CONVERSION_VALUE": "conversion_value"}


def automations(campaign: Any) -> list[str]:
    """What Google may add to a campaign by itself."""
    settings = [(word(each, "asset_automation_type"), word(each, "asset_automation_status")) for each in campaign.asset_automation_settings]
    return sorted(name for name, status in settings if status == "OPTED_IN")


def bidding(campaign: Any) -> str:
    """Our word for the strategy where there is one, and what it aims at where somebody gave it an aim."""
    strategy = word(campaign, "bidding_strategy_type")
    aims = {
        "cpa": campaign.maximize_conversions.target_cpa_micros,
        "roas": campaign.maximize_conversion_value.target_roas,
        "most": campaign.target_spend.cpc_bid_ceiling_micros,
    }
    return " ".join([_BIDDING.get(strategy, strategy), *(f"{name} {value:g}" for name, value in aims.items() if value)])


def told(criterion: Any, parent: str) -> Told | None:
    """(field, text) of a criterion; None for one that changes nothing."""
    kind, minus = word(criterion, "type_"), "-" if criterion.negative else ""
    weight = criterion.bid_modifier if criterion.HasField("bid_modifier") else 1.0
    # At a device, 0 leaves it out; anywhere else it is the word for no weight.
    plain = weight == 1.0 or (weight == 0.0 and kind != "DEVICE")
    weighed = "" if plain else f" x{weight:g}"
    if plain and (kind == "DEVICE" or (kind in _DEMOGRAPHIC and not criterion.negative)):
        return None
    field, text = _AIMS.get((parent, kind), _other)(criterion, kind)
    return field, f"{minus}{text}{weighed}"


def _other(criterion: Any, kind: str) -> Told:
    return "audience", f"{kind} {criterion.display_name}".strip()


def _age(criterion: Any, _kind: str) -> Told:
    return "audience", word(criterion.age_range, "type_")


def _device(criterion: Any, kind: str) -> Told:
    return "audience", f"{kind} {word(criterion.device, 'type_')}"


def _location(criterion: Any, _kind: str) -> Told:
    return "locations", constants.country_code(criterion.location.geo_target_constant)


def _proximity(criterion: Any, _kind: str) -> Told:
    where, unit = criterion.proximity, "mi" if word(criterion.proximity, "radius_units") == "MILES" else "km"
    return "locations", f"{where.address.city_name}, {where.address.country_code}, {where.radius:g} {unit}"


def _language(criterion: Any, _kind: str) -> Told:
    return "languages", constants.language_code(criterion.language.language_constant)


def _schedule(criterion: Any, _kind: str) -> Told:
    each = criterion.ad_schedule
    start = f"{each.start_hour:02d}:{_MINUTES.get(word(each, 'start_minute'), 0):02d}"
    end = f"{each.end_hour:02d}:{_MINUTES.get(word(each, 'end_minute'), 0):02d}"
    return "schedule", f"{word(each, 'day_of_week')} {start}-{end}"


_AIMS = {
    ("campaign", "LOCATION"): _location,
    ("campaign", "PROXIMITY"): _proximity,
    ("campaign", "LANGUAGE"): _language,
    ("campaign", "AD_SCHEDULE"): _schedule,
    ("campaign", "DEVICE"): _device,
    ("ad_group", "AGE_RANGE"): _age,
}


def _of_campaign(spec: Mapping[str, Any]) -> dict[str, Any]:
    places = [f"{place['name']}, {place['country']}, {place['radius_km']:g} km" for place in spec["places"]]
    own = {name: spec[name] for name in ("languages", "bidding", "url_suffix")}
    named = spec.get("brand")
    brand = {"brand": {"business_name": named["business_name"], "logos": in_order(named["logos"])}} if named else {}
    # Nothing that Google would make by itself is wanted where it could (creates.py opts out of all of it).
    alone: dict[str, list[str]] = {"automations": []} if spec.get("channel_type") == "PERFORMANCE_MAX" else {}
    return {**own, **brand, **alone, "locations": [*spec["countries"], *places], "schedule": [], "audience": []}


def _of_group(spec: Mapping[str, Any]) -> dict[str, Any]:
    wanted = [list(each) for each in spec.get("ages", ())]
    out = [f"-AGE_RANGE_{low}_{high or 'UP'}" for low, high in AGES if wanted and [low, high] not in wanted]
    return {"audience": out, "bidding": ""}


def _of_ad(spec: Mapping[str, Any]) -> dict[str, Any]:
    lines = {name: list(spec[name]) for name in ("headlines", "descriptions")}
    if spec.get("format") is None:
        return {"final_url": spec["final_url"], "texts": {**lines, "paths": [path for path in spec["paths"] if path]}}
    texts = {**lines, "long_headline": [spec["long_headline"]], "business_name": [spec["business_name"]]}
    return {"final_url": spec["final_url"], "texts": texts, "images": in_order(spec["images"])}


def _of_asset_group(spec: Mapping[str, Any]) -> dict[str, Any]:
    begun_with = [f"audience: {ages_key(spec['ages'])}"] if spec["ages"] else []
    signals = [*(f"theme: {text}" for text in spec["search_themes"]), *begun_with]
    contents = {name: in_order(spec[name]) for name in ("texts", "images")}
    return {"final_url": spec["final_url"], "signals": signals, **contents}


def in_order(fields: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Links have no order, and a field without any is not there: two of these are alike when what they say is."""
    return {name: sorted(contents, key=_canonical) for name, contents in sorted(fields.items()) if contents}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


ORDERED = {"campaign": _of_campaign, "ad_group": _of_group, "ad": _of_ad, "asset_group": _of_asset_group}
