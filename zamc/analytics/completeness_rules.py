"""How much of a click day's conversions has shown so many days later: the completeness curve. Pure.

The curve is a chain ladder (Mack, ASTIN Bulletin 23, 1993, 213-225) written as reverse hazards: h(k) is the share of all that is known at
age k which first showed at age k, so that 1 / (1 - h(k)) is the chain ladder's development factor and completeness at age a is the
product of 1 - h(k) over the ages k > a (Lawless, Canadian Journal of Statistics 22, 1994, 15-31, for reporting delays). Written so, a
thin account is shrunk by pseudo-conversions of its platform's prior, age by age, and the weekday on which conversions show is a factor.

The prior is what Criteo measured over many advertisers with a 30-day window: 35 % of conversions within an hour, 50 % within a day
and 87 % within two weeks (Chapelle, Modeling Delayed Feedback in Display Advertising, KDD 2014, section 2), cut off at the window that the
platform credits (Google Ads 30 days, Meta 7 days after a click unless an account says otherwise).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW_DAYS = {"google_ads": 30, "meta_ads": 7}
LONGEST_WINDOW_DAYS = 90  # Google Ads' longest click-through window
# A conversion may be shown a day after its window ends: platforms report up to 15 hours late.
REPORTED_LATE_DAYS = 1
# Shares of a 90-day window by days since the click; divided by that of an account's own window. 0.97 of them come within 30 days.
_PRIOR = ((0.0, 0.0), (1 / 24, 0.34), (1.0, 0.485), (14.0, 0.845), (30.0, 0.97), (90.0, 1.0))
_READ_AT = 0.25  # daily readings happen in the morning: share of the reading's own day that has passed
# So many conversions weigh as much as the prior, at each age; so many that showed weigh as much as "all weekdays alike".
PRIOR_CONVERSIONS = 15.0
_PRIOR_WEEKDAY = 40.0
_HALF_LIFE_DAYS = 45.0
_MOST_HAZARD, _LEAST_HAZARD = 0.98, -0.2
# Days have lags of their own: as if each drew its shares from a Dirichlet distribution of this concentration, until an account has shown
# how much its own days differ. So many days weigh as much as this prior.
PRIOR_CONCENTRATION = 120.0
_PRIOR_SCATTER_DAYS = 8.0
SETTLED_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Curve:
    """What an account, action and window taught.

    hazards[k] for ages 0 .. A (hazards[0] is 1), their variances, factors of the seven weekdays on which conversions show (Monday first,
    mean about 1), scatter[a] (variance of what is to come after age a, relative to the square of its mean), the share of the curve that is
    the account's own, how many conversions it was learned from, and the share of them that the platform took back afterwards.
    """

    hazards: Floats
    variances: Floats
    weekdays: Floats
    scatter: Floats
    own: float
    conversions: float
    taken_back: float

    @property
    def last_age(self) -> int:
        """From here on a day is complete."""
        return len(self.hazards) - 1

    def shares(self, weekday: int) -> Floats:
        """Completeness at ages 0 .. last_age of a click day on that weekday (Monday is 0)."""
        ages = np.arange(len(self.hazards))
        kept = 1 - np.clip(self.hazards * self.weekdays[(weekday + ages) % 7], _LEAST_HAZARD, _MOST_HAZARD)
        after: Floats = np.append(np.cumprod(kept[:0:-1])[::-1], 1.0)
        return after

    def mean_shares(self) -> Floats:
        """Completeness over all weekdays: what a person is shown."""
        mean: Floats = np.mean([self.shares(weekday) for weekday in range(7)], axis=0)
        return mean

    def errors(self) -> Floats:
        """Standard error of the logarithm of completeness at each age, from what is not known of the hazards."""
        terms = self.variances / (1 - np.clip(self.hazards, _LEAST_HAZARD, _MOST_HAZARD)) ** 2
        after: Floats = np.sqrt(np.append(np.cumsum(terms[:0:-1])[::-1], 0.0))
        return after

    def settled_age(self) -> int:
        """The first age from which on every weekday's days are settled."""
        least = np.min([self.shares(weekday) for weekday in range(7)], axis=0)
        settled = np.minimum.accumulate(least[::-1])[::-1] >= SETTLED_SHARE
        return int(np.argmax(settled))


def last_age(platform: str, window_days: int | None) -> int:
    """The age at which a day is complete. window_days: what the account's conversion action says, None where it says nothing."""
    days = window_days or WINDOW_DAYS.get(platform, LONGEST_WINDOW_DAYS)
    return min(days, LONGEST_WINDOW_DAYS) + REPORTED_LATE_DAYS


def prior_shares(last: int) -> Floats:
    """Completeness at ages 0 .. last for an account that nothing is known of."""
    window = last - REPORTED_LATE_DAYS
    knots = np.array([point for point in _PRIOR if point[0] > 0])

    def within(days: Floats) -> Floats:
        # Linear in the logarithm of time from an hour on, and linear in time before.
        late = np.interp(np.log(np.maximum(days, 1 / 24)), np.log(knots[:, 0]), knots[:, 1])
        out: Floats = np.where(days <= 0, 0.0, np.where(days < 1 / 24, days * 24 * knots[0, 1], late))
        return out

    clicked = (np.arange(24) + 0.5) / 24
    elapsed = np.arange(last + 1)[:, None] + _READ_AT - clicked[None, :]
    shares: Floats = within(np.minimum(elapsed, window)).mean(axis=1) / within(np.array([float(window)]))[0]
    shares[-1] = 1.0
    return np.maximum.accumulate(shares)


def learn(counts: Floats, *, weekdays: Ints, days_ago: Ints, prior: Floats) -> Curve:
    """The curve of one account, action and window.

    counts[day, age]: conversions known of a click day at ages 0 .. last_age, NaN where no reading tells; weekdays[day] of the click days
    (Monday is 0); days_ago[day]; prior: completeness by age, last_age + 1 long. Rows may be none.
    """
    last = len(prior) - 1
    expected = np.zeros(last + 1)
    expected[0] = 1.0
    expected[1:] = 1 - prior[:-1] / np.maximum(prior[1:], 1e-9)
    shown = np.diff(counts, axis=1, prepend=np.nan)
    cell = np.isfinite(shown) & (counts > 0)
    weight = 0.5 ** (days_ago / _HALF_LIFE_DAYS)
    risk = np.where(cell, np.nan_to_num(counts), 0.0) * weight[:, None]
    came = np.where(cell, np.nan_to_num(shown), 0.0) * weight[:, None]
    on = (weekdays[:, None] + np.arange(last + 1)[None, :]) % 7
    factors, hazards = np.ones(7), expected
    for _ in range(3):
        scaled = (risk * factors[on]).sum(axis=0)
        hazards = np.clip((came.sum(axis=0) + PRIOR_CONVERSIONS * expected) / (scaled + PRIOR_CONVERSIONS), _LEAST_HAZARD, _MOST_HAZARD)
        foreseen = risk[:, 1:] * hazards[None, 1:]
        ratio = [
            (came[:, 1:][on[:, 1:] == day].sum() + _PRIOR_WEEKDAY) / (foreseen[on[:, 1:] == day].sum() + _PRIOR_WEEKDAY) for day in range(7)
        ]
        factors = np.clip(np.array(ratio), 0.2, 3.0)
    hazards[0] = 1.0
    at_risk = risk.sum(axis=0)
    noise = _noise(came, risk * hazards * factors[on], cell)
    variances = noise * np.maximum(hazards * (1 - hazards), 1e-6) / (at_risk + PRIOR_CONVERSIONS)
    variances[0] = 0.0
    own = float((at_risk[1:] / (at_risk[1:] + PRIOR_CONVERSIONS)).mean())
    shown_in_all = float(np.maximum(came, 0).sum())
    curve = Curve(
        hazards, variances, factors, np.zeros(last + 1), own,
        conversions=float(np.nan_to_num(counts).max(axis=1, initial=0.0).sum()),
        taken_back=float(-np.minimum(came, 0).sum() / shown_in_all) if shown_in_all else 0.0,
    )  # fmt: skip
    return replace(curve, scatter=_scatter(curve, counts, weekdays))


def _noise(came: Floats, foreseen: Floats, cell: NDArray[np.bool_]) -> float:
    """Over-dispersion of what shows on a day: Pearson's statistic per cell, at least 1 (Poisson)."""
    use = cell & (foreseen > 0.5)
    use[:, 0] = False
    if not use.any():
        return 1.5
    chi = ((came[use] - foreseen[use]) ** 2 / foreseen[use]).sum()
    return float(max(1.0, (chi + 1.5 * 10) / (use.sum() + 10)))


def dirichlet_scatter(share: Floats, concentration: float) -> Floats:
    """Variance of what is still to come at a completeness, relative to the square of its mean, when a day's shares are Dirichlet."""
    rest = np.maximum(1 - share, 1e-4)
    out: Floats = (1 - rest) / (rest * concentration)
    return out


def _scatter(curve: Curve, counts: Floats, weekdays: Ints) -> Floats:
    """By age, how far days that are complete by now lay from what the curve would have said of them then, beyond chance.

    Of R still to come after age a the chain ladder says c (1 / G - 1) with a Poisson variance of R / G; what is more is scatter R^2.
    """
    mean = curve.mean_shares()
    ripe = int(np.argmax(mean >= 0.995))
    done = np.isfinite(counts[:, ripe])
    scatter = dirichlet_scatter(mean, PRIOR_CONCENTRATION)
    shares = np.stack([curve.shares(day) for day in range(7)])[weekdays[done]]
    known = counts[done]
    for age in range(ripe):
        share = shares[:, age] / shares[:, ripe]
        rest = known[:, age] * (1 / share - 1)
        use = np.isfinite(rest) & (rest > 0)
        days = int(use.sum())
        if days < 3:
            continue
        excess = (known[use, ripe] - known[use, age] - rest[use]) ** 2 * days / (days - 1) - rest[use] / share[use]
        found = max(0.0, float(excess.sum() / (rest[use] ** 2).sum()))
        trust = days / (days + _PRIOR_SCATTER_DAYS)
        scatter[age] = trust * found + (1 - trust) * scatter[age]
    return scatter
