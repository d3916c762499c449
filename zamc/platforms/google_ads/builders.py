"""The kinds of object that a Google campaign is made of: how each is named in requests, responses and resource names."""

from typing import Any

from zamc.deployments.ports import Item
from zamc.platforms.google_ads.client import GoogleClient

# kind of item -> field of MutateOperation, field of the response, collection in resource names
KINDS = {
    "budget": ("campaign_budget_operation", "campaign_budget_result", "campaignBudgets"),
    "campaign": ("campaign_operation", "campaign_result", "campaigns"),
    "ad_group": ("ad_group_operation", "ad_group_result", "adGroups"),
    "ad": ("ad_group_ad_operation", "ad_group_ad_result", "adGroupAds"),
    "asset_group": ("asset_group_operation", "asset_group_result", "assetGroups"),
}


def status_update(client: GoogleClient, customer_id: str, item: Item, status: str) -> Any:
    """An operation that sets an object's own status. Raises KeyError for a kind without one."""
    operation = client.message("MutateOperation")
    made = getattr(operation, KINDS[item.kind][0])
    made.update.resource_name = resource_name(customer_id, item)
    made.update.status = getattr(getattr(client.sdk.enums, _STATUS_ENUMS[item.kind]), status.upper())
    made.update_mask.paths.append("status")
    return operation


_STATUS_ENUMS = {
    "campaign": "CampaignStatusEnum",
    "ad_group": "AdGroupStatusEnum",
    "ad": "AdGroupAdStatusEnum",
    "asset_group": "AssetGroupStatusEnum",
}


def resource_name(customer_id: str, item: Item) -> str:
    """Of a bound object: customers/1/adGroupAds/2~3 for an ad, whose id is its own number."""
    key = f"{item.refs['ad_group']}~{item.external_id}" if item.kind == "ad" else item.external_id
    return f"customers/{customer_id}/{KINDS[item.kind][2]}/{key}"
