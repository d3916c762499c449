"""Which planted faults are found in time, and how often healthy accounts are bothered, on 500 simulated accounts.

The accounts, and how large their faults are, were fixed before the rules were written (benchmarks/simulated_accounts.py). Each is judged on
every morning of its last four weeks by what its platform had shown until then. Found: a verdict of the fault's kind on its object, told on
or before the second morning after the first day on which the fault was there in full. False alarm: a verdict that no fault explains
(explained: on the object, its campaign or its account, from the first day of the fault on). "season" is information and no alarm; how often
it is told is shown. Seeds of tuning are below 10,000; the ones reported are not.
"""

import argparse
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.figure import Figure, at_least, at_most, shown
from benchmarks.simulated_accounts import DAYS, TEST_DAYS, Account, Fault, Plant, simulate

if TYPE_CHECKING:
    from zamc.analytics.completeness_rules import Curve
    from zamc.analytics.verdict_kinds_rules import Found, Key, Measures
    from zamc.analytics.verdict_series_rules import Early

# Nobody looked at these before the rules were done: tuning saw 0 to 200, and a first look took some from 50,000 on.
FIRST_SEED, ACCOUNTS = 60_000, 500
_WITHIN = 2
# An open condition that is not seen on so many mornings is over.
_OVER_AFTER = 2


@dataclass
class Tally:
    """What happened to some accounts."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    misnamed: int = 0
    seasons: int = 0
    weeks: float = 0.0
    delays: list[int] = field(default_factory=list)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="simulated accounts")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED, help="seeds of tuning are below 10,000")


def measure(*, accounts: int = ACCOUNTS, first_seed: int = FIRST_SEED) -> list[Figure]:
    """Judge every account on every morning."""
    tally = Tally()
    for seed in range(first_seed, first_seed + accounts):
        judge_account(simulate(seed), tally)
    planted, found = sum(tally.planted.values()), sum(tally.found.values())
    return [
        at_least(f"planted faults found within {_WITHIN} days", found / max(planted, 1), "share", 0.9),
        at_most("false alarms per 100 account-weeks", 100 * sum(tally.false.values()) / tally.weeks, "count", 1.0),
        at_least("accounts", accounts, "count", ACCOUNTS),
        shown("account-weeks", tally.weeks, "count"),
        shown("planted faults", planted, "count"),
        *(shown(f"found: {kind}", tally.found[kind] / max(tally.planted[kind], 1), f"of {tally.planted[kind]}") for kind in Plant),
        *(shown(f"false alarms: {kind}", count, "count") for kind, count in sorted(tally.false.items())),
        shown("verdicts that name another kind than the fault's", tally.misnamed, "count"),
        shown("seasons told, per 100 account-weeks", 100 * tally.seasons / tally.weeks, "count"),
        shown("days until a fault that was found in time is told, mean", float(np.mean(tally.delays or [0])), "days"),
    ]


def judge_account(account: Account, tally: Tally, *, say: "list[tuple[int, Found]] | None" = None) -> None:
    """Four weeks of mornings of one account; say collects what was told."""
    from zamc.analytics.verdict_kinds_rules import Kind
    from zamc.analytics.verdict_rules import judge

    fault = account.fault
    if fault:
        tally.planted[fault.kind] += 1
    opened: dict[Key, int] = {}
    unseen: Counter[Key] = Counter()
    named = False
    for morning in range(DAYS - TEST_DAYS, DAYS + 1):
        fresh, lasting = judge(measures(account, morning), open_since=opened)
        for key in list(opened):
            unseen[key] = 0 if key in lasting else unseen[key] + 1
            if unseen[key] >= _OVER_AFTER:
                del opened[key], unseen[key]
        for hit in fresh:
            if say is not None:
                say.append((morning, hit))
            opened[hit.kind, hit.campaign, hit.ad, hit.action] = morning - hit.days
            if hit.kind is Kind.SEASON:
                tally.seasons += 1
            elif fault and _explains(fault, hit, morning):
                if _KINDS[fault.kind] != hit.kind or not _is_object(fault, hit, account):
                    tally.misnamed += 1
                elif not named and morning <= fault.due + _WITHIN:
                    named = True
                    tally.found[fault.kind] += 1
                    tally.delays.append(max(0, morning - fault.due))
            else:
                tally.false[hit.kind] += 1
    tally.weeks += (TEST_DAYS + 1) / 7


_KINDS = {
    Plant.TRACKING_ACCOUNT: "tracking_stopped", Plant.TRACKING_CAMPAIGN: "tracking_stopped", Plant.CPA: "cpa_up", Plant.CTR: "ctr_down",
    Plant.SPEND_UP: "spend_up", Plant.SPEND_DOWN: "spend_down", Plant.FATIGUE: "fatigue",
}  # fmt: skip


def _explains(fault: Fault, hit: "Found", morning: int) -> bool:
    """Whether the verdict is about the fault's object, one that contains it or one that it contains."""
    if morning <= fault.onset:
        return False
    if fault.campaign is None or hit.campaign is None:
        return True
    if fault.ad is not None and hit.ad is not None:
        return fault.ad == hit.ad
    return fault.campaign == hit.campaign


def _is_object(fault: Fault, hit: "Found", account: Account) -> bool:
    """An account with one campaign is that campaign."""
    same_campaign = hit.campaign == fault.campaign or (account.campaigns == 1 and hit.campaign is None)
    return same_campaign and hit.ad == fault.ad


def measures(account: Account, morning: int) -> "Measures":
    """What is known of the account on that morning."""
    from zamc.analytics.completeness_rules import last_age, learn, prior_shares
    from zamc.analytics.nowcast_rules import shares_of
    from zamc.analytics.verdict_kinds_rules import Measures

    days = np.arange(morning)
    last = last_age(account.platform, None)
    ages = np.arange(last + 1)
    by_age = account.increments.sum(axis=0).cumsum(axis=1)
    counts = by_age[days][:, np.minimum(ages, by_age.shape[1] - 1)].astype(float)
    ago = morning - days
    counts[ages[None, :] > ago[:, None]] = np.nan
    weekdays = (account.first_weekday + days) % 7
    curve = learn(counts, weekdays=weekdays, days_ago=ago, prior=prior_shares(last))
    clicks = np.stack([account.ad_clicks[account.owner == c].sum(axis=0) for c in range(account.campaigns)])
    impressions = np.stack([account.ad_impressions[account.owner == c].sum(axis=0) for c in range(account.campaigns)])
    return Measures(
        weekdays=weekdays,
        impressions=impressions[:, :morning].astype(float),
        clicks=clicks[:, :morning].astype(float),
        spend=account.spend[:, :morning],
        conversions=account.known(morning)[:, :morning].astype(float),
        completeness=shares_of(curve, ages=ago, weekdays=weekdays).share,
        early=_early(account, morning, curve, weekdays),
        ad_impressions=account.ad_impressions[:, :morning].astype(float),
        ad_clicks=account.ad_clicks[:, :morning].astype(float),
        owner=account.owner,
        changed=account.announced,
    )


def _early(account: Account, morning: int, curve: "Curve", weekdays: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> "Early":
    """What readings one and two days after each day had shown."""
    from zamc.analytics.verdict_series_rules import Early

    shown_by_age = account.increments[:, :morning].cumsum(axis=2).astype(float)
    one, two = shown_by_age[:, :, 1], shown_by_age[:, :, 2].copy()
    two[:, morning - 1 :] = np.nan
    table = np.stack([curve.shares(day) for day in range(7)])
    return Early(one, two, table[weekdays, 1], table[weekdays, 2])
