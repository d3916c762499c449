"""Performance of a Meta ad account: one insights query per grain, by day, with conversions by action and attribution window.

https://developers.facebook.com/docs/marketing-api/insights
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from zamc.analytics.rules import (
    DEFAULT_WINDOW,
    BadReport,
    ConversionRow,
    FactRow,
    Grain,
    Subject,
    conversions,
    meta_actions,
    meta_counted,
    micros,
    whole,
)
from zamc.platforms.meta_ads.client import MetaClient
from zamc.projects.tables import AdAccount

# 7d_view and 28d_view are gone since January 2026; "value" of an action is the platform's default, 7 days after a click or 1 after a view.
WINDOWS = ("1d_click", "7d_click", "28d_click", "1d_view")
_WINDOW_KEYS = {"value": DEFAULT_WINDOW, **{name: name for name in WINDOWS}}
_LEVELS = {Grain.ACCOUNT: "account", Grain.CAMPAIGN: "campaign", Grain.AD_GROUP: "adset", Grain.AD: "ad", Grain.CREATIVE: "ad"}
_FIELDS = {
    "account": ("account_id", "account_name"),
    "campaign": ("campaign_id", "campaign_name"),
    "adset": ("adset_id", "adset_name", "campaign_id"),
    "ad": ("ad_id", "ad_name", "adset_id", "campaign_id"),
}
# Clicks are those that lead to the landing page, as on Google; `clicks` would count likes and expanded texts too.
_MEASURES = ("account_currency", "impressions", "inline_link_clicks", "spend", "actions", "action_values")
# Without naming them, what was deleted or archived is left out, and with it what it cost.
_EVERY_STATUS = (
    "ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "PENDING_REVIEW", "DISAPPROVED", "PREAPPROVED", "PENDING_BILLING_INFO", "CAMPAIGN_PAUSED",
    "ADSET_PAUSED", "IN_PROCESS", "WITH_ISSUES",
)  # fmt: skip
_STATUSES = {
    "campaign": ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES"),
    "adset": ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "CAMPAIGN_PAUSED", "IN_PROCESS", "WITH_ISSUES"),
    "ad": _EVERY_STATUS,
}
_PAGE = 500


class MetaInsights:
    """A PerformanceSource over the official SDK. Its client is not shared by threads: make one per account."""

    grains: Sequence[Grain] = tuple(_LEVELS)

    def __init__(self, client: MetaClient) -> None:
        self._client = client

    def fetch(self, account: AdAccount, grain: Grain, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow]:
        """Raises Later, GiveUp, or BadReport for a value that is not what it should be."""
        rows = self._read(account, grain, _LEVELS[grain], first_day, last_day)
        return _by_creative(rows, self._creatives(account)) if grain is Grain.CREATIVE else rows

    def _read(self, account: AdAccount, grain: Grain, level: str, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow]:
        params: dict[str, Any] = {
            "level": level,
            "time_range": {"since": first_day.isoformat(), "until": last_day.isoformat()},
            "time_increment": 1,
            "action_attribution_windows": list(WINDOWS),
            # On the day of the click or view, like the spend that led to it.
            "action_report_time": "impression",
            "limit": _PAGE,
        }
        if level in _STATUSES:
            params["filtering"] = [{"field": f"{level}.effective_status", "operator": "IN", "value": list(_STATUSES[level])}]
        for row in self._client.account(account.external_id).get_insights(fields=[*_FIELDS[level], *_MEASURES], params=params):
            subject = _subject(grain, level, row)
            yield FactRow(
                subject,
                impressions=whole(row.get("impressions", 0), what="impressions"),
                clicks=whole(row.get("inline_link_clicks", 0), what="inline_link_clicks"),
                spend_micros=micros(row.get("spend", 0), currency=subject.currency, what="spend"),
            )
            yield from _conversions(subject, row.get("actions") or (), row.get("action_values") or (), account.conversion_action)

    def _creatives(self, account: AdAccount) -> dict[str, tuple[str, str | None]]:
        """Ad id to the id and name of its creative; several ads may share one."""
        # The SDK's list of fields knows no nested ones; as a parameter they pass.
        params = {"fields": "id,creative{id,name}", "effective_status": list(_EVERY_STATUS), "limit": _PAGE}
        ads = self._client.account(account.external_id).get_ads(params=params)
        return {str(ad["id"]): (str(ad["creative"]["id"]), ad["creative"].get("name")) for ad in ads if ad.get("creative")}


def _subject(grain: Grain, level: str, row: Mapping[str, Any]) -> Subject:
    try:
        day, currency = date.fromisoformat(row["date_start"]), row["account_currency"]
        object_id = str(row["account_id"] if level == "account" else row[f"{level}_id"])
    except (KeyError, ValueError) as error:
        raise BadReport(f"Meta reported a {grain} without a usable date, currency or id ({error})") from None
    return Subject(
        grain,
        # Elsewhere in the API, and in our record, an account's id has this prefix.
        f"act_{object_id}" if level == "account" else object_id,
        day,
        currency,
        campaign_id=row.get("campaign_id"),
        ad_group_id=row.get("adset_id") if level == "ad" else None,
        label=row.get(f"{level}_name"),
    )


def _conversions(
    subject: Subject, actions: Iterable[Mapping[str, Any]], values: Iterable[Mapping[str, Any]], counted_action: str | None
) -> Iterator[ConversionRow]:
    """By action and window. A value without an action is a row too; one event under several names is one row."""
    counts = {(action, window): conversions(raw, what=action) for action, window, raw in _entries(actions)}
    worth = {(action, window): micros(raw, currency=subject.currency, what=action) for action, window, raw in _entries(values)}
    for action, window in sorted(counts.keys() | worth.keys()):
        yield ConversionRow(
            subject,
            action=action,
            attribution_window=window,
            counted=window == DEFAULT_WINDOW and meta_counted(action, counted_action),
            conversions=counts.get((action, window), Decimal(0)),
            value_micros=worth.get((action, window), 0),
        )


def _entries(listed: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    by_type = {str(entry.get("action_type")): entry for entry in listed}
    for action, name in meta_actions(list(by_type)).items():
        for key, window in _WINDOW_KEYS.items():
            if key in by_type[name]:
                yield action, window, by_type[name][key]


def _by_creative(
    rows: Iterable[FactRow | ConversionRow], creatives: Mapping[str, tuple[str, str | None]]
) -> Iterator[FactRow | ConversionRow]:
    """Rows of ads become rows of their creatives, by campaign. An ad whose creative is not known stays what nobody is credited with."""
    facts: dict[Subject, FactRow] = {}
    converted: dict[tuple[Subject, str, str], ConversionRow] = {}
    for row in rows:
        creative = creatives.get(row.subject.object_id)
        if creative is None:
            continue
        about = replace(row.subject, object_id=creative[0], segment=row.subject.campaign_id or "", ad_group_id=None, label=creative[1])
        if isinstance(row, FactRow):
            so_far = facts.get(about, FactRow(about, 0, 0, 0))
            facts[about] = FactRow(
                about,
                so_far.impressions + row.impressions,
                so_far.clicks + row.clicks,
                so_far.spend_micros + row.spend_micros,
            )
        else:
            key = (about, row.action, row.attribution_window)
            before = converted.get(key)
            converted[key] = replace(
                row,
                subject=about,
                conversions=row.conversions + (before.conversions if before else 0),
                value_micros=row.value_micros + (before.value_micros if before else 0),
            )
    yield from facts.values()
    yield from converted.values()
