"""From a brief's budget to a daily budget per campaign that can never be billed above it."""

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from zamc.errors import InvalidInput
from zamc.money import MICROS, Money
from zamc.strategies.billing import worst_case_days, worst_case_month
from zamc.strategies.kind_rules import divide_platform, platform_shares
from zamc.strategies.rates import units_per_dollar
from zamc.strategies.return_rules import Returns
from zamc.strategies.schema import Brief, BudgetLevel, CampaignKind, Goal, Platform

# Share of the budget per goal. Search answers demand that is there and converts best (leads, sales); the feed creates demand and reaches
# more people per unit of money (awareness, traffic). A start, not a finding: the optimiser moves budget as results come in.
_SHARES: dict[Goal, dict[Platform, Decimal]] = {
    "awareness": {"google_ads": Decimal("0.30"), "meta_ads": Decimal("0.70")},
    "traffic": {"google_ads": Decimal("0.40"), "meta_ads": Decimal("0.60")},
    "leads": {"google_ads": Decimal("0.55"), "meta_ads": Decimal("0.45")},
    "sales": {"google_ads": Decimal("0.60"), "meta_ads": Decimal("0.40")},
}
# Meta, "About minimum budgets": 1 USD a day for ad sets billed by impressions in these currencies, 0.50 USD in all others.
_META_FULL_MINIMUM = frozenset("USD AUD CAD SGD JPY NZD TWD EUR CHF SEK HKD GBP ILS NOK KRW DKK".split())
_SHARE = Decimal("0.0001")
_AS_EXPECTED: Returns = {}
_NAMES: dict[Platform, str] = {"google_ads": "Google Ads", "meta_ads": "Meta"}


@dataclass(frozen=True)
class Part:
    """One campaign's part of the budget. share: of the whole, 0 to 1; all shares of a split sum to 1.

    budget_level: where Meta's daily budget stands; see `_budget_level`.
    """

    platform: Platform
    share: Decimal
    daily: Money
    kind: CampaignKind
    budget_level: BudgetLevel = "ad_set"


@dataclass(frozen=True)
class _Platform:
    """One platform's part, before its kinds of campaign share it."""

    platform: Platform
    share: Decimal
    daily: Money


@dataclass(frozen=True)
class Split:
    """parts: at least one; notes: one sentence per platform or kind of campaign that was left out, and why."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def minimum_daily(platform: Platform, currency: str) -> Money:
    """The smallest daily budget that we hand to a platform.

    Meta's minimum is documented in USD (see above). Google documents that there is a minimum per currency, not the figures; the same
    amount is used, which is above what it accepts in practice. Both are rounded to a plain amount of the currency: 1.00 EUR, 200 JPY.
    """
    dollars = Decimal(1) if platform == "google_ads" or currency in _META_FULL_MINIMUM else Decimal("0.5")
    amount = _plain_amount(dollars * units_per_dollar(currency))
    money = Money(int(amount * MICROS), currency)
    return Money(max(money.floor_to_minor_unit().micros, money.minor_unit_micros), currency)


def _plain_amount(value: Decimal) -> Decimal:
    """The nearest of 1, 2, 5 times a power of ten: 0.92 becomes 1, 150 becomes 200."""
    steps = (Decimal(step).scaleb(exponent) for exponent in range(-4, 8) for step in (1, 2, 5))
    return min(steps, key=lambda step: max(step / value, value / step))


def budget_days(platform: Platform, brief: Brief) -> Decimal:
    """By how many days the budget is divided: what the platform may bill at worst, and never less than the days of the flight.

    With a total, over the flight; with a monthly budget, over the worst calendar month (Google 30.4, Meta 35).
    """
    if brief.budget.monthly is not None or brief.end is None:
        return worst_case_month(platform)
    flight = Decimal((brief.end - brief.start).days + 1)
    return max(flight, worst_case_days(platform, brief.start, brief.end))


def split_budget(brief: Brief, amount: Money, *, conversions: bool = True, returns: Returns = _AS_EXPECTED) -> Split:
    """Divide the brief's amount (total, or per month) over its platforms and their kinds of campaign, rounded down to the minor unit.

    conversions: whether the Google Ads account counts any. returns: how many times what was expected a kind of campaign has returned in
    this project; see zamc.strategies.return_rules. A platform that would get less than its minimum is left out, the one that misses it by
    most first, and its share goes to the other.
    Raises InvalidInput with the smallest budget that would do when none is left.
    """
    platforms: list[Platform] = list(brief.platforms)
    notes: list[str] = []
    while platforms:
        parts = _divide(brief, amount, platforms, returns)
        missing = [part for part in parts if part.daily < minimum_daily(part.platform, amount.currency)]
        if not missing:
            return _by_kind(brief, parts, notes, conversions=conversions, returns=returns)
        worst = min(missing, key=_sufficiency)
        platforms.remove(worst.platform)
        least = minimum_daily(worst.platform, amount.currency)
        notes.append(f"{_NAMES[worst.platform]} is left out: its part would be {worst.daily} a day, below the minimum of {least}")
    name = "total" if brief.budget.total is not None else "monthly"
    needed = min((_least_budget(brief, platform, amount.currency) for platform in brief.platforms), key=lambda money: money.micros)
    raise InvalidInput(f"brief.budget.{name}", f"{amount} is below what any platform accepts for this flight; at least {needed} is needed")


def _by_kind(brief: Brief, platforms: list[_Platform], notes: list[str], *, conversions: bool, returns: Returns) -> Split:
    """Each platform's part over its kinds. What a platform may bill is linear in daily budgets, so the parts bill what the whole would."""
    found: list[Part] = []
    for part in platforms:
        minimum = minimum_daily(part.platform, part.daily.currency)
        kinds, left_out = divide_platform(part.platform, brief.goal, part.daily, minimum=minimum, conversions=conversions, returns=returns)
        notes = [*notes, *left_out]
        level = _budget_level(brief, part)
        for kind, daily in kinds.items():
            share = (part.share * daily.micros / part.daily.micros).quantize(_SHARE)
            found.append(Part(part.platform, share, daily, kind, level))
    rest = Decimal(1) - sum((part.share for part in found[1:]), Decimal(0))
    return Split((replace(found[0], share=rest.quantize(_SHARE)), *found[1:]), tuple(notes))


def _budget_level(brief: Brief, part: _Platform) -> BudgetLevel:
    """On Meta each language is an ad set. With a budget of its own, none of them starves the others; that needs the minimum for each."""
    return "ad_set" if part.daily.micros // len(brief.languages) >= minimum_daily(part.platform, part.daily.currency).micros else "campaign"


def _sufficiency(part: _Platform) -> tuple[Decimal, str]:
    return Decimal(part.daily.micros) / minimum_daily(part.platform, part.daily.currency).micros, part.platform


def _divide(brief: Brief, amount: Money, platforms: list[Platform], returns: Returns) -> list[_Platform]:
    shares = platform_shares(_SHARES[brief.goal], brief.goal, returns)
    whole = sum((shares[platform] for platform in platforms), Decimal(0))
    parts: list[_Platform] = []
    for platform in platforms:
        share = shares[platform] / whole
        daily = Money(int(Decimal(amount.micros) * shares[platform] / (whole * budget_days(platform, brief))), amount.currency)
        parts.append(_Platform(platform, share, daily.floor_to_minor_unit()))
    return parts


def _least_budget(brief: Brief, platform: Platform, currency: str) -> Money:
    least = minimum_daily(platform, currency)
    micros = int((least.micros * budget_days(platform, brief)).to_integral_value(rounding=ROUND_CEILING))
    up = -(-micros // least.minor_unit_micros) * least.minor_unit_micros
    return Money(up, currency)
