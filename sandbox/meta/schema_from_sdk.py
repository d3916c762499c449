"""Write schema.json: fields, parameters and enums of every node, as the official SDK declares them.

Run with `python -m sandbox.meta.schema_from_sdk` after an upgrade of facebook-business; a test fails while it is stale.
"""

import importlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any, Final

PATH: Final = Path(__file__).with_name("schema.json")

NODES: Final = {
    "adaccount": "AdAccount",
    "campaign": "Campaign",
    "adset": "AdSet",
    "ad": "Ad",
    "adcreative": "AdCreative",
    "adimage": "AdImage",
    "advideo": "AdVideo",
    "thumbnail": "VideoThumbnail",
    "activity": "AdActivity",
    "pixel": "AdsPixel",
    "page": "Page",
    "report": "AdReportRun",
    "insights": "AdsInsights",
}
CREATES: Final = {
    "campaign": "create_campaign",
    "adset": "create_ad_set",
    "ad": "create_ad",
    "adcreative": "create_ad_creative",
    "adimage": "create_ad_image",
    "advideo": "create_ad_video",
}
LISTS: Final = {
    "campaign": "get_campaigns",
    "adset": "get_ad_sets",
    "ad": "get_ads",
    "adcreative": "get_ad_creatives",
    "adimage": "get_ad_images",
    "advideo": "get_ad_videos",
    "activity": "get_activities",
    "pixel": "get_ads_pixels",
    "page": "get_promote_pages",
    "insights": "get_insights",
}
# Where nested structures begin; all that they hold follows.
ROOTS: Final = (
    "Targeting",
    "AdPromotedObject",
    "AdCreativeObjectStorySpec",
    "AdAssetFeedSpec",
)
CLASS_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]+")


def _class(name: str) -> Any:
    return getattr(importlib.import_module(f"facebook_business.adobjects.{name.lower()}"), name)


def _checker(target: Any, method: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    # pending=True returns the request unsent, with the SDK's own table of parameters.
    checker = getattr(target, method)(pending=True)._param_checker  # noqa: SLF001
    enums = {
        key: sorted({v for v in values if isinstance(v, str) and not v.startswith("facebook_business")})
        for key, values in checker._enum_data.items()  # noqa: SLF001
    }
    return dict(sorted(checker._type_check_info.items())), enums  # noqa: SLF001


def _structure(name: str) -> dict[str, str] | None:
    """Fields of a structure; None for enums, nodes and names that the SDK has no class for."""
    if name in NODES.values() or importlib.util.find_spec(f"facebook_business.adobjects.{name.lower()}") is None:
        return None
    return dict(sorted(_class(name)._field_types.items()))  # noqa: SLF001


def build() -> dict[str, Any]:
    """The whole metadata as plain JSON values."""
    account = _class("AdAccount")("act_1", api=object())
    nodes: dict[str, Any] = {}
    for kind, name in NODES.items():
        cls = _class(name)
        node: dict[str, Any] = {"fields": dict(sorted(cls._field_types.items()))}
        pending = {
            "create": (account, CREATES.get(kind)),
            "list": (account, LISTS.get(kind)),
            "update": (cls("1"), "api_update") if hasattr(cls, "api_update") else (account, None),
        }
        for key, (target, method) in pending.items():
            if method is not None and hasattr(target, method):
                node[key], enums = _checker(target, method)
                node.setdefault("enums", {}).update(enums)
        nodes[kind] = node
    types: dict[str, dict[str, str]] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        fields = _structure(name) if name not in types else None
        if fields is not None:
            types[name] = fields
            waiting += [found for kind in fields.values() for found in CLASS_NAME.findall(kind)]
    promoted = _class("AdPromotedObject").CustomEventType
    calls = _class("AdCreativeLinkDataCallToAction").Type
    enums = {
        "custom_event_type": sorted(v for k, v in vars(promoted).items() if not k.startswith("_")),
        "call_to_action_type": sorted(v for k, v in vars(calls).items() if not k.startswith("_")),
    }
    return {"nodes": nodes, "types": types, "enums": enums}


def main() -> None:
    PATH.write_text(json.dumps(build(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
