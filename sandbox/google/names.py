"""Resource names: `customers/{customer}/{collection}/{id}[~{id}]`, with negative ids for what a request creates."""

import re
from dataclasses import dataclass

from sandbox.google.errors import AdsError, Path

_NAME = re.compile(r"customers/([0-9]+)/([a-zA-Z0-9]+)/((?:-?[0-9]+)(?:~-?[0-9]+)*)")
_CONSTANT = re.compile(r"(geoTargetConstants|languageConstants)/([0-9]+)")

COLLECTIONS = {
    "campaign_budget": "campaignBudgets",
    "campaign": "campaigns",
    "ad_group": "adGroups",
    "ad_group_ad": "adGroupAds",
    "ad_group_criterion": "adGroupCriteria",
    "campaign_criterion": "campaignCriteria",
    "conversion_action": "conversionActions",
    "asset": "assets",
}


@dataclass(frozen=True)
class Name:
    """A parsed resource name; `ids` has two elements for resources that belong to a parent."""

    customer: str
    kind: str
    ids: tuple[str, ...]

    @property
    def temporary(self) -> bool:
        return self.ids[-1].startswith("-")

    def __str__(self) -> str:
        return f"customers/{self.customer}/{COLLECTIONS[self.kind]}/{'~'.join(self.ids)}"


def parse(text: str, kind: str, path: Path) -> Name:
    """The name of a resource of `kind`. Raises AdsError RESOURCE_NAME_MISSING or RESOURCE_NAME_MALFORMED."""
    if not text:
        raise AdsError("request_error", "RESOURCE_NAME_MISSING", "The resource name is missing.", path)
    parents = 2 if kind in ("ad_group_ad", "ad_group_criterion", "campaign_criterion") else 1
    found = _NAME.fullmatch(text)
    if found and found[2] == COLLECTIONS[kind]:
        ids = tuple(found[3].split("~"))
        if len(ids) == parents:
            return Name(found[1], kind, ids)
    expected = f"customers/{{customer_id}}/{COLLECTIONS[kind]}/{'~'.join(['{id}'] * parents)}"
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
