"""What a platform may bill at worst for a daily budget that stays the same.

Google Ads: up to 2 daily budgets on one day, never more than 30.4 in a calendar month (Google Ads Help 10486637; campaign_budget.proto).
Meta: up to 1.75 daily budgets on one day, never more than 7 in a week from Sunday to Saturday (Business Help, "About daily budgets").
Days are those of the ad account's time zone.
"""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from zamc.strategies.schema import Platform

DAYS_PER_MONTH = Decimal("30.4")
_MOST_PER_DAY: dict[Platform, Decimal] = {"google_ads": Decimal(2), "meta_ads": Decimal("1.75")}
_MOST_PER_WEEK = Decimal(7)
# A month of 31 days can hold three whole weeks and two parts of at least four days, each of which may be billed like a whole one.
_WORST_MONTH: dict[Platform, Decimal] = {"google_ads": DAYS_PER_MONTH, "meta_ads": Decimal(35)}


def worst_case_days(platform: Platform, first: date, last: date) -> Decimal:
    """How many daily budgets a platform may bill from first to last (both included). Never falls when days are added."""
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    periods = Counter(limit_period(platform, day) for day in days)
    most = most_per_period(platform)
    return sum((min(count * _MOST_PER_DAY[platform], most) for count in periods.values()), Decimal(0))


def limit_period(platform: Platform, day: date) -> tuple[int, ...]:
    """The calendar month (Google) or the week from its Sunday (Meta) whose limit a day counts towards."""
    return (day.year, day.month, 0) if platform == "google_ads" else (day - timedelta(days=day.isoweekday() % 7)).timetuple()[:3]


def most_per_period(platform: Platform) -> Decimal:
    """How many daily budgets a platform may bill in such a period at worst."""
    return DAYS_PER_MONTH if platform == "google_ads" else _MOST_PER_WEEK


def worst_case_month(platform: Platform) -> Decimal:
    """How many daily budgets a platform may bill in any calendar month at worst."""
    return _WORST_MONTH[platform]


def worst_case_day(platform: Platform) -> Decimal:
    """How many daily budgets a platform may bill on one day at worst."""
    return _MOST_PER_DAY[platform]
