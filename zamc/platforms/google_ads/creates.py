"""From wanted objects to the operations of one atomic GoogleAdsService.Mutate, with temporary ids; everything paused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from zamc.deployments.ports import Item
from zamc.platforms.google_ads import constants
from zamc.platforms.google_ads.assets import ages_key, image_key, text_key
from zamc.platforms.google_ads.builders import KINDS
from zamc.platforms.google_ads.client import GoogleClient

# What Google would otherwise add to a Performance Max campaign by itself: texts, pictures, videos and landing pages nobody approved.
_AUTOMATIONS = (
    "TEXT_ASSET_AUTOMATION",
    "FINAL_URL_EXPANSION_TEXT_ASSET_AUTOMATION",
    "GENERATE_IMAGE_EXTRACTION",
    "GENERATE_IMAGE_ENHANCEMENT",
    "GENERATE_ENHANCED_YOUTUBE_VIDEOS",
)
AGES: tuple[tuple[int, int | None], ...] = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, None))


def set_automations(client: GoogleClient, campaign: Any, wanted: Sequence[str]) -> None:
    """Opt out of everything that Google would add by itself, but for what is wanted."""
    enums = client.sdk.enums
    for name in dict.fromkeys((*_AUTOMATIONS, *wanted)):
        setting = campaign.asset_automation_settings.add()
        setting.asset_automation_type = getattr(enums.AssetAutomationTypeEnum, name)
        setting.asset_automation_status = getattr(enums.AssetAutomationStatusEnum, "OPTED_IN" if name in wanted else "OPTED_OUT")


@dataclass(frozen=True)
class Request:
    """Operations in order, and which of them makes which object."""

    operations: list[Any]
    keys: Mapping[int, UUID]


def tree(client: GoogleClient, customer_id: str, items: Sequence[Item], *, today: date, assets: Mapping[str, str] | None = None) -> Request:
    """Parents first. today: in the customer's time zone; a start that is not in the future is left out, which means at once.

    assets: resource names of the texts, pictures and audiences that the items link to, by `text_key` and so on (see assets.py).
    """
    return _Tree(client, customer_id, today, assets or {}).build(items)


class _Tree:
    def __init__(self, client: GoogleClient, customer_id: str, today: date, assets: Mapping[str, str]) -> None:
        self._client, self._customer_id, self._today, self._assets = client, customer_id, today, assets
        self._enums = client.sdk.enums
        self._names: dict[UUID, str] = {}
        self._operations: list[Any] = []
        self._keys: dict[int, UUID] = {}

    def build(self, items: Sequence[Item]) -> Request:
        makers = {
            "budget": self._budget,
            "campaign": self._campaign,
            "ad_group": self._ad_group,
            "ad": self._ad,
            "asset_group": self._asset_group,
        }
        for item in items:
            makers[item.kind](item)
        return Request(self._operations, self._keys)

    def _start(self, item: Item) -> Any:
        operation = self._client.message("MutateOperation")
        self._keys[len(self._operations)] = item.obj_key
        self._operations.append(operation)
        made = getattr(operation, KINDS[item.kind][0]).create
        if item.kind != "ad":
            made.resource_name = self._names[item.obj_key] = self._temporary(KINDS[item.kind][2])
        return made

    def _temporary(self, collection: str) -> str:
        """A name for what the last operation makes: negative, and no other of the request has it."""
        return f"customers/{self._customer_id}/{collection}/{-len(self._operations)}"

    def _add(self, field: str) -> Any:
        """The resource that one more operation creates."""
        operation = self._client.message("MutateOperation")
        self._operations.append(operation)
        return getattr(operation, field).create

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
        channel = spec.get("channel_type", "SEARCH")
        made.advertising_channel_type = getattr(enums.AdvertisingChannelTypeEnum, channel)
        if channel != "PERFORMANCE_MAX":  # which runs on all of Google's networks
            made.network_settings.target_google_search = channel == "SEARCH"
            made.network_settings.target_search_network = channel == "SEARCH"
            made.network_settings.target_content_network = channel == "DISPLAY"
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
        if channel == "PERFORMANCE_MAX":
            set_automations(self._client, made, [])
        self._criteria(item, made.resource_name)
        if brand := spec.get("brand"):
            made.brand_guidelines_enabled = True
            self._brand(made.resource_name, brand)

    def _brand(self, campaign: str, brand: Mapping[str, Any]) -> None:
        """With brand guidelines, name and logos are the campaign's, and must be linked in the request that makes it."""
        linked = [("BUSINESS_NAME", text_key(brand["business_name"]))]
        linked += [(field, image_key(each)) for field, pictures in brand["logos"].items() for each in pictures]
        for field, key in linked:
            made = self._add("campaign_asset_operation")
            made.campaign = campaign
            made.asset = self._assets[key]
            made.field_type = getattr(self._enums.AssetFieldTypeEnum, field)

    def _criterion(self, campaign: str) -> Any:
        made = self._add("campaign_criterion_operation")
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
        # A group of a display campaign says which ages it is for; one of a search campaign has no such list.
        display = "ages" in item.spec
        made.type_ = getattr(self._enums.AdGroupTypeEnum, "DISPLAY_STANDARD" if display else "SEARCH_STANDARD")
        for keyword in item.spec["keywords"]:
            criterion = self._add("ad_group_criterion_operation")
            criterion.ad_group = made.resource_name
            criterion.status = self._enums.AdGroupCriterionStatusEnum.ENABLED
            criterion.keyword.text = keyword["text"]
            criterion.keyword.match_type = getattr(self._enums.KeywordMatchTypeEnum, keyword["match_type"])
        self._leave_out_ages(made.resource_name, item.spec.get("ages", []))

    def _leave_out_ages(self, group: str, wanted: Sequence[Sequence[int | None]]) -> None:
        """Everybody else's ages are excluded; people whose age Google does not know stay in, or most would be out."""
        for low, high in AGES if wanted else ():
            if [low, high] not in [list(each) for each in wanted]:
                criterion = self._add("ad_group_criterion_operation")
                criterion.ad_group = group
                criterion.negative = True
                criterion.age_range.type_ = getattr(self._enums.AgeRangeTypeEnum, f"AGE_RANGE_{low}_{high or 'UP'}")

    def _asset_group(self, item: Item) -> None:
        spec, made = item.spec, self._start(item)
        made.name = spec["name"]
        made.campaign = self._name_of(item, "campaign")
        made.status = self._enums.AssetGroupStatusEnum.PAUSED
        made.final_urls.append(spec["final_url"])
        made.final_url_suffix = f"{spec['url_suffix']}&utm_term={item.marker.rsplit(':', 1)[-1]}"
        linked = [(field, text_key(text)) for field, texts in spec["texts"].items() for text in texts]
        linked += [(field, image_key(each)) for field, pictures in spec["images"].items() for each in pictures]
        for field, key in linked:
            link = self._add("asset_group_asset_operation")
            link.asset_group = made.resource_name
            link.asset = self._assets[key]
            link.field_type = getattr(self._enums.AssetFieldTypeEnum, field)
        for text in spec["search_themes"]:
            signal = self._add("asset_group_signal_operation")
            signal.asset_group = made.resource_name
            signal.search_theme.text = text
        if spec["ages"]:
            # A signal says whom to begin with; it keeps nobody out.
            signal = self._add("asset_group_signal_operation")
            signal.asset_group = made.resource_name
            signal.audience.audience = self._assets[ages_key(spec["ages"])]

    def _ad(self, item: Item) -> None:
        spec, made = item.spec, self._start(item)
        made.ad_group = self._name_of(item, "ad_group")
        made.status = self._enums.AdGroupAdStatusEnum.PAUSED
        made.ad.final_urls.append(spec["final_url"])
        if spec.get("format") == "responsive_display":
            self._display(made.ad.responsive_display_ad, spec)
            return
        search = made.ad.responsive_search_ad
        for text in spec["headlines"]:
            search.headlines.add(text=text)
        for text in spec["descriptions"]:
            search.descriptions.add(text=text)
        for field, text in zip(("path1", "path2"), spec["paths"], strict=False):
            setattr(search, field, text)

    def _display(self, ad: Any, spec: Mapping[str, Any]) -> None:
        for text in spec["headlines"]:
            ad.headlines.add(text=text)
        ad.long_headline.text = spec["long_headline"]
        for text in spec["descriptions"]:
            ad.descriptions.add(text=text)
        ad.business_name = spec["business_name"]
        for field, pictures in spec["images"].items():
            for each in pictures:
                getattr(ad, field).add(asset=self._assets[image_key(each)])
