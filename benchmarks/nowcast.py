"""How well conversions of recent days are foretold, on simulated accounts that nothing was fitted on.

Each account's 60 days of history are read as its platform showed them day by day (benchmarks/simulated_lags.py); then every day of the next
four weeks is foretold as its readings at age 0 .. 14 allowed, and compared with what it had in the end. An account counts when its last
30 days show 300 conversions or more. Seeds of tuning are below 10,000; the ones reported are not.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.figure import Figure, at_least, at_most, shown
from benchmarks.simulated_accounts import Account, simulate

FIRST_SEED, ACCOUNTS = 20_000, 260
LEAST_CAMPAIGNS = 1_000
_WINDOW, _LEAST_CONVERSIONS = 30, 300
_FIRST, _LAST, _STEP = 60, 86, 3


@dataclass(frozen=True)
class Foretold:
    """A day at one age: relative error, whether the interval held the truth, and its width relative to the truth."""

    error: float
    covered: bool
    width: float
    truth: float


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="simulated accounts; those with too few conversions do not count")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED, help="seeds of tuning are below 10,000")


def measure(*, accounts: int = ACCOUNTS, first_seed: int = FIRST_SEED) -> list[Figure]:
    """Foretell the accounts of so many seeds."""
    ages = (1, 3, 7)
    by_age: dict[int, list[Foretold]] = {age: [] for age in ages}
    campaigns: list[Foretold] = []
    naive: list[float] = []
    used = held = 0
    for seed in range(first_seed, first_seed + accounts):
        account = simulate(seed, days=_LAST + 40, planted=False, scale=0.25)
        if account.known(_FIRST)[:, _FIRST - _WINDOW :].sum() < _LEAST_CONVERSIONS:
            continue
        used, held = used + 1, held + account.campaigns
        _foretell(account, by_age, campaigns, naive)
    at_three = by_age[3]
    return [
        at_least("campaigns in the accounts that count", held, "count", LEAST_CAMPAIGNS),
        shown("accounts that count", used, "count"),
        at_most("matured conversions of an account's day, foretold at age 3: median error", _median(at_three), "share", 0.1),
        at_least("80 % intervals at age 3 that held the truth", _coverage(at_three), "share", 0.75),
        at_most("80 % intervals at age 3 that held the truth (not too wide)", _coverage(at_three), "share", 0.85),
        shown("what has shown at age 3 instead: median error", float(np.median(naive)), "share"),
        shown("median width of the intervals at age 3", float(np.median([each.width for each in at_three])), "share"),
        *(shown(f"median error at age {age}", _median(by_age[age]), "share") for age in ages if age != 3),
        *(shown(f"intervals at age {age} that held the truth", _coverage(by_age[age]), "share") for age in ages if age != 3),
        shown("a campaign's day at age 3: median error", _median(campaigns), "share"),
        shown("a campaign's day at age 3: intervals that held the truth", _coverage(campaigns), "share"),
    ]


def _median(some: Sequence[Foretold]) -> float:
    return float(np.median([each.error for each in some if each.truth > 0]))


def _coverage(some: Sequence[Foretold]) -> float:
    return float(np.mean([each.covered for each in some]))


def _foretell(account: Account, accounts: dict[int, list[Foretold]], campaigns: list[Foretold], naive: list[float]) -> None:
    from zamc.analytics.completeness_rules import last_age, learn, prior_shares
    from zamc.analytics.nowcast_rules import nowcast, shares_of

    last = last_age(account.platform, None)
    prior = prior_shares(last)
    shown_by_age = account.increments.cumsum(axis=2)
    truth = shown_by_age[:, :, -1]
    clicks = np.stack([account.ad_clicks[account.owner == c].sum(axis=0) for c in range(account.campaigns)]).astype(float)
    for today in range(_FIRST, _LAST, _STEP):
        days = np.arange(max(0, today - 60), today)
        counts = _triangle(shown_by_age.sum(axis=0), days, today, last)
        weekdays = (account.first_weekday + days) % 7
        ago = today - days
        curve = learn(counts, weekdays=weekdays, days_ago=ago, prior=prior)
        shares = shares_of(curve, ages=ago, weekdays=weekdays)
        known = account.known(today)[:, days].astype(float)
        whole = nowcast(
            known.sum(axis=0, keepdims=True), clicks[:, days].sum(axis=0, keepdims=True), shares, days_ago=ago, of_campaigns=False
        )
        parts = nowcast(known, clicks[:, days], shares, days_ago=ago, of_campaigns=True)
        for age, found in accounts.items():
            day = int(np.flatnonzero(ago == age)[0])
            found.append(_one(truth[:, days[day]].sum(), whole.conversions[0, day], whole.low[0, day], whole.high[0, day]))
            if age == 3:
                sure = truth[:, days[day]].sum()
                naive.append(abs(known[:, day].sum() - sure) / max(sure, 1))
                campaigns += [
                    _one(truth[c, days[day]], parts.conversions[c, day], parts.low[c, day], parts.high[c, day])
                    for c in range(account.campaigns)
                ]


def _triangle(
    by_age: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]",
    days: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]",
    today: int,
    last: int,
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Cumulative counts of those days by age as readings until this morning tell them."""
    ages = np.arange(last + 1)
    counts = by_age[days][:, np.minimum(ages, by_age.shape[1] - 1)].astype(float)
    counts[ages[None, :] > (today - days)[:, None]] = np.nan
    return counts


def _one(truth: float, mean: float, low: float, high: float) -> Foretold:
    return Foretold(abs(mean - truth) / max(truth, 1), bool(low <= truth <= high), (high - low) / max(truth, 1), float(truth))
