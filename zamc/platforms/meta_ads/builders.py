"""From wanted objects to the parameters of Meta's create calls; everything that has a status is PAUSED."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zamc.deployments.ports import Item

# English names of languages, as /search?type=adlocale knows them.
LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "sk": "Slovak", "sl": "Slovenian", "sv": "Swedish", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def named(item: Item) -> str:
    return f"{item.spec['name']} [{item.marker}]"


def campaign(item: Item) -> dict[str, Any]:
    """Budget on the campaign, or the explicit word that its ad sets do not share theirs (v24 and later ask for it)."""
    budget = item.spec["daily_budget"]
    return {
        "name": named(item),
        "objective": item.spec["objective"],
        "status": "PAUSED",
        "special_ad_categories": item.spec["special_ad_categories"],
        **({"special_ad_category_country": countries} if (countries := item.spec.get("special_ad_category_country")) else {}),
        **(
            {"is_adset_budget_sharing_enabled": False}
            if budget is None
            else {"daily_budget": budget, "bid_strategy": "LOWEST_COST_WITHOUT_CAP"}
        ),
    }


def ad_set(item: Item, *, locales: Sequence[int], time_zone: str, today: date) -> dict[str, Any]:
    """locales: Meta's ids of the ad set's language; a start that is not in the future is left out, which means at once."""
    spec, zone = item.spec, ZoneInfo(time_zone)
    optional = {
        "daily_budget": spec["daily_budget"],
        "bid_strategy": None if spec["daily_budget"] is None else "LOWEST_COST_WITHOUT_CAP",
        "promoted_object": _promoted(spec),
        "dsa_beneficiary": spec["dsa_name"],
        "dsa_payor": spec["dsa_name"],
        "start_time": _midnight(spec["starts_on"], zone) if date.fromisoformat(spec["starts_on"]) > today else None,
        "end_time": end_time(spec["ends_on"], zone) if spec["ends_on"] else None,
    }
    return {
        "name": named(item),
        "campaign_id": item.refs["campaign"],
        "status": "PAUSED",
        "billing_event": "IMPRESSIONS",
        "optimization_goal": spec["optimization_goal"],
        "targeting": targeting(spec, locales=locales),
        **{name: value for name, value in optional.items() if value is not None},
    }


def targeting(spec: Mapping[str, Any], *, locales: Sequence[int]) -> dict[str, Any]:
    """Whom an ad set aims at."""
    return {
        "geo_locations": _places(spec),
        "age_min": 18,
        "age_max": 65,
        "locales": list(locales),
        # Off: who is aimed at was decided and approved; widening it is somebody else's decision.
        "targeting_automation": {"advantage_audience": 0},
    }


def _promoted(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    if spec["pixel_id"]:
        return {"pixel_id": spec["pixel_id"], "custom_event_type": spec["custom_event_type"]}
    return {"page_id": spec["page_id"]} if spec["page_id"] else None


def _places(spec: Mapping[str, Any]) -> dict[str, Any]:
    if not spec["places"]:
        return {"countries": spec["countries"]}
    return {
        "custom_locations": [
            {
                "address_string": f"{place['name']}, {place['country']}",
                "country": place["country"],
                "radius": place["radius_km"],
                "distance_unit": "kilometer",
            }
            for place in spec["places"]
        ]
    }


def end_time(last_day: str, zone: ZoneInfo) -> str:
    """The last day (ISO) runs to its end in the account's time zone."""
    return _midnight(last_day, zone, days=1)


def _midnight(day: str, zone: ZoneInfo, *, days: int = 0) -> str:
    return datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), zone).isoformat()


def creative(item: Item, *, cover: str = "") -> dict[str, Any]:
    """cover: address of a still of the video, for one that has no picture of ours."""
    spec = item.spec
    return {
        "name": named(item),
        "object_story_spec": {"page_id": spec["page_id"], **_STORIES[spec.get("format", "image")](item, cover)},
        "url_tags": spec["url_tags"],
    }


def _image(item: Item, _cover: str) -> dict[str, Any]:
    spec = item.spec
    return {"link_data": {**_link(spec), **_texts(spec, headline="name", description="description"), "image_hash": item.refs["image"]}}


def _video(item: Item, cover: str) -> dict[str, Any]:
    spec = item.spec
    still = {"image_hash": item.refs["image"]} if "image" in item.refs else {"image_url": cover}
    shown = {**_texts(spec, headline="title", description="link_description"), "video_id": item.refs["video"], **still}
    return {"video_data": {**shown, "call_to_action": _action(spec)}}


def _carousel(item: Item, _cover: str) -> dict[str, Any]:
    """In the order that was approved, and without a last card that nobody has seen."""
    spec = item.spec
    cards = [
        {
            "link": spec["link"],
            "name": card["headline"],
            "image_hash": item.refs[f"card_{number}"],
            "call_to_action": _action(spec),
            **({"description": card["description"]} if card["description"] else {}),
        }
        for number, card in enumerate(spec["cards"], 1)
    ]
    fixed = {"multi_share_optimized": False, "multi_share_end_card": False}
    return {"link_data": {**_link(spec), "message": spec["message"], "child_attachments": cards, **fixed}}


_STORIES = {"image": _image, "video": _video, "carousel": _carousel}


def _link(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"link": spec["link"], "call_to_action": _action(spec)}


def _action(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": spec["call_to_action"], "value": {"link": spec["link"]}}


def _texts(spec: Mapping[str, Any], *, headline: str, description: str) -> dict[str, Any]:
    told = {"message": spec["message"], headline: spec["headline"]}
    return {**told, description: spec["description"]} if spec["description"] else told


def ad(item: Item) -> dict[str, Any]:
    return {
        "name": named(item),
        "adset_id": item.refs["ad_set"],
        "creative": {"creative_id": item.refs["creative"]},
        "status": "PAUSED",
    }
