"""From wanted objects to the operations of one atomic GoogleAdsService.Mutate, with temporary ids; everything paused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from zamc.deployments.ports import Item
from zamc.platforms.google_ads import constants
from zamc.platforms.google_ads.client import GoogleClient

# kind of item -> field of MutateOperation, field of the response, collection in resource names
KINDS = {
    "budget": ("campaign_budget_operation", "campaign_budget_result", "campaignBudgets"),
    "campaign": ("campaign_operation", "campaign_result", "campaigns"),
    "ad_group": ("ad_group_operation", "ad_group_result", "adGroups"),
    "ad": ("ad_group_ad_operation", "ad_group_ad_result", "adGroupAds"),
}


@dataclass(frozen=True)
class Request:
    """Operations in order, and which of them makes which object."""

    operations: list[Any]
    keys: Mapping[int, UUID]


def tree(client: GoogleClient, customer_id: str, items: Sequence[Item], *, today: date) -> Request:
    """Parents first. today: in the customer's time zone; a start that is not in the future is left out, which means at once."""
    return _Tree(client, customer_id, today).build(items)


def status_update(client: GoogleClient, customer_id: str, item: Item, status: str) -> Any:
    """An operation that sets an object's own status. Raises KeyError for a kind without one."""
    operation = client.message("MutateOperation")
    made = getattr(operation, KINDS[item.kind][0])
    made.update.resource_name = resource_name(customer_id, item)
    made.update.status = getattr(getattr(client.sdk.enums, _STATUS_ENUMS[item.kind]), status.upper())
    made.update_mask.paths.append("status")
    return operation


_STATUS_ENUMS = {"campaign": "CampaignStatusEnum", "ad_group": "AdGroupStatusEnum", "ad": "AdGroupAdStatusEnum"}


def resource_name(customer_id: str, item: Item) -> str:
    """Of a bound object: customers/1/adGroupAds/2~3 for an ad, whose id is its own number."""
    key = f"{item.refs['ad_group']}~{item.external_id}" if item.kind == "ad" else item.external_id
    return f"customers/{customer_id}/{KINDS[item.kind][2]}/{key}"


class _Tree:
    def __init__(self, client: GoogleClient, customer_id: str, today: date) -> None:
        self._client, self._customer_id, self._today = client, customer_id, today
        self._enums = client.sdk.enums
        self._names: dict[UUID, str] = {}
        self._operations: list[Any] = []
        self._keys: dict[int, UUID] = {}

    def build(self, items: Sequence[Item]) -> Request:
        makers = {"budget": self._budget, "campaign": self._campaign, "ad_group": self._ad_group, "ad": self._ad}
        for item in items:
            makers[item.kind](item)
        return Request(self._operations, self._keys)

    def _start(self, item: Item) -> Any:
        operation = self._client.message("MutateOperation")
        self._keys[len(self._operations)] = item.obj_key
        self._operations.append(operation)
        made = getattr(operation, KINDS[item.kind][0]).create
        if item.kind != "ad":
            name = f"customers/{self._customer_id}/{KINDS[item.kind][2]}/{-len(self._operations)}"
            made.resource_name = self._names[item.obj_key] = name
        return made

    def _name_of(self, item: Item, role: str) -> str:
        return self._names[item.siblings[role]]

    def _budget(self, item: Item) -> None:
        made = self._start(item)
        made.name = f"{item.spec['name']} [{item.marker}]"
        made.amount_micros = item.spec["amount_micros"]
        made.explicitly_shared = False

    def _campaign(self, item: Item) -> None:
        spec, made, enums = item.spec, self._start(item), self._enums
        made.name = f"{spec['name']} [{item.marker}]"
        made.status = enums.CampaignStatusEnum.PAUSED
        made.campaign_budget = self._name_of(item, "budget")
        made.advertising_channel_type = enums.AdvertisingChannelTypeEnum.SEARCH
        made.network_settings.target_google_search = True
        made.network_settings.target_search_network = True
        made.network_settings.target_content_network = False
        # Only people who are there: interest in a place is somebody else's audience.
        made.geo_target_type_setting.positive_geo_target_type = enums.PositiveGeoTargetTypeEnum.PRESENCE
        declared = "CONTAINS" if spec["contains_eu_political_advertising"] else "DOES_NOT_CONTAIN"
        made.contains_eu_political_advertising = getattr(enums.EuPoliticalAdvertisingStatusEnum, f"{declared}_EU_POLITICAL_ADVERTISING")
        made.final_url_suffix = spec["url_suffix"]
        bidding = {"conversions": "maximize_conversions", "conversion_value": "maximize_conversion_value"}
        getattr(made, bidding.get(spec["bidding"], "target_spend")).SetInParent()
        if date.fromisoformat(spec["starts_on"]) > self._today:
            made.start_date_time = f"{spec['starts_on']} 00:00:00"
        if spec["ends_on"]:
            made.end_date_time = f"{spec['ends_on']} 23:59:59"
        self._criteria(item, made.resource_name)

    def _criterion(self, campaign: str) -> Any:
        operation = self._client.message("MutateOperation")
        self._operations.append(operation)
        made = operation.campaign_criterion_operation.create
        made.campaign = campaign
        return made

    def _criteria(self, item: Item, campaign: str) -> None:
        for code in item.spec["countries"]:
            self._criterion(campaign).location.geo_target_constant = constants.country(code)
        for place in item.spec["places"]:
            proximity = self._criterion(campaign).proximity
            proximity.address.city_name = place["name"]
            proximity.address.country_code = place["country"]
            proximity.radius = place["radius_km"]
            proximity.radius_units = self._enums.ProximityRadiusUnitsEnum.KILOMETERS
        for code in item.spec["languages"]:
            self._criterion(campaign).language.language_constant = constants.language(code)
        for text in item.spec["negative_keywords"]:
            made = self._criterion(campaign)
            made.negative = True
            made.keyword.text = text
            made.keyword.match_type = self._enums.KeywordMatchTypeEnum.BROAD

    def _ad_group(self, item: Item) -> None:
        made = self._start(item)
        made.name = item.spec["name"]
        made.campaign = self._name_of(item, "campaign")
        made.status = self._enums.AdGroupStatusEnum.PAUSED
        made.type_ = self._enums.AdGroupTypeEnum.SEARCH_STANDARD
        for keyword in item.spec["keywords"]:
            operation = self._client.message("MutateOperation")
            self._operations.append(operation)
            criterion = operation.ad_group_criterion_operation.create
            criterion.ad_group = made.resource_name
            criterion.status = self._enums.AdGroupCriterionStatusEnum.ENABLED
            criterion.keyword.text = keyword["text"]
            criterion.keyword.match_type = getattr(self._enums.KeywordMatchTypeEnum, keyword["match_type"])

    def _ad(self, item: Item) -> None:
        spec, made = item.spec, self._start(item)
        made.ad_group = self._name_of(item, "ad_group")
        made.status = self._enums.AdGroupAdStatusEnum.PAUSED
        made.ad.final_urls.append(spec["final_url"])
        search = made.ad.responsive_search_ad
        for text in spec["headlines"]:
            search.headlines.add(text=text)
        for text in spec["descriptions"]:
            search.descriptions.add(text=text)
        for field, text in zip(("path1", "path2"), spec["paths"], strict=False):
            setattr(search, field, text)
