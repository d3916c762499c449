"""Performance of a Google Ads customer: one SearchStream per query, and one more for its conversions by action.

The two cannot be one query: cost, clicks and impressions are not known by conversion action.
https://developers.google.com/google-ads/api/docs/reporting/segmentation
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

from zamc.analytics.blocks import Block, facts
from zamc.analytics.look_back_rules import Action, Conversions
from zamc.analytics.rules import DEFAULT_WINDOW, BadReport, ConversionRow, FactRow, Grain, Subject, conversions, micros
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.report_queries import REPORTS, Report
from zamc.platforms.google_ads.report_totals import Tally
from zamc.projects.tables import AdAccount
from zamc.throttling.rules import Kind

_FACTS = ("metrics.impressions", "metrics.clicks", "metrics.cost_micros")
_CONVERSIONS = (
    "metrics.conversions", "metrics.conversions_value", "metrics.all_conversions", "metrics.all_conversions_value",
)  # fmt: skip
_ACTION = ("segments.conversion_action", "segments.conversion_action_name")
# What the platform credits beyond what the account counts: secondary actions, and what it models across devices.
_ALL_WINDOW = "all"
_SUBJECT = ("object_id", "segment", "date", "currency", "campaign_id", "ad_group_id", "label")
_ACTIONS_QUERY = (
    "SELECT conversion_action.id, conversion_action.name, conversion_action.click_through_lookback_window_days, "
    "conversion_action.view_through_lookback_window_days FROM conversion_action"
)
_COUNTRIES_QUERY = (
    "SELECT geo_target_constant.id, geo_target_constant.name FROM geo_target_constant WHERE geo_target_constant.target_type = 'Country'"
)


class GoogleAdsReports:
    """A PerformanceSource over the official client, which also describes its conversions. Threads may share it."""

    grains: Sequence[Grain] = tuple(REPORTS)

    def __init__(self, client: GoogleClient) -> None:
        self._client = client
        self._countries: dict[str, str] = {}

    def describe(self, account: AdAccount) -> Conversions:
        """Every conversion action, removed ones too: their conversions stay. Raises Later or GiveUp."""
        found = []
        for row in self._client.search(account.external_id, _ACTIONS_QUERY, kind=Kind.INSIGHTS):
            action = row.conversion_action
            click, view = action.click_through_lookback_window_days, action.view_through_lookback_window_days
            found.append(Action(str(action.id), action.name, click or None, view or None))
        return Conversions(tuple(found))

    def fetch(self, account: AdAccount, grain: Grain, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow | Block]:
        """Raises Later, GiveUp, or BadReport for a date that is none."""
        if grain is Grain.GEO:
            self._learn_countries(account)
        for report in REPORTS[grain]:
            yield from self._facts(account, grain, report, first_day, last_day)
            yield from self._conversions(account, grain, report, first_day, last_day)

    def _facts(self, account: AdAccount, grain: Grain, report: Report, first_day: date, last_day: date) -> Iterator[FactRow | Block]:
        sums = _Sums(3, by_day=True)
        for rows in self._columns(account, report, _FACTS, first_day, last_day):
            columns = self._ours(grain, report, rows)
            if report.added:
                figures = zip(*(rows[name] for name in _FACTS), strict=True)
                yield from _as_facts(grain, sums.add(_subjects(columns), figures))
            else:
                impressions, clicks, cost = (rows[name] for name in _FACTS)
                yield facts(grain, {**columns, "impressions": impressions, "clicks": clicks, "spend_micros": cost})
        yield from _as_facts(grain, sums.rest())

    def _conversions(self, account: AdAccount, grain: Grain, report: Report, first_day: date, last_day: date) -> Iterator[ConversionRow]:
        sums = _Sums(4, by_day=report.added)
        for rows in self._columns(account, report, (*_ACTION, *_CONVERSIONS), first_day, last_day):
            columns = self._ours(grain, report, rows)
            names = zip(*(rows[name] for name in _ACTION), strict=True)
            keys = ((*about, *names) for about, names in zip(_subjects(columns), names, strict=True))
            yield from _as_conversions(grain, sums.add(keys, zip(*(rows[name] for name in _CONVERSIONS), strict=True)))
            if not report.added:
                yield from _as_conversions(grain, sums.rest())
        yield from _as_conversions(grain, sums.rest())

    def _ours(self, grain: Grain, report: Report, rows: dict[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        columns = {**report.ours(rows), "date": rows["segments.date"], "currency": rows["customer.currency_code"]}
        if grain is Grain.GEO:
            columns["label"] = [self._countries.get(place, place) for place in columns["label"]]
        return columns

    def _columns(
        self, account: AdAccount, report: Report, metrics: Sequence[str], first_day: date, last_day: date
    ) -> Iterator[dict[str, Sequence[Any]]]:
        """The answer batch by batch, as columns. Raises Later when rows are missing from it."""
        names = (*report.fields, "customer.currency_code", "segments.date", *metrics)
        values = attrgetter(*map(_attribute, names))
        query = report.query(metrics, first_day, last_day)
        tally = Tally(report.resource, metrics)
        if not report.whole:
            tally.expect(self._count(account, query))
        for batch in self._client.stream(account.external_id, query, kind=Kind.INSIGHTS, totals=report.whole):
            if batch.HasField("summary_row"):
                tally.total(batch.summary_row)
            columns: dict[str, Sequence[Any]] = dict(zip(names, zip(*map(values, batch.results), strict=True), strict=bool(batch.results)))
            # A row's message has hundreds of fields, so that 10,000 of them take 85 MB: it goes before the next one comes.
            del batch
            if columns:
                tally.add(columns)
                yield columns
        if not tally.told:
            tally.expect(self._count(account, query))
        tally.check()

    def _count(self, account: AdAccount, query: str) -> int:
        return self._client.count(account.external_id, query, kind=Kind.INSIGHTS)

    def _learn_countries(self, account: AdAccount) -> None:
        """Names of countries by the platform's id; they are the same for all customers."""
        if not self._countries:
            rows = self._client.search(account.external_id, _COUNTRIES_QUERY, kind=Kind.INSIGHTS)
            self._countries = {str(row.geo_target_constant.id): row.geo_target_constant.name for row in rows}


def _attribute(field: str) -> str:
    # In Python's messages a field may not be called like a built-in.
    return field.replace(".type", ".type_")


def _subjects(columns: dict[str, Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    count = len(columns["object_id"])
    return zip(*(columns.get(name) or (None,) * count for name in _SUBJECT), strict=True)


class _Sums:
    """Adds up figures of the same subject; of answers that come day by day it keeps one day."""

    def __init__(self, width: int, *, by_day: bool) -> None:
        self._width, self._by_day, self._day = width, by_day, ""
        self._kept: dict[tuple[Any, ...], list[Any]] = {}

    def add(self, keys: Any, figures: Any) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
        """Yields what a new day has completed."""
        for key, values in zip(keys, figures, strict=True):
            if self._by_day and key[2] != self._day:
                yield from self.rest()
                self._day = key[2]
            kept = self._kept.get(key)
            if kept is None:
                self._kept[key] = list(values)
            else:
                for n in range(self._width):
                    kept[n] += values[n]

    def rest(self) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
        done, self._kept = self._kept, {}
        return iter(done.items())


def _subject(grain: Grain, key: tuple[Any, ...]) -> Subject:
    object_id, segment, day, currency, campaign_id, ad_group_id, label = key[:7]
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise BadReport(f"Google Ads reported a {grain} on {day!r}, which is not a date") from None
    return Subject(grain, object_id, when, currency, segment or "", campaign_id, ad_group_id, label)


def _as_facts(grain: Grain, rows: Iterator[tuple[tuple[Any, ...], list[Any]]]) -> Iterator[FactRow]:
    for key, figures in rows:
        yield FactRow(_subject(grain, key), *figures)


def _as_conversions(grain: Grain, rows: Iterator[tuple[tuple[Any, ...], list[Any]]]) -> Iterator[ConversionRow]:
    """metrics.conversions are those of the account's primary actions: exactly what it counts."""
    for key, (counted, value, everything, all_value) in rows:
        about, (resource_name, name) = _subject(grain, key), key[7:]
        make = _maker(about, resource_name.rpartition("/")[2], name)
        if counted or value or not everything:
            yield make(DEFAULT_WINDOW, counted, value)
        if (everything, all_value) != (counted, value):
            yield make(_ALL_WINDOW, everything, all_value)


def _maker(about: Subject, action_id: str, name: str) -> Callable[[str, float, float], ConversionRow]:
    def make(window: str, count: float, value: float) -> ConversionRow:
        return ConversionRow(
            about,
            action=name,
            attribution_window=window,
            counted=window == DEFAULT_WINDOW,
            conversions=conversions(count, what="metrics.conversions"),
            value_micros=micros(value, currency=about.currency, what="metrics.conversions_value"),
            action_id=action_id or None,
        )

    return make
