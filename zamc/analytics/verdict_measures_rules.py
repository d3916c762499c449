"""From what is known of an account to the arrays that are judged, and which row is which object. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from zamc.analytics.completeness_rules import Curve, Floats, Ints
from zamc.analytics.nowcast_rules import shares_of
from zamc.analytics.rules import DEFAULT_WINDOW, Grain
from zamc.analytics.verdict_rules import Measures

if TYPE_CHECKING:
    from zamc.analytics.nowcast_repository import KnownConversions, KnownFact

DAYS = 65  # at most


@dataclass(frozen=True)
class Rows:
    """Whose row is which: ids of campaigns and ads in the order of the arrays, and the first of the days."""

    first_day: date
    campaigns: Sequence[str]
    ads: Sequence[str]


def measured(
    facts: "Sequence[KnownFact]", conversions: "Sequence[KnownConversions]", curves: Mapping[tuple[str, str], Curve], *,
    last_read: Mapping[date, date], today: date, changed: Mapping[str, Sequence[date]],
) -> tuple[Measures, Rows] | None:  # fmt: skip
    """The days up to yesterday, 65 of them at most; None when yesterday was not read since it ended, or there is no campaign.

    changed: by campaign id, the days on which its budget was changed by us.
    """
    yesterday = today - timedelta(days=1)
    if last_read.get(yesterday, yesterday) < today:
        return None
    closed = [fact for fact in facts if fact.day < today and fact.grain in (Grain.CAMPAIGN, Grain.AD)]
    if not any(fact.grain == Grain.CAMPAIGN for fact in closed):
        return None
    first = max(min(fact.day for fact in closed), today - timedelta(days=DAYS))
    rows = Rows(first, _ids(closed, Grain.CAMPAIGN), _ids(closed, Grain.AD))
    days = (today - first).days
    weekdays = np.array([(first + timedelta(days=n)).weekday() for n in range(days)], dtype=np.int64)
    ages = np.array(
        [max((last_read.get(day, day) - day).days, 0) for day in (first + timedelta(days=n) for n in range(days))], dtype=np.int64
    )
    by_action, shares = _conversions(conversions, curves, rows, days=days, ages=ages, weekdays=weekdays)
    total = np.sum(list(by_action.values()), axis=0) if by_action else np.zeros((len(rows.campaigns), days))
    campaign_of = {fact.object_id: fact.campaign_id for fact in closed if fact.grain == Grain.AD}
    line = {object_id: n for n, object_id in enumerate(rows.campaigns)}
    ads = [ad for ad in rows.ads if campaign_of[ad] in line]
    rows = Rows(first, rows.campaigns, ads)
    counts = {grain: _counts(closed, grain, ids, first, days) for grain, ids in ((Grain.CAMPAIGN, rows.campaigns), (Grain.AD, ads))}
    impressions, clicks, spend = counts[Grain.CAMPAIGN]
    return Measures(
        weekdays=weekdays, impressions=impressions, clicks=clicks, spend=spend, conversions=total,
        completeness=_mixed(by_action, shares, days), ad_impressions=counts[Grain.AD][0], ad_clicks=counts[Grain.AD][1],
        owner=np.array([line[str(campaign_of[ad])] for ad in ads], dtype=np.int64),
        changed={line[name]: [(day - first).days for day in on if day >= first] for name, on in changed.items() if name in line},
        by_action={name: (values.sum(axis=0), shares[name]) for name, values in by_action.items()} if len(by_action) > 1 else {},
    ), rows  # fmt: skip


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


def _conversions(
    conversions: "Sequence[KnownConversions]", curves: Mapping[tuple[str, str], Curve], rows: Rows, *, days: int, ages: Ints,
    weekdays: Ints,
) -> tuple[dict[str, Floats], dict[str, Floats]]:  # fmt: skip
    """By counted action: conversions by campaign and day, and completeness by day."""
    line = {object_id: n for n, object_id in enumerate(rows.campaigns)}
    found: dict[str, Floats] = {}
    for each in conversions:
        if each.grain == Grain.CAMPAIGN and each.object_id in line and 0 <= (each.day - rows.first_day).days < days:
            array = found.setdefault(each.action, np.zeros((len(rows.campaigns), days)))
            array[line[each.object_id], (each.day - rows.first_day).days] = float(each.conversions)
    known = {action: curves.get((action, DEFAULT_WINDOW)) for action in found}
    shares = {action: shares_of(curve, ages=ages, weekdays=weekdays).share if curve else np.ones(days) for action, curve in known.items()}
    return found, shares


def _mixed(by_action: Mapping[str, Floats], shares: Mapping[str, Floats], days: int) -> Floats:
    """Completeness of all actions together: each weighs as much as it will have in the end."""
    if not by_action:
        return np.ones(days)
    whole = {action: float((values.sum(axis=0) / shares[action]).sum()) for action, values in by_action.items()}
    everything = sum(whole.values())
    if everything <= 0:
        return np.mean(list(shares.values()), axis=0)  # type: ignore[no-any-return]  # numpy's mean of arrays is an array
    mixed: Floats = np.sum([shares[action] * whole[action] / everything for action in by_action], axis=0)
    return mixed
