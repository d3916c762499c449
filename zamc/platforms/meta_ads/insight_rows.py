"""Rows of Meta's insights as ours: exact numbers, one event counted once, creatives and pages put together from their ads."""

from collections.abc import Iterable, Iterator, Mapping
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
from zamc.platforms.meta_ads.insight_queries import REPORTS, WINDOWS

_WINDOW_KEYS = {"value": DEFAULT_WINDOW, **{name: name for name in WINDOWS}}
# What a cut is called: the breakdown that its segment's prefix stands for.
_CUTS = {"country": "geo", "device_platform": "device", "age": "age", "gender": "gender"}
Row = FactRow | ConversionRow


def rows_of(grain: Grain, row: Mapping[str, Any], counted_action: str | None) -> Iterator[Row]:
    """One row of the platform as a fact and its conversions. Raises BadReport for a value that is not what it should be."""
    subject = _subject(grain, row)
    yield FactRow(
        subject,
        impressions=whole(row.get("impressions", 0), what="impressions"),
        clicks=whole(row.get("inline_link_clicks", 0), what="inline_link_clicks"),
        spend_micros=micros(row.get("spend", 0), currency=subject.currency, what="spend"),
    )
    yield from _conversions(subject, row.get("actions") or (), row.get("action_values") or (), counted_action)


def _subject(grain: Grain, row: Mapping[str, Any]) -> Subject:
    report = REPORTS[grain]
    level = report.level
    try:
        day, currency = date.fromisoformat(row["date_start"]), row["account_currency"]
        object_id = str(row["account_id"] if level == "account" else row[f"{level}_id"])
        cut = [(_CUTS[name], str(row[name])) for name in report.breakdowns]
    except (KeyError, ValueError) as error:
        raise BadReport(f"Meta reported a {grain} without a usable date, currency or id ({error})") from None
    return Subject(
        grain,
        # Elsewhere in the API, and in our record, an account's id has this prefix.
        f"act_{object_id}" if level == "account" else object_id,
        day,
        currency,
        segment="|".join(f"{kind}:{value.upper() if kind == 'device' else value}" for kind, value in cut),
        campaign_id=row.get("campaign_id"),
        ad_group_id=row.get("adset_id") if level == "ad" else None,
        label=", ".join(value.replace("_", " ") for _, value in cut) if cut else row.get(f"{level}_name"),
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


def together(rows: Iterable[Row], about: Mapping[str, Subject]) -> Iterator[Row]:
    """Rows of ads as rows of something that several ads share: about gives its id, segment and label by the ad's id. An ad of which
    nothing is known stays what nobody is credited with."""
    facts: dict[Subject, FactRow] = {}
    converted: dict[tuple[Subject, str, str], ConversionRow] = {}
    for row in rows:
        shared = about.get(row.subject.object_id)
        if shared is None:
            continue
        subject = replace(
            row.subject,
            object_id=shared.object_id or row.subject.object_id,
            segment=shared.segment or row.subject.campaign_id or "",
            ad_group_id=None if shared.object_id else row.subject.ad_group_id,
            label=shared.label,
        )
        if isinstance(row, FactRow):
            so_far = facts.get(subject, FactRow(subject, 0, 0, 0))
            facts[subject] = FactRow(
                subject, so_far.impressions + row.impressions, so_far.clicks + row.clicks, so_far.spend_micros + row.spend_micros
            )
        else:
            key = (subject, row.action, row.attribution_window)
            before = converted.get(key)
            converted[key] = replace(
                row,
                subject=subject,
                conversions=row.conversions + (before.conversions if before else 0),
                value_micros=row.value_micros + (before.value_micros if before else 0),
            )
    yield from facts.values()
    yield from converted.values()
