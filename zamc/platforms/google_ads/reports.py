"""Performance of a Google Ads customer: one SearchStream per grain, and one more for its conversions by action.

The two cannot be one query: cost, clicks and impressions are not known by conversion action.
https://developers.google.com/google-ads/api/docs/reporting/segmentation
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from zamc.analytics.rules import DEFAULT_WINDOW, BadReport, ConversionRow, FactRow, Grain, Subject, conversions, micros
from zamc.platforms.google_ads.client import GoogleClient
from zamc.projects.tables import AdAccount
from zamc.throttling.rules import Kind


@dataclass(frozen=True)
class _Report:
    """resource and fields of a grain's query; read takes the ids out of a row."""

    resource: str
    fields: Sequence[str]
    read: Callable[[Any], dict[str, Any]]


def _keyword(row: Any) -> dict[str, Any]:
    criterion = row.ad_group_criterion
    return {
        "object_id": f"{row.ad_group.id}~{criterion.criterion_id}",
        "campaign_id": str(row.campaign.id),
        "ad_group_id": str(row.ad_group.id),
        "label": criterion.keyword.text,
    }


def _ad(row: Any) -> dict[str, Any]:
    ad = row.ad_group_ad.ad
    return {
        "object_id": f"{row.ad_group.id}~{ad.id}",
        "campaign_id": str(row.campaign.id),
        "ad_group_id": str(row.ad_group.id),
        "label": ad.name or None,
    }


def _creative(row: Any) -> dict[str, Any]:
    return {**_ad(row), "object_id": str(row.ad_group_ad.ad.id), "segment": str(row.campaign.id)}


def _ad_group(row: Any) -> dict[str, Any]:
    return {"object_id": str(row.ad_group.id), "campaign_id": str(row.campaign.id), "label": row.ad_group.name}


def _campaign(row: Any) -> dict[str, Any]:
    return {"object_id": str(row.campaign.id), "campaign_id": str(row.campaign.id), "label": row.campaign.name}


def _account(row: Any) -> dict[str, Any]:
    return {"object_id": str(row.customer.id), "label": row.customer.descriptive_name or None}


_AD_FIELDS = ("ad_group_ad.ad.id", "ad_group_ad.ad.name", "ad_group.id", "campaign.id")
_REPORTS = {
    Grain.KEYWORD: _Report(
        "keyword_view",
        ("ad_group_criterion.criterion_id", "ad_group_criterion.keyword.text", "ad_group.id", "campaign.id"),
        _keyword,
    ),
    # A responsive search ad is its own creative: several of its assets show in one impression, so that figures by asset
    # (ad_group_ad_asset_view) add up to more than the ad.
    Grain.CREATIVE: _Report("ad_group_ad", _AD_FIELDS, _creative),
    Grain.AD: _Report("ad_group_ad", _AD_FIELDS, _ad),
    Grain.AD_GROUP: _Report("ad_group", ("ad_group.id", "ad_group.name", "campaign.id"), _ad_group),
    Grain.CAMPAIGN: _Report("campaign", ("campaign.id", "campaign.name"), _campaign),
    Grain.ACCOUNT: _Report("customer", ("customer.id", "customer.descriptive_name"), _account),
}


class GoogleAdsReports:
    """A PerformanceSource over the official client. Threads may share it."""

    grains: Sequence[Grain] = tuple(_REPORTS)

    def __init__(self, client: GoogleClient) -> None:
        self._client = client

    def fetch(self, account: AdAccount, grain: Grain, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow]:
        """Raises Later, GiveUp, or BadReport for a date that is none."""
        report = _REPORTS[grain]

        def rows(*fields: str) -> Iterator[tuple[Subject, Any]]:
            query = _query(report, fields, first_day, last_day)
            for row in self._client.search(account.external_id, query, kind=Kind.INSIGHTS):
                yield _subject(grain, report, row), row

        for subject, row in rows("metrics.impressions", "metrics.clicks", "metrics.cost_micros"):
            yield FactRow(subject, row.metrics.impressions, row.metrics.clicks, row.metrics.cost_micros)
        # metrics.conversions are those of the account's primary actions: exactly what it counts, under one name each.
        for subject, row in rows("segments.conversion_action_name", "metrics.conversions", "metrics.conversions_value"):
            yield ConversionRow(
                subject,
                action=row.segments.conversion_action_name,
                attribution_window=DEFAULT_WINDOW,
                counted=True,
                conversions=conversions(row.metrics.conversions, what="metrics.conversions"),
                value_micros=micros(row.metrics.conversions_value, currency=subject.currency, what="metrics.conversions_value"),
            )


def _query(report: _Report, fields: Sequence[str], first_day: date, last_day: date) -> str:
    selected = ", ".join((*report.fields, "customer.currency_code", "segments.date", *fields))
    between = f"segments.date BETWEEN '{first_day.isoformat()}' AND '{last_day.isoformat()}'"
    return f"SELECT {selected} FROM {report.resource} WHERE {between}"  # noqa: S608 - GAQL of our own constants and dates


def _subject(grain: Grain, report: _Report, row: Any) -> Subject:
    try:
        day = date.fromisoformat(row.segments.date)
    except ValueError:
        raise BadReport(f"Google Ads reported a {grain} on {row.segments.date!r}, which is not a date") from None
    return Subject(grain=grain, day=day, currency=row.customer.currency_code, **report.read(row))
