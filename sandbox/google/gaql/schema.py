"""What may be queried together: resources with their attributed resources, metrics and segments.

After the "Attributed resources" and "Segments" lists of the platform's field reference, for what the sandbox simulates.
"""

from dataclasses import dataclass

# Members of a row that are no resource to select from.
ROW_ONLY = frozenset({"metrics", "segments"})

DATE_SEGMENTS = frozenset({"segments.date", "segments.week", "segments.month", "segments.quarter"})
"""Core date segments whose value is a date."""

CORE_DATE_SEGMENTS = DATE_SEGMENTS | {"segments.year"}

CONVERSION_SEGMENTS = frozenset({"segments.conversion_action", "segments.conversion_action_name", "segments.conversion_action_category"})
SEGMENTS = (
    CORE_DATE_SEGMENTS
    | CONVERSION_SEGMENTS
    | {
        "segments.day_of_week",
        "segments.device",
        "segments.ad_network_type",
    }
)
CONVERSION_METRICS = frozenset(
    {
        "metrics.conversions",
        "metrics.conversions_value",
        "metrics.all_conversions",
        "metrics.all_conversions_value",
        "metrics.value_per_conversion",
        "metrics.value_per_all_conversions",
    }
)
METRICS = CONVERSION_METRICS | {
    "metrics.impressions",
    "metrics.clicks",
    "metrics.cost_micros",
    "metrics.interactions",
    "metrics.ctr",
    "metrics.interaction_rate",
    "metrics.average_cpc",
    "metrics.average_cpm",
    "metrics.average_cost",
    "metrics.cost_per_conversion",
    "metrics.cost_per_all_conversions",
    "metrics.conversions_from_interactions_rate",
    "metrics.all_conversions_from_interactions_rate",
    "metrics.conversions_value_per_cost",
}


@dataclass(frozen=True)
class Resource:
    """`attributed` are joined without segmenting; `segmenting` split the metrics; without `measured` no metrics at all."""

    attributed: tuple[str, ...] = ("customer",)
    segmenting: tuple[str, ...] = ()
    measured: bool = False


QUERYABLE = {
    "customer": Resource((), measured=True),
    "campaign_budget": Resource(segmenting=("campaign",), measured=True),
    "campaign": Resource(("customer", "campaign_budget"), measured=True),
    "ad_group": Resource(("customer", "campaign"), measured=True),
    "ad_group_ad": Resource(("customer", "campaign", "ad_group"), measured=True),
    "ad_group_criterion": Resource(("customer", "campaign", "ad_group")),
    "keyword_view": Resource(("customer", "campaign", "ad_group", "ad_group_criterion"), measured=True),
    "search_term_view": Resource(("customer", "campaign", "ad_group"), measured=True),
    "geographic_view": Resource(("customer", "campaign", "ad_group"), measured=True),
    "landing_page_view": Resource(("customer", "campaign", "ad_group"), measured=True),
    "expanded_landing_page_view": Resource(("customer", "campaign", "ad_group"), measured=True),
    "age_range_view": Resource(("customer", "campaign", "ad_group", "ad_group_criterion"), measured=True),
    "gender_view": Resource(("customer", "campaign", "ad_group", "ad_group_criterion"), measured=True),
    "ad_group_ad_asset_view": Resource(("customer", "campaign", "ad_group", "ad_group_ad", "asset"), measured=True),
    "campaign_criterion": Resource(("customer", "campaign")),
    "campaign_asset": Resource(("customer", "campaign", "asset")),
    "asset_group": Resource(("customer", "campaign"), measured=True),
    "asset_group_asset": Resource(("customer", "campaign", "asset_group", "asset")),
    "asset_group_signal": Resource(("customer", "campaign", "asset_group")),
    "asset_group_listing_group_filter": Resource(("customer", "campaign", "asset_group")),
    "audience": Resource(),
    "conversion_action": Resource(),
    "customer_conversion_goal": Resource(),
    "campaign_conversion_goal": Resource(("customer", "campaign")),
    "asset": Resource(),
    "customer_client": Resource(),
    "change_event": Resource(("customer", "campaign", "ad_group")),
    "geo_target_constant": Resource(()),
    "language_constant": Resource(()),
}


def joined(resource: str) -> tuple[str, ...]:
    """Every resource whose fields a query FROM this one may name, itself first."""
    about = QUERYABLE[resource]
    return (resource, *about.attributed, *about.segmenting)
