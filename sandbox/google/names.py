"""Resource names: `customers/{customer}/{collection}/{id}[~{id}...]`, with negative ids for what a request creates."""

import re
from dataclasses import dataclass

from sandbox.google.errors import AdsError, Path

_NAME = re.compile(r"customers/([0-9]+)/([a-zA-Z0-9]+)/((?:-?[0-9]+)(?:~(?:-?[0-9]+|[A-Z_]+))*)")
_CONSTANT = re.compile(r"(geoTargetConstants|languageConstants)/([0-9]+)")

COLLECTIONS = {
    "campaign_budget": "campaignBudgets",
    "campaign": "campaigns",
    "ad_group": "adGroups",
    "ad_group_ad": "adGroupAds",
    "ad": "ads",
    "ad_group_criterion": "adGroupCriteria",
    "campaign_criterion": "campaignCriteria",
    "conversion_action": "conversionActions",
    "asset": "assets",
    "campaign_asset": "campaignAssets",
    "campaign_conversion_goal": "campaignConversionGoals",
    "asset_group": "assetGroups",
    "asset_group_asset": "assetGroupAssets",
    "asset_group_signal": "assetGroupSignals",
    "asset_group_listing_group_filter": "assetGroupListingGroupFilters",
    "audience": "audiences",
}
# Links are named by what they link and how, `{parent id}~{asset id}~{FIELD_TYPE}`; goals by `{campaign id}~{CATEGORY}~{ORIGIN}`.
LINKS = frozenset({"campaign_asset", "asset_group_asset", "campaign_conversion_goal"})
# Named by their parent's id and their own.
CHILDREN = frozenset({"ad_group_ad", "ad_group_criterion", "campaign_criterion", "asset_group_signal", "asset_group_listing_group_filter"})


@dataclass(frozen=True)
class Name:
    """A parsed resource name; `ids` has two elements for resources that belong to a parent, three for links to assets."""

    customer: str
    kind: str
    ids: tuple[str, ...]

    @property
    def temporary(self) -> bool:
        if self.kind in LINKS:
            return any(part.startswith("-") for part in self.ids)
        return self.ids[-1].startswith("-")

    def __str__(self) -> str:
        return f"customers/{self.customer}/{COLLECTIONS[self.kind]}/{'~'.join(self.ids)}"


def parse(text: str, kind: str, path: Path) -> Name:
    """The name of a resource of `kind`. Raises AdsError RESOURCE_NAME_MISSING or RESOURCE_NAME_MALFORMED."""
    if not text:
        raise AdsError("request_error", "RESOURCE_NAME_MISSING", "The resource name is missing.", path)
    parts = 3 if kind in LINKS else 2 if kind in CHILDREN else 1
    found = _NAME.fullmatch(text)
    if found and found[2] == COLLECTIONS[kind]:
        ids = tuple(found[3].split("~"))
        if len(ids) == parts:
            return Name(found[1], kind, ids)
    expected = f"customers/{{customer_id}}/{COLLECTIONS[kind]}/{'~'.join(['{id}'] * parts)}"
    raise AdsError(
        "request_error",
        "RESOURCE_NAME_MALFORMED",
        f"The resource name {text!r} is malformed; expected {expected}.",
        path,
        trigger=text,
    )


def parse_constant(text: str, collection: str, path: Path) -> int:
    """The id in `geoTargetConstants/2276` or `languageConstants/1001`. Raises AdsError RESOURCE_NAME_MALFORMED."""
    found = _CONSTANT.fullmatch(text)
    if found is None or found[1] != collection:
        message = f"The resource name {text!r} is malformed; expected {collection}/{{id}}."
        raise AdsError("request_error", "RESOURCE_NAME_MALFORMED", message, path, trigger=text)
    return int(found[2])
