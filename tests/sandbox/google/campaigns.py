"""Requests that create things, as a person would write them with the SDK."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.google.pictures import picture
from tests.sandbox.google.world import World

HEADLINES = ("Sketch in three dimensions", "Free and open source", "Download it today")
DESCRIPTIONS = ("Model, animate and render.", "No licence fee, ever.")


@dataclass
class Request:
    """Operations of one GoogleAdsService.Mutate, in order, with names for what they create."""

    world: World
    client: Any
    customer: str
    operations: list[Any] = field(default_factory=list)
    temporary: int = 0

    def _operation(self) -> Any:
        self.operations.append(self.client.get_type("MutateOperation"))
        return self.operations[-1]

    def _name(self, collection: str, parent: str = "") -> str:
        self.temporary -= 1
        prefix = f"{parent.rsplit('/', 1)[-1]}~" if parent else ""
        return f"customers/{self.customer}/{collection}/{prefix}{self.temporary}"

    def budget(self, name: str = "Budget", *, micros: int = 20_000_000, shared: bool = False) -> Any:
        made = self._operation().campaign_budget_operation.create
        made.resource_name = self._name("campaignBudgets")
        made.name, made.amount_micros, made.explicitly_shared = name, micros, shared
        return made

    def campaign(self, budget: str, name: str = "Campaign", *, status: str = "ENABLED") -> Any:
        enums = self.client.enums
        made = self._operation().campaign_operation.create
        made.resource_name, made.name, made.campaign_budget = self._name("campaigns"), name, budget
        made.status = enums.CampaignStatusEnum.CampaignStatus.Value(status)
        made.advertising_channel_type = enums.AdvertisingChannelTypeEnum.SEARCH
        made.target_spend.cpc_bid_ceiling_micros = 2_000_000
        declared = enums.EuPoliticalAdvertisingStatusEnum.DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING
        made.contains_eu_political_advertising = declared
        return made

    def ad_group(self, campaign: str, name: str = "Ad group") -> Any:
        made = self._operation().ad_group_operation.create
        made.resource_name, made.name, made.campaign = self._name("adGroups"), name, campaign
        return made

    def ad(self, ad_group: str, headlines: Sequence[str] = HEADLINES, descriptions: Sequence[str] = DESCRIPTIONS) -> Any:
        made = self._operation().ad_group_ad_operation.create
        made.ad_group = ad_group
        made.ad.final_urls.append("https://example.com/")
        for text in headlines:
            made.ad.responsive_search_ad.headlines.add(text=text)
        for text in descriptions:
            made.ad.responsive_search_ad.descriptions.add(text=text)
        return made

    def keyword(self, ad_group: str, text: str = "3d software", match: str = "PHRASE") -> Any:
        made = self._operation().ad_group_criterion_operation.create
        made.ad_group, made.keyword.text = ad_group, text
        made.keyword.match_type = self.client.enums.KeywordMatchTypeEnum.KeywordMatchType.Value(match)
        return made

    def location(self, campaign: str, geo_target: int = 2276) -> Any:
        made = self._operation().campaign_criterion_operation.create
        made.campaign, made.location.geo_target_constant = campaign, f"geoTargetConstants/{geo_target}"
        return made

    def language(self, campaign: str, language: int = 1001) -> Any:
        made = self._operation().campaign_criterion_operation.create
        made.campaign, made.language.language_constant = campaign, f"languageConstants/{language}"
        return made

    def conversion_action(self, name: str = "Purchase") -> Any:
        made = self._operation().conversion_action_operation.create
        made.name = name
        made.type_ = self.client.enums.ConversionActionTypeEnum.WEBPAGE
        made.category = self.client.enums.ConversionActionCategoryEnum.PURCHASE
        made.value_settings.default_value = 40.0
        return made

    def send(self, **options: Any) -> Any:
        """The response of GoogleAdsService.Mutate; options are fields of the request."""
        request = self.client.get_type("MutateGoogleAdsRequest")
        request.customer_id = self.customer
        request.mutate_operations.extend(self.operations)
        for name, value in options.items():
            setattr(request, name, value)
        return self.client.get_service("GoogleAdsService").mutate(request=request)


def request(world: World, customer: str | None = None) -> Request:
    return Request(world, world.client(), customer or world.customer)


@dataclass(frozen=True)
class Names:
    """Real resource names of a campaign made by `whole_campaign`."""

    budget: str
    campaign: str
    ad_group: str
    ad: str
    keyword: str
    location: str
    language: str


def whole_campaign(world: World, name: str = "Campaign", *, customer: str | None = None, micros: int = 20_000_000) -> Names:
    """Budget, campaign, ad group, ad, keyword, location and language in one atomic request."""
    wanted = request(world, customer)
    budget = wanted.budget(f"{name} budget", micros=micros).resource_name
    campaign = wanted.campaign(budget, name).resource_name
    group = wanted.ad_group(campaign).resource_name
    wanted.ad(group)
    wanted.keyword(group)
    wanted.location(campaign)
    wanted.language(campaign)
    return Names(*names_of(wanted.send()))


def names_of(response: Any) -> list[str]:
    """Resource names in the order of the operations; '' where one failed."""
    names = []
    for entry in response.mutate_operation_responses:
        member = entry.WhichOneof("response")
        names.append(getattr(entry, member).resource_name if member else "")
    return names


LONG_HEADLINE = "Sketch, model, animate and render in one free program"
BUSINESS = "Blender"
SIZES = {
    "MARKETING_IMAGE": (600, 314),
    "SQUARE_MARKETING_IMAGE": (300, 300),
    "PORTRAIT_MARKETING_IMAGE": (480, 600),
    "LOGO": (128, 128),
    "LANDSCAPE_LOGO": (512, 128),
}


class Media(Request):
    """Operations that need pictures: Performance Max and responsive display."""

    def enum(self, name: str, value: str) -> int:
        return int(getattr(getattr(self.client.enums, f"{name}Enum"), value))

    def text(self, text: str) -> str:
        made = self._operation().asset_operation.create
        made.resource_name, made.text_asset.text = self._name("assets"), text
        return str(made.resource_name)

    def image(self, name: str, width: int, height: int, **drawn: str) -> str:
        made = self._operation().asset_operation.create
        made.resource_name, made.name = self._name("assets"), name
        made.image_asset.data = picture(width, height, **drawn)
        return str(made.resource_name)

    def performance_max(self, budget: str, name: str = "Max", *, brand: bool = True, status: str = "ENABLED") -> Any:
        enums = self.client.enums
        made = self._operation().campaign_operation.create
        made.resource_name, made.name, made.campaign_budget = self._name("campaigns"), name, budget
        made.status = enums.CampaignStatusEnum.CampaignStatus.Value(status)
        made.advertising_channel_type = enums.AdvertisingChannelTypeEnum.PERFORMANCE_MAX
        made.maximize_conversions.SetInParent()
        made.brand_guidelines_enabled = brand
        made.contains_eu_political_advertising = enums.EuPoliticalAdvertisingStatusEnum.DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING
        return made

    def display(self, budget: str, name: str = "Display") -> Any:
        made = self.campaign(budget, name)
        made.advertising_channel_type = self.client.enums.AdvertisingChannelTypeEnum.DISPLAY
        return made

    def asset_group(self, campaign: str, name: str = "Asset group") -> Any:
        made = self._operation().asset_group_operation.create
        made.resource_name, made.name, made.campaign = self._name("assetGroups"), name, campaign
        made.final_urls.append("https://example.com/")
        return made

    def link(self, group: str, asset: str, field_type: str) -> Any:
        made = self._operation().asset_group_asset_operation.create
        made.asset_group, made.asset = group, asset
        made.field_type = self.enum("AssetFieldType", field_type)
        return made

    def brand_link(self, campaign: str, asset: str, field_type: str) -> Any:
        made = self._operation().campaign_asset_operation.create
        made.campaign, made.asset = campaign, asset
        made.field_type = self.enum("AssetFieldType", field_type)
        return made

    def theme(self, group: str, text: str) -> Any:
        made = self._operation().asset_group_signal_operation.create
        made.asset_group, made.search_theme.text = group, text
        return made

    def fill(self, group: str, *, without: Sequence[str] = (), descriptions: Sequence[str] = DESCRIPTIONS) -> None:
        """Everything that an asset group needs, but for the field types named."""
        texts = {"HEADLINE": HEADLINES, "DESCRIPTION": descriptions, "LONG_HEADLINE": (LONG_HEADLINE,)}
        for field_type, values in texts.items():
            for value in values if field_type not in without else values[1:]:
                self.link(group, self.text(value), field_type)
        for field_type in ("MARKETING_IMAGE", "SQUARE_MARKETING_IMAGE"):
            if field_type not in without:
                self.link(group, self.image(field_type, *SIZES[field_type]), field_type)

    def brand(self, campaign: str) -> None:
        self.brand_link(campaign, self.text(BUSINESS), "BUSINESS_NAME")
        self.brand_link(campaign, self.image("LOGO", *SIZES["LOGO"]), "LOGO")

    def display_ad(self, ad_group: str) -> Any:
        images = {name: self.image(name, *SIZES[name]) for name in ("MARKETING_IMAGE", "SQUARE_MARKETING_IMAGE", "LOGO")}
        made = self._operation().ad_group_ad_operation.create
        made.ad_group = ad_group
        made.ad.final_urls.append("https://example.com/")
        ad = made.ad.responsive_display_ad
        ad.headlines.add(text=HEADLINES[0])
        ad.descriptions.add(text=DESCRIPTIONS[0])
        ad.long_headline.text, ad.business_name = LONG_HEADLINE, BUSINESS
        ad.marketing_images.add(asset=images["MARKETING_IMAGE"])
        ad.square_marketing_images.add(asset=images["SQUARE_MARKETING_IMAGE"])
        ad.square_logo_images.add(asset=images["LOGO"])
        return made


def media(world: World, customer: str | None = None) -> Media:
    return Media(world, world.client(), customer or world.customer)


def whole_performance_max(world: World, name: str = "Max", *, brand: bool = True) -> tuple[str, str]:
    """Names of a Performance Max campaign and its asset group, with all that they need, in one atomic request."""
    wanted = media(world)
    wanted.conversion_action(f"Purchase of {name}")
    budget = wanted.budget(f"{name} budget").resource_name
    campaign = wanted.performance_max(budget, name, brand=brand).resource_name
    group = wanted.asset_group(campaign).resource_name
    if brand:
        wanted.brand(campaign)
    else:
        wanted.link(group, wanted.text(BUSINESS), "BUSINESS_NAME")
        wanted.link(group, wanted.image("LOGO", *SIZES["LOGO"]), "LOGO")
    wanted.fill(group)
    wanted.theme(group, "3d software")
    wanted.location(campaign)
    made = names_of(wanted.send())
    return made[2], made[3]


def whole_display(world: World, name: str = "Display") -> tuple[str, str, str]:
    """Names of a Display campaign, its ad group and its ad."""
    wanted = media(world)
    campaign = wanted.display(wanted.budget(f"{name} budget").resource_name, name).resource_name
    group = wanted.ad_group(campaign).resource_name
    wanted.display_ad(group)
    made = names_of(wanted.send())
    return made[1], made[2], made[-1]
