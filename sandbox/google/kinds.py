"""The kinds of resource that can be mutated, and how each is called in services, requests and responses."""

from dataclasses import dataclass

from sandbox.google.rules import (
    ad_contents,
    ad_groups,
    ads,
    asset_groups,
    assets,
    budgets,
    campaigns,
    conversions,
    goals,
    keywords,
    links,
    signals,
    targeting,
)
from sandbox.google.rules.kind import Kind


@dataclass(frozen=True)
class Service:
    """A per-resource service: `CampaignService/MutateCampaigns`."""

    kind: Kind
    plural: str

    @property
    def method(self) -> str:
        return f"{self.kind.message}Service/Mutate{self.plural}"


_ALL = (
    Service(budgets.KIND, "CampaignBudgets"),
    Service(campaigns.KIND, "Campaigns"),
    Service(ad_groups.KIND, "AdGroups"),
    Service(ads.KIND, "AdGroupAds"),
    Service(ad_contents.KIND, "Ads"),
    Service(keywords.KIND, "AdGroupCriteria"),
    Service(targeting.KIND, "CampaignCriteria"),
    Service(conversions.KIND, "ConversionActions"),
    Service(goals.KIND, "CampaignConversionGoals"),
    Service(assets.KIND, "Assets"),
    Service(asset_groups.KIND, "AssetGroups"),
    Service(links.GROUP_KIND, "AssetGroupAssets"),
    Service(links.CAMPAIGN_KIND, "CampaignAssets"),
    Service(signals.SIGNAL_KIND, "AssetGroupSignals"),
    Service(signals.FILTER_KIND, "AssetGroupListingGroupFilters"),
    Service(signals.AUDIENCE_KIND, "Audiences"),
)

KINDS = {service.kind.kind: service.kind for service in _ALL}
SERVICES = {service.method: service for service in _ALL}
