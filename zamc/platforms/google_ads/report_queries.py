"""What is asked of Google for each grain, and how the columns of an answer become ours.

https://developers.google.com/google-ads/api/fields/latest/overview
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from zamc.analytics.rules import Grain
from zamc.platforms.without_query import without_query

Columns = Mapping[str, Sequence[Any]]
"""Values by GAQL field, one for each row."""

_DEVICES = {2: "MOBILE", 3: "TABLET", 4: "DESKTOP", 5: "OTHER", 6: "CONNECTED_TV"}
_AGES = {
    503001: "18-24", 503002: "25-34", 503003: "35-44", 503004: "45-54", 503005: "55-64", 503006: "65+", 503999: "unknown",
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """One query. ours: object_id, campaign_id, ad_group_id, segment and label from its fields, as columns.

    added: several rows of the answer are one of ours, and are added up; whole: the rows are all there is, so that they must add up to the
    totals that the platform sends along. Of others the platform is asked beforehand how many rows there are.
    """

    resource: str
    fields: Sequence[str]
    ours: Callable[[Columns], dict[str, Sequence[Any]]]
    added: bool = False
    whole: bool = True

    def query(self, metrics: Sequence[str], first_day: date, last_day: date) -> str:
        """GAQL for some days. What is added up comes day by day, so that no more than a day has to be kept."""
        selected = ", ".join((*self.fields, "customer.currency_code", "segments.date", *metrics))
        between = f"segments.date BETWEEN '{first_day.isoformat()}' AND '{last_day.isoformat()}'"
        order = " ORDER BY segments.date" if self.added else ""
        return f"SELECT {selected} FROM {self.resource} WHERE {between}{order}"  # noqa: S608 - GAQL of our own constants and dates


def _texts(values: Sequence[Any]) -> list[str]:
    return [str(value) for value in values]


def _joined(first: Sequence[Any], second: Sequence[Any]) -> list[str]:
    return [f"{one}~{other}" for one, other in zip(first, second, strict=True)]


def _labels(values: Sequence[str]) -> list[str | None]:
    return [value or None for value in values]


def _keyword(rows: Columns) -> dict[str, Sequence[Any]]:
    groups = rows["ad_group.id"]
    return {
        "object_id": _joined(groups, rows["ad_group_criterion.criterion_id"]), "campaign_id": _texts(rows["campaign.id"]),
        "ad_group_id": _texts(groups), "label": rows["ad_group_criterion.keyword.text"],
    }  # fmt: skip


def _search_term(rows: Columns) -> dict[str, Sequence[Any]]:
    return {
        "object_id": [name.rpartition("/")[2] for name in rows["search_term_view.resource_name"]],
        "campaign_id": _texts(rows["campaign.id"]), "ad_group_id": _texts(rows["ad_group.id"]),
        "label": rows["search_term_view.search_term"],
    }  # fmt: skip


def _ad(rows: Columns) -> dict[str, Sequence[Any]]:
    groups = rows["ad_group.id"]
    return {
        "object_id": _joined(groups, rows["ad_group_ad.ad.id"]), "campaign_id": _texts(rows["campaign.id"]), "ad_group_id": _texts(groups),
        "label": _labels(rows["ad_group_ad.ad.name"]),
    }  # fmt: skip


def _creative(rows: Columns) -> dict[str, Sequence[Any]]:
    campaigns = _texts(rows["campaign.id"])
    return {**_ad(rows), "object_id": _texts(rows["ad_group_ad.ad.id"]), "segment": campaigns}


def _asset_group(rows: Columns) -> dict[str, Sequence[Any]]:
    campaigns = _texts(rows["campaign.id"])
    return {
        "object_id": _texts(rows["asset_group.id"]), "campaign_id": campaigns, "segment": campaigns, "label": rows["asset_group.name"],
    }  # fmt: skip


def _ad_group(rows: Columns) -> dict[str, Sequence[Any]]:
    return {"object_id": _texts(rows["ad_group.id"]), "campaign_id": _texts(rows["campaign.id"]), "label": rows["ad_group.name"]}


def _campaign(rows: Columns) -> dict[str, Sequence[Any]]:
    campaigns = _texts(rows["campaign.id"])
    return {"object_id": campaigns, "campaign_id": campaigns, "label": rows["campaign.name"]}


def _account(rows: Columns) -> dict[str, Sequence[Any]]:
    return {"object_id": _texts(rows["customer.id"]), "label": _labels(rows["customer.descriptive_name"])}


def _cut(rows: Columns, segments: Sequence[str], labels: Sequence[str]) -> dict[str, Sequence[Any]]:
    campaigns = _texts(rows["campaign.id"])
    return {"object_id": campaigns, "campaign_id": campaigns, "segment": segments, "label": labels}


def _device(rows: Columns) -> dict[str, Sequence[Any]]:
    devices = [_DEVICES.get(value, "UNKNOWN") for value in rows["segments.device"]]
    return _cut(rows, [f"device:{device}" for device in devices], [device.replace("_", " ").lower() for device in devices])


def _geo(rows: Columns) -> dict[str, Sequence[Any]]:
    places = rows["geographic_view.country_criterion_id"]
    # The names of places are asked for apart: see reports.py.
    return _cut(rows, [f"geo:{place}" for place in places], [str(place) for place in places])


def _age(rows: Columns) -> dict[str, Sequence[Any]]:
    found = [_AGES.get(value, "unknown") for value in rows["ad_group_criterion.age_range.type"]]
    return _cut(rows, [f"age:{age}" for age in found], [f"age {age}" for age in found])


def _landing_page(rows: Columns) -> dict[str, Sequence[Any]]:
    pages = {url: without_query(url) for url in set(rows["landing_page_view.unexpanded_final_url"])}
    urls = [pages[url] for url in rows["landing_page_view.unexpanded_final_url"]]
    return _cut(rows, [f"url:{url}" for url in urls], urls)


_AD_FIELDS = ("ad_group_ad.ad.id", "ad_group_ad.ad.name", "ad_group.id", "campaign.id")
REPORTS: Mapping[Grain, Sequence[Report]] = {
    # The platform keeps rare search terms to itself.
    Grain.SEARCH_TERM: (
        Report(
            "search_term_view",
            ("search_term_view.resource_name", "search_term_view.search_term", "ad_group.id", "campaign.id"),
            _search_term,
            whole=False,
        ),
    ),
    Grain.KEYWORD: (
        Report(
            "keyword_view",
            ("ad_group_criterion.criterion_id", "ad_group_criterion.keyword.text", "ad_group.id", "campaign.id"),
            _keyword,
        ),
    ),
    # A responsive ad is its own creative, and so is an asset group: several of their assets show in one impression, so that figures by
    # asset (ad_group_ad_asset_view) add up to more than the ad.
    Grain.CREATIVE: (
        Report("ad_group_ad", _AD_FIELDS, _creative),
        Report("asset_group", ("asset_group.id", "asset_group.name", "campaign.id"), _asset_group),
    ),
    Grain.LANDING_PAGE: (
        Report("landing_page_view", ("landing_page_view.unexpanded_final_url", "campaign.id"), _landing_page, added=True),
    ),
    Grain.AD: (Report("ad_group_ad", _AD_FIELDS, _ad),),
    Grain.AD_GROUP: (Report("ad_group", ("ad_group.id", "ad_group.name", "campaign.id"), _ad_group),),
    # People in a place and people who are interested in it are rows of their own.
    Grain.GEO: (
        Report(
            "geographic_view",
            ("geographic_view.country_criterion_id", "geographic_view.location_type", "campaign.id"),
            _geo,
            added=True,
        ),
    ),
    Grain.DEVICE: (Report("campaign", ("campaign.id", "segments.device"), _device),),
    # Ages and genders are told apart but never together: both would count everybody twice.
    Grain.AUDIENCE: (Report("age_range_view", ("ad_group_criterion.age_range.type", "ad_group.id", "campaign.id"), _age, added=True),),
    Grain.CAMPAIGN: (Report("campaign", ("campaign.id", "campaign.name"), _campaign),),
    Grain.ACCOUNT: (Report("customer", ("customer.id", "customer.descriptive_name"), _account),),
}
