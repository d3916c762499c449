"""From what is known of an account to the arrays that are judged, and which row is which object."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from zamc.analytics.completeness_rules import Floats, Ints
from zamc.analytics.nowcast_inputs import Inputs
from zamc.analytics.nowcast_rules import shares_of
from zamc.analytics.rules import DEFAULT_WINDOW, Grain
from zamc.analytics.verdict_kinds_rules import Measures
from zamc.analytics.verdict_series_rules import Early

if TYPE_CHECKING:
    from zamc.analytics.nowcast_repository import KnownConversions, KnownFact

DAYS = 65  # at most


@dataclass(frozen=True)
class Rows:
    """Whose row is which: ids of campaigns and ads in the order of the arrays, and the first of the days."""

    first_day: date
    campaigns: Sequence[str]
    ads: Sequence[str]


def measured(inputs: Inputs, *, changed: Mapping[str, Sequence[date]]) -> tuple[Measures, Rows] | None:
    """The days up to yesterday, 65 of them at most; None when yesterday was not read since it ended, or there is no campaign.

    changed: by campaign id, the days on which its budget was changed by us.
    """
    today, yesterday = inputs.today, inputs.today - timedelta(days=1)
    if inputs.last_read.get(yesterday, yesterday) < today:
        return None
    closed = [fact for fact in inputs.facts if fact.day < today and fact.grain in (Grain.CAMPAIGN, Grain.AD)]
    if not any(fact.grain == Grain.CAMPAIGN for fact in closed):
        return None
    first = max(min(fact.day for fact in closed), today - timedelta(days=DAYS))
    campaign_of = {fact.object_id: str(fact.campaign_id) for fact in closed if fact.grain == Grain.AD}
    campaigns = _ids(closed, Grain.CAMPAIGN)
    rows = Rows(first, campaigns, [ad for ad in _ids(closed, Grain.AD) if campaign_of[ad] in set(campaigns)])
    line = {object_id: n for n, object_id in enumerate(campaigns)}
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    shown = _Shown(inputs, rows, days)
    impressions, clicks, spend = _counts(closed, Grain.CAMPAIGN, rows.campaigns, first, len(days))
    ad_impressions, ad_clicks, _ = _counts(closed, Grain.AD, rows.ads, first, len(days))
    return Measures(
        weekdays=shown.weekdays, impressions=impressions, clicks=clicks, spend=spend, conversions=shown.total(),
        completeness=shown.mixed(shown.ages),
        early=Early(shown.early(1), shown.early(2), *(shown.mixed(np.full(len(days), age)) for age in (1, 2))),
        ad_impressions=ad_impressions, ad_clicks=ad_clicks, owner=np.array([line[campaign_of[ad]] for ad in rows.ads], dtype=np.int64),
        changed={line[name]: [(day - first).days for day in on if day >= first] for name, on in changed.items() if name in line},
        by_action=shown.by_action() if len(shown.actions) > 1 else {},
    ), rows  # fmt: skip


class _Shown:
    """Conversions of an account's campaigns by counted action, and how complete they are."""

    def __init__(self, inputs: Inputs, rows: Rows, days: Sequence[date]) -> None:
        self._inputs, self._rows, self._days = inputs, rows, days
        self.weekdays: Ints = np.array([day.weekday() for day in days], dtype=np.int64)
        self._line = {object_id: n for n, object_id in enumerate(rows.campaigns)}
        self.actions = self._arrays(each for each in inputs.conversions if each.grain == Grain.CAMPAIGN)
        self.ages: Ints = np.array([max((inputs.last_read.get(day, day) - day).days, 0) for day in days], dtype=np.int64)

    def _arrays(self, conversions: "Iterable[KnownConversions]") -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for each in conversions:
            column = (each.day - self._rows.first_day).days
            if each.object_id in self._line and 0 <= column < len(self._days):
                array = found.setdefault(each.action, self._empty())
                array[self._line[each.object_id], column] = float(each.conversions)
        return found

    def _empty(self) -> Floats:
        return np.zeros((len(self._rows.campaigns), len(self._days)))

    def total(self) -> Floats:
        total: Floats = np.sum(list(self.actions.values()), axis=0) if self.actions else self._empty()
        return total

    def early(self, age: int) -> Floats:
        """Of all actions, as they were known at that age; NaN on days that were not read just then."""
        counts = self._inputs.early[age]
        total = sum(self._arrays(counts.conversions).values(), self._empty())
        total[:, [day not in set(counts.days) for day in self._days]] = np.nan
        return total

    def _share(self, action: str, ages: Ints) -> Floats:
        curve = self._inputs.curves.get((action, DEFAULT_WINDOW))
        return shares_of(curve, ages=ages, weekdays=self.weekdays).share if curve else np.ones(len(self._days))

    def by_action(self) -> dict[str, tuple[Floats, Floats]]:
        """The account's conversions and completeness by day."""
        return {action: (values.sum(axis=0), self._share(action, self.ages)) for action, values in self.actions.items()}

    def mixed(self, ages: Ints) -> Floats:
        """Completeness of all actions together at those ages: each weighs as much as it will have in the end."""
        whole = {action: float((values.sum(axis=0) / self._share(action, self.ages)).sum()) for action, values in self.actions.items()}
        everything = sum(whole.values())
        if everything <= 0:
            return np.ones(len(self._days))
        mixed: Floats = np.sum([self._share(action, ages) * part / everything for action, part in whole.items()], axis=0)
        return mixed


def _ids(facts: "Sequence[KnownFact]", grain: Grain) -> list[str]:
    return sorted({fact.object_id for fact in facts if fact.grain == grain})


def _counts(facts: "Sequence[KnownFact]", grain: Grain, ids: Sequence[str], first: date, days: int) -> tuple[Floats, Floats, Floats]:
    line = {object_id: n for n, object_id in enumerate(ids)}
    arrays = tuple(np.zeros((len(ids), days)) for _ in range(3))
    for fact in facts:
        if fact.grain == grain and fact.object_id in line and fact.day >= first:
            at = line[fact.object_id], (fact.day - first).days
            for array, value in zip(arrays, (fact.impressions, fact.clicks, fact.spend_micros), strict=True):
                array[at] = value
    return arrays[0], arrays[1], arrays[2]
