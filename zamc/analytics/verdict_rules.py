"""What is not chance: an account's campaigns and ads are judged on the morning after their last closed day. Pure.

Every test gives a p-value. The tests of an account's morning are three families (conversions, spend, ads), and what is rejected in each is
decided by Benjamini and Hochberg at its share of LEVEL (verdict_statistics_rules). Days are families of their own at the same level, as the
points of a control chart are: LEVEL bounds the probability that a faultless account's morning tells anything, whatever happened before it,
and so 7 x LEVEL the false alarms of an account-week. A discovery must also be large enough to matter (the *_RATIO limits), show on both of
the last two days, and rest on enough data (LEAST_*). What was told already is not told again: it is only asked whether it lasts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from zamc.analytics.verdict_fatigue_rules import faded
from zamc.analytics.verdict_kinds_rules import Found, Key, Kind, Measures
from zamc.analytics.verdict_series_rules import BOTH, HISTORY_DAYS, LAST, Bools, Early, Expected, expect, expect_early
from zamc.analytics.verdict_statistics_rules import at_most, discoveries, student_tail

# One false alarm in 100 account-weeks of seven mornings.
LEVEL = 1 / 700
# How a morning's level is divided between the families: conversions, spend, ads.
SHARES = (0.35, 0.45, 0.2)
LEAST_CONVERSIONS = 8.0
LEAST_CLICKS = 60.0
TRACKING_RATIO = 0.1
CPA_RATIO = 2.2
CTR_RATIO = 0.6
SPEND_UP_RATIO = 1.95
SPEND_DOWN_RATIO = 0.45
SEASON_RATIO = 1.2
# Clicks must go on at this share of what was expected before conversions that stopped are the tracking's fault.
CLICKS_GO_ON = 0.4
# A scale that was estimated from few days has heavy tails, and so have days: no test claims more degrees of freedom than this.
_MOST_FREEDOM = 40.0
# Days after our own change of a budget are not judged for spend: platforms take a few to follow.
SETTLING_DAYS = 3


@dataclass(frozen=True, slots=True)
class _Test:
    found: Found
    matters: bool


def judge(measures: Measures, *, open_since: Mapping[Key, int] | None = None) -> tuple[list[Found], set[Key]]:
    """What is found now, and which of the open conditions last. open_since: the day (column) on which a condition began.

    A condition that is open is not among what is found. Raises ValueError for arrays that do not fit each other.
    """
    opened = dict(open_since or {})
    if measures.weekdays.size < HISTORY_DAYS + 2:
        return [], set()
    families = _families(measures, opened)
    tests = [test for family in families for test in family]
    rejected = [
        yes for family, share in zip(families, SHARES, strict=True) for yes in discoveries([test.found.p for test in family], LEVEL * share)
    ]
    hits = [test.found for test, yes in zip(tests, rejected, strict=True) if yes and test.matters]
    fresh = _explained([hit for hit in hits if _key(hit) not in opened], opened)
    return fresh, {_key(test.found) for test in tests if _key(test.found) in opened and _lasts(test.found)}


def _key(found: Found) -> Key:
    return found.kind, found.campaign, found.ad, found.action


def _lasts(found: Found) -> bool:
    """Whether an open condition is still there: half of what it takes to tell it (on a logarithmic scale) is enough."""
    limits = {
        Kind.TRACKING_STOPPED: 0.35, Kind.CPA_UP: CPA_RATIO**0.5, Kind.CTR_DOWN: CTR_RATIO**0.5, Kind.SPEND_UP: SPEND_UP_RATIO**0.5,
        Kind.SPEND_DOWN: SPEND_DOWN_RATIO**0.5, Kind.FATIGUE: 0.85, Kind.SEASON: SEASON_RATIO**0.5,
    }  # fmt: skip
    limit = limits[found.kind]
    if found.kind is Kind.SEASON:
        return max(found.ratio, 1 / max(found.ratio, 1e-9)) >= limit
    return found.ratio >= limit if found.kind in (Kind.CPA_UP, Kind.SPEND_UP) else found.ratio <= limit


def _explained(hits: list[Found], opened: Mapping[Key, int]) -> list[Found]:
    """One fault is told once, by its name: what stopped tracking also raises the cost per conversion, on every level."""
    known = [*(_key(hit) for hit in hits), *opened]
    stopped = {campaign for kind, campaign, _, action in known if kind is Kind.TRACKING_STOPPED and not action}
    faded_ads = {ad for kind, _, ad, _ in known if kind is Kind.FATIGUE}

    def of_its_own(hit: Found) -> bool:
        if hit.kind is Kind.CPA_UP:
            return not stopped & {hit.campaign, None}
        if hit.action:
            return None not in stopped
        if hit.kind is Kind.TRACKING_STOPPED and hit.campaign is not None:
            return None not in stopped
        return hit.kind is not Kind.CTR_DOWN or hit.ad not in faded_ads

    return [hit for hit in hits if of_its_own(hit)]


def _families(measures: Measures, opened: Mapping[Key, int]) -> list[list[_Test]]:
    return [_conversions(measures, opened), [*_spend(measures, opened), *_season(measures, opened)], _ads(measures, opened)]


def _conversions(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    week = measures.weekdays
    teaches = _teaching(measures.spend.shape, opened, {Kind.TRACKING_STOPPED, Kind.CPA_UP}, ads=False)
    of_the_whole = {key: since for key, since in opened.items() if key[1] is None and not key[3]}
    whole_teaches = _teaching((1, len(week)), of_the_whole, {Kind.TRACKING_STOPPED}, ads=False)
    goes_on = _clicks_go_on(measures)
    early, share = measures.early, measures.completeness
    together = Early(early.one.sum(axis=0, keepdims=True), early.two.sum(axis=0, keepdims=True), early.share_one, early.share_two)
    whole, all_clicks = measures.conversions.sum(axis=0, keepdims=True), measures.clicks.sum(axis=0, keepdims=True)
    of_account = expect_early(whole, all_clicks, share, together, weekdays=week, teaches=whole_teaches, alike=False)
    by_clicks = expect_early(measures.conversions, measures.clicks, share, early, weekdays=week, teaches=teaches, alike=True)
    by_spend = expect_early(measures.conversions, measures.spend, share, early, weekdays=week, teaches=teaches, alike=True)
    tests = [*_actions(measures, opened), *_tracking(of_account, np.array([goes_on.any()]), account=True)]
    if len(measures.spend) > 1:
        tests += _tracking(by_clicks, goes_on, account=False)
    return tests + _cpa(by_clicks, by_spend)


def _teaching(shape: tuple[int, ...], opened: Mapping[Key, int], kinds: set[Kind], *, ads: bool) -> Bools:
    """Days on which a fault of these kinds was open teach nobody what is usual."""
    teaches = np.ones(shape, dtype=bool)
    for (kind, campaign, ad, _), since in opened.items():
        row = ad if ads else campaign
        if kind in kinds and (row is None or row < len(teaches)):
            teaches[slice(None) if row is None else row, max(since, 0) :] = False
    return teaches


def _clicks_go_on(measures: Measures) -> Bools:
    """Whether a campaign was still clicked yesterday and the day before about as in the two weeks before."""
    lately, usual = measures.clicks[:, -2:].mean(axis=1), measures.clicks[:, -16:-2].mean(axis=1)
    goes_on: Bools = lately >= CLICKS_GO_ON * np.maximum(usual, 1.0)
    return goes_on


def _tracking(of: Expected, clicks_go_on: Bools, *, account: bool) -> list[_Test]:
    tests = []
    for n in range(len(of.seen)):
        if of.mean[n, BOTH] < LEAST_CONVERSIONS or of.history[n] < HISTORY_DAYS:
            continue
        seen, mean = float(of.seen[n, BOTH]), float(of.mean[n, BOTH])
        p = at_most(seen, mean, float(of.variation[n, BOTH]))
        found = Found(Kind.TRACKING_STOPPED, None if account else n, None, 2, seen, mean, seen / mean, p)
        tests.append(_Test(found, found.ratio <= TRACKING_RATIO and bool(clicks_go_on[n])))
    return tests


def _actions(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    """One action of several may stop alone: a tag is per action."""
    tests = []
    clicks = measures.clicks.sum(axis=0, keepdims=True)
    goes_on = np.array([_clicks_go_on(measures).any()])
    for action, (conversions, completeness) in sorted(measures.by_action.items()):
        own = {key: since for key, since in opened.items() if key[3] == action}
        teaches = _teaching(clicks.shape, own, {Kind.TRACKING_STOPPED}, ads=False)
        of = expect(conversions[None, :], clicks * completeness, weekdays=measures.weekdays, teaches=teaches, is_count=True, alike=False)
        tests += [_Test(replace(test.found, action=action), test.matters) for test in _tracking(of, goes_on, account=True)]
    return tests


def _p(of: Expected, n: int, *, up: bool) -> float:
    """Of the last two days together."""
    return student_tail((1 if up else -1) * float(of.distance[n, BOTH]), min(float(of.freedom[n]), _MOST_FREEDOM))


def _both(of: Expected, n: int, limit: float) -> bool:
    """Whether the last two days together are beyond the limit, and each of them beyond half of it (on a logarithmic scale)."""
    ratios = of.ratio()[n]
    days = ratios[LAST], (of.seen[n, BOTH] - of.seen[n, LAST] + 0.5) / (of.mean[n, BOTH] - of.mean[n, LAST] + 0.5)
    if limit > 1:
        return bool(ratios[BOTH] >= limit and min(days) >= limit**0.5)
    return bool(ratios[BOTH] <= limit and max(days) <= limit**0.5)


def _cpa(by_clicks: Expected, by_spend: Expected) -> list[_Test]:
    """A conversion costs more because fewer clicks convert or because clicks cost more: the better test of the two, with most of the level
    for the first, which is the usual reason (a weighted Bonferroni)."""
    tests = []
    for n in range(len(by_clicks.seen)):
        if min(by_clicks.mean[n, BOTH], by_spend.mean[n, BOTH]) < LEAST_CONVERSIONS or by_clicks.history[n] < HISTORY_DAYS:
            continue
        p, best = min(((_p(by_clicks, n, up=False) / 0.8, by_clicks), (_p(by_spend, n, up=False) / 0.2, by_spend)), key=itemgetter(0))
        seen, mean = float(best.seen[n, BOTH]), float(best.mean[n, BOTH])
        found = Found(Kind.CPA_UP, n, None, 2, seen, mean, mean / max(seen, 0.5), min(1.0, p))
        tests.append(_Test(found, _both(best, n, 1 / CPA_RATIO) and by_spend.ratio()[n, BOTH] <= 1 / CPA_RATIO**0.5))
    return tests


def _spend(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    days = measures.spend.shape[1]
    teaches = _teaching(measures.spend.shape, opened, {Kind.SPEND_UP, Kind.SPEND_DOWN}, ads=False)
    judged = np.ones(len(measures.spend), dtype=bool)
    for campaign, changes in measures.changed.items():
        last = max((day for day in changes if day < days), default=None)
        if last is not None:
            # What it spent under another budget says nothing of this one.
            teaches[campaign, :last] = False
            judged[campaign] = days - last > SETTLING_DAYS
    ones = np.where(measures.spend > 0, 1.0, 0.0)
    ones[:, -2:] = 1.0
    of = expect(measures.spend, ones, weekdays=measures.weekdays, teaches=teaches, is_count=False)
    tests = []
    for n in np.flatnonzero(judged):
        if of.history[n] < HISTORY_DAYS // 2 or of.mean[n].min() <= 0:
            continue
        for kind, up in ((Kind.SPEND_UP, True), (Kind.SPEND_DOWN, False)):
            seen, mean = float(of.seen[n, BOTH]), float(of.mean[n, BOTH])
            found = Found(kind, int(n), None, 2, seen, mean, seen / mean, _p(of, int(n), up=up))
            tests.append(_Test(found, _both(of, int(n), SPEND_UP_RATIO if up else SPEND_DOWN_RATIO)))
    return tests


def _season(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    """Demand: impressions of the whole account moved, and most campaigns with it. Nobody's fault, and told as that."""
    campaigns, days = measures.impressions.shape
    if campaigns < 3:
        return []
    week, ones = measures.weekdays, np.ones((campaigns, days))
    of_each = _teaching(ones.shape, opened, {Kind.SPEND_UP, Kind.SPEND_DOWN, Kind.SEASON}, ads=False)
    of_all = _teaching((1, days), opened, {Kind.SEASON}, ads=False)
    each = expect(measures.impressions, ones, weekdays=week, teaches=of_each, is_count=False, alike=False)
    everything = measures.impressions.sum(axis=0, keepdims=True)
    whole = expect(everything, ones[:1], weekdays=week, teaches=of_all, is_count=False, alike=False)
    if whole.history[0] < HISTORY_DAYS:
        return []
    moves = each.ratio()[:, BOTH]
    up = bool(whole.distance[0, BOTH] > 0)
    together = float(np.mean(moves > 1.1 if up else moves < 1 / 1.1))
    seen, mean = float(whole.seen[0, BOTH]), max(float(whole.mean[0, BOTH]), 1e-9)
    found = Found(Kind.SEASON, None, None, 2, seen, mean, seen / mean, min(1.0, 2 * _p(whole, 0, up=up)))
    return [_Test(found, together >= 0.7 and _both(whole, 0, SEASON_RATIO if up else 1 / SEASON_RATIO))]


def _ads(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    teaches = _teaching(measures.ad_clicks.shape, opened, {Kind.CTR_DOWN, Kind.FATIGUE}, ads=True)
    of = expect(measures.ad_clicks, measures.ad_impressions, weekdays=measures.weekdays, teaches=teaches, is_count=True)
    tests = []
    for n in range(len(measures.owner)):
        if of.mean[n, BOTH] < LEAST_CLICKS or of.history[n] < HISTORY_DAYS:
            continue
        campaign = int(measures.owner[n])
        slow = faded(measures.ad_clicks[n], measures.ad_impressions[n], measures.weekdays, of.weather[n])
        if slow is not None:
            found = Found(Kind.FATIGUE, campaign, n, slow.days, slow.seen, slow.expected, slow.ratio, slow.p)
            tests.append(_Test(found, slow.matters))
        seen, mean = float(of.seen[n, BOTH]), float(of.mean[n, BOTH])
        found = Found(Kind.CTR_DOWN, campaign, n, 2, seen, mean, seen / mean, _p(of, n, up=False))
        tests.append(_Test(found, _both(of, n, CTR_RATIO) and not (slow is not None and slow.gradual)))
    return tests
