"""What is not chance: an account's campaigns and ads are judged on the morning after their last closed day. Pure.

Every test gives a p-value; all tests of an account's morning are one family, and what is rejected is decided by Benjamini and Yekutieli at
LEVEL (verdict_statistics_rules). Days are families of their own at the same level, as the points of a control chart are: by the bound of a
family under no fault at all, LEVEL is the probability that a faultless account's morning tells anything, whatever happened before it, and
so 7 x LEVEL bounds the false alarms of an account-week. A discovery must also be large enough to matter (the *_RATIO limits), and rest on
enough data (LEAST_*). A condition that was told already is not told again: it is only asked whether it lasts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from zamc.analytics.verdict_fatigue_rules import faded
from zamc.analytics.verdict_series_rules import HISTORY_DAYS, Bools, Expected, Floats, Ints, expect
from zamc.analytics.verdict_statistics_rules import at_most, discoveries, student_tail

LEVEL = 0.001
LEAST_CONVERSIONS = 8.0
LEAST_CLICKS = 60.0
TRACKING_RATIO = 0.1
CPA_RATIO = 1.7
CTR_RATIO = 0.7
SPEND_UP_RATIO = 1.85
SPEND_DOWN_RATIO = 0.45
SEASON_RATIO = 1.2
# Clicks must go on at this share of what was expected before conversions that stopped are the tracking's fault.
CLICKS_GO_ON = 0.4
# A scale that was estimated from few days has heavy tails, and so have days: no test claims more degrees of freedom than this.
_MOST_FREEDOM = 25.0
# Days after our own change of a budget are not judged for spend: platforms take a few to follow.
SETTLING_DAYS = 3


class Kind(StrEnum):
    """What can be found."""

    TRACKING_STOPPED = "tracking_stopped"
    CPA_UP = "cpa_up"
    CTR_DOWN = "ctr_down"
    SPEND_UP = "spend_up"
    SPEND_DOWN = "spend_down"
    FATIGUE = "fatigue"
    SEASON = "season"


@dataclass(frozen=True, slots=True)
class Measures:
    """An account up to yesterday. Arrays are by object and day, days in order; ads and campaigns are rows.

    conversions: those shown so far, of all counted actions; completeness[day]: which share of a day's that is. by_action: where there are
    several, of each the account's conversions and completeness by day. owner: an ad's campaign's row. changed: by campaign row, the days
    (columns) on which we changed its budget ourselves.
    """

    weekdays: Ints
    impressions: Floats
    clicks: Floats
    spend: Floats
    conversions: Floats
    completeness: Floats
    ad_impressions: Floats
    ad_clicks: Floats
    owner: Ints
    changed: Mapping[int, Sequence[int]] = field(default_factory=dict)
    by_action: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One condition. campaign and ad are rows, None for the account as a whole. days: how many of the last days show it.

    seen and expected are of those days, in the unit of the kind: conversions, clicks or micros of spend; ratio is seen over expected as
    people read it (cost per conversion: its rise). p: of the test.
    """

    kind: Kind
    campaign: int | None
    ad: int | None
    days: int
    seen: float
    expected: float
    ratio: float
    p: float
    action: str = ""


Key = tuple[Kind, int | None, int | None, str]


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
    tests = _all_tests(measures, opened)
    rejected = discoveries([test.found.p for test in tests], LEVEL)
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


def _all_tests(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    per_conversion = measures.spend * measures.completeness[None, :]
    clicks_due = measures.clicks * measures.completeness[None, :]
    whole = (rows.sum(axis=0, keepdims=True) for rows in (measures.conversions, clicks_due))
    teaches = _teaching(measures.conversions.shape, opened, {Kind.TRACKING_STOPPED, Kind.CPA_UP}, ads=False)
    of_the_whole = {key: since for key, since in opened.items() if key[1] is None and not key[3]}
    account_teaches = _teaching((1, measures.spend.shape[1]), of_the_whole, {Kind.TRACKING_STOPPED}, ads=False)
    clicks_go_on = _clicks_go_on(measures)
    tests = _actions(measures, opened)
    of_account = expect(*whole, weekdays=measures.weekdays, teaches=account_teaches, is_count=True, alike=False)
    tests += _tracking(of_account, clicks_go_on.any(keepdims=True), account=True)
    scope = {"weekdays": measures.weekdays, "teaches": teaches}
    if len(measures.spend) > 1:
        tests += _tracking(expect(measures.conversions, clicks_due, is_count=True, **scope), clicks_go_on, account=False)
    tests += _cpa(expect(measures.conversions, per_conversion, is_count=True, **scope))
    tests += _spend(measures, opened)
    tests += _season(measures, opened)
    return tests + _ads(measures, opened)


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
        windows = [w for w in range(2) if of.mean[n, w] >= LEAST_CONVERSIONS]
        if not windows or of.history[n] < HISTORY_DAYS:
            continue
        p_values = {w: at_most(of.seen[n, w], of.mean[n, w], of.variation[n, w]) for w in windows}
        best = min(windows, key=lambda w: p_values[w])
        ratio = of.seen[n, best] / of.mean[n, best]
        found = Found(
            Kind.TRACKING_STOPPED, None if account else n, None, best + 1, of.seen[n, best], of.mean[n, best], float(ratio),
            min(1.0, len(windows) * p_values[best]),
        )  # fmt: skip
        tests.append(_Test(found, ratio <= TRACKING_RATIO and bool(clicks_go_on[n])))
    return tests


def _actions(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    """One action of several may stop alone: a tag is per action."""
    tests = []
    clicks = measures.clicks.sum(axis=0, keepdims=True)
    goes_on = _clicks_go_on(measures).any(keepdims=True)
    for action, (conversions, completeness) in sorted(measures.by_action.items()):
        own = {key: since for key, since in opened.items() if key[3] == action}
        teaches = _teaching(clicks.shape, own, {Kind.TRACKING_STOPPED}, ads=False)
        of = expect(conversions[None, :], clicks * completeness, weekdays=measures.weekdays, teaches=teaches, is_count=True, alike=False)
        tests += [_Test(replace(test.found, action=action), test.matters) for test in _tracking(of, goes_on, account=True)]
    return tests


def _p(of: Expected, n: int, windows: Sequence[int], *, up: bool) -> tuple[int, float]:
    """The window that says most, and the p-value of the better of them all (Bonferroni)."""
    sign = 1 if up else -1
    freedom = min(float(of.freedom[n]), _MOST_FREEDOM)
    p_values = {w: student_tail(sign * float(of.distance[n, w]), freedom) for w in windows}
    best = min(windows, key=lambda w: p_values[w])
    return best, min(1.0, len(windows) * p_values[best])


def _cpa(of: Expected) -> list[_Test]:
    tests = []
    for n in range(len(of.seen)):
        windows = [w for w in range(2) if of.mean[n, w] >= LEAST_CONVERSIONS]
        if not windows or of.history[n] < HISTORY_DAYS:
            continue
        best, p = _p(of, n, windows, up=False)
        rise = of.mean[n, best] / max(of.seen[n, best], 0.5)
        found = Found(Kind.CPA_UP, n, None, best + 1, of.seen[n, best], of.mean[n, best], float(rise), p)
        tests.append(_Test(found, rise >= CPA_RATIO))
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
            best, p = _p(of, int(n), (0, 1), up=up)
            ratio = of.seen[n, best] / of.mean[n, best]
            found = Found(kind, int(n), None, best + 1, of.seen[n, best], of.mean[n, best], float(ratio), p)
            tests.append(_Test(found, ratio >= SPEND_UP_RATIO if up else ratio <= SPEND_DOWN_RATIO))
    return tests


def _season(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    """Demand: impressions of the whole account moved, and most campaigns with it. Nobody's fault, and told as that."""
    campaigns, days = measures.impressions.shape
    if campaigns < 3:
        return []
    scope = {"weekdays": measures.weekdays, "is_count": False, "alike": False}
    ones = np.ones((campaigns, days))
    each = expect(
        measures.impressions, ones, teaches=_teaching(ones.shape, opened, {Kind.SPEND_UP, Kind.SPEND_DOWN, Kind.SEASON}, ads=False), **scope
    )
    whole = expect(
        measures.impressions.sum(axis=0, keepdims=True), ones[:1], teaches=_teaching((1, days), opened, {Kind.SEASON}, ads=False), **scope
    )
    if whole.history[0] < HISTORY_DAYS:
        return []
    moves = each.ratio()[:, 1]
    up = bool(whole.distance[0, 1] > 0)
    together = float(np.mean(moves > 1.1 if up else moves < 1 / 1.1))
    best, p = _p(whole, 0, (0, 1), up=up)
    ratio = float(whole.seen[0, best] / max(whole.mean[0, best], 1e-9))
    found = Found(Kind.SEASON, None, None, best + 1, whole.seen[0, best], whole.mean[0, best], ratio, min(1.0, 2 * p))
    return [_Test(found, together >= 0.7 and max(ratio, 1 / max(ratio, 1e-9)) >= SEASON_RATIO)]


def _ads(measures: Measures, opened: Mapping[Key, int]) -> list[_Test]:
    teaches = _teaching(measures.ad_clicks.shape, opened, {Kind.CTR_DOWN, Kind.FATIGUE}, ads=True)
    of = expect(measures.ad_clicks, measures.ad_impressions, weekdays=measures.weekdays, teaches=teaches, is_count=True)
    tests = []
    for n in range(len(measures.owner)):
        windows = [w for w in range(2) if of.mean[n, w] >= LEAST_CLICKS]
        if not windows or of.history[n] < HISTORY_DAYS:
            continue
        campaign = int(measures.owner[n])
        slow = faded(measures.ad_clicks[n], measures.ad_impressions[n], measures.weekdays, of.weather[n])
        if slow is not None:
            found = Found(Kind.FATIGUE, campaign, n, slow.days, slow.seen, slow.expected, slow.ratio, slow.p)
            tests.append(_Test(found, slow.matters))
        best, p = _p(of, n, windows, up=False)
        ratio = of.seen[n, best] / of.mean[n, best]
        found = Found(Kind.CTR_DOWN, campaign, n, best + 1, of.seen[n, best], of.mean[n, best], float(ratio), p)
        tests.append(_Test(found, ratio <= CTR_RATIO and not (slow is not None and slow.gradual)))
    return tests
