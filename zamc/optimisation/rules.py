"""What a live deployment will probably do until the end of its flight: the plan's forecast, corrected by what was observed. Pure.

The plan's ranges are the prior, closed days are the data (predictive_rules). Conversions are taken as reported so far: late ones arrive as
revisions, and the next day's forecast sees them; until then the last few days, and with them the forecast of conversions, are low.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from zamc.optimisation.predictive_rules import Gamma, Interval, Observed, posterior, predicted, prior
from zamc.strategies.billing import worst_case_days
from zamc.strategies.schema import Channel, Flight, Range

OPEN_DAYS = 30  # how far an open flight is looked ahead
# The plan rounds its ranges to two decimals: 0.00 there means less than half a hundredth.
_LEAST = Decimal("0.005")
# The smallest ratio of high to low that a prior may claim, and that of spend around the daily budget: platforms aim at the budget, new
# campaigns often fall short of it. An assumption, soon outweighed by observed days.
_NARROWEST = 2.0
_RATIO = Decimal("0.0001")
_HOURS_PER_DAY = timedelta(days=1)


class Metric(StrEnum):
    """What a forecast is about. The first three are means per day over the days to come; spend is the total of the horizon."""

    IMPRESSIONS = "impressions"
    CLICKS = "clicks"
    CONVERSIONS = "conversions"
    SPEND_MICROS = "spend_micros"
    PACING = "pacing"


@dataclass(frozen=True, slots=True)
class Day:
    """A closed day of a campaign: a date in the account's time zone, and the share of it (0 to 1) during which it was live."""

    day: date
    impressions: int
    clicks: int
    conversions: Decimal
    spend_micros: int
    exposure: float = 1.0


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment may do: its dates and daily budget as deployed, and the plan's channel and flight that it came from."""

    channel: Channel
    flight: Flight
    daily_budget_micros: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Band:
    """A forecast with its 80 % interval; low <= mid <= high. Micros are whole numbers."""

    low: Decimal
    mid: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast on one day. Pacing is spend over budget: 1 means that the flight will spend just what the brief allows."""

    days_observed: int
    horizon_end: date
    bands: Mapping[Metric, Band]


def counted(days: Sequence[Day], *, launched: datetime | None) -> list[Day]:
    """The days, in order, from the launch on (local time of the account), the launch's own day with the share of it that was left.

    Days without any delivery after the launch count: they are the worst news there is. A demo's launch lies ahead of its business time;
    there the first delivery is the beginning.
    """
    beginnings = [launched.date()] if launched else []
    beginnings += [min(day.day for day in days if day.impressions)] if any(day.impressions for day in days) else []
    began = min(beginnings, default=date.max)
    ordered = sorted((day for day in days if day.day >= began), key=lambda day: day.day)
    if launched and ordered and ordered[0].day == launched.date():
        midnight = launched.replace(hour=0, minute=0, second=0, microsecond=0)
        ordered[0] = replace(ordered[0], exposure=1 - (launched - midnight) / _HOURS_PER_DAY)
    return ordered


def outlook(deployed: Deployed, days: Sequence[Day], *, today: date) -> Outlook | None:
    """The forecast of every metric from closed days (as `counted` returns them) on the account's `today`; None once the flight is over.

    With an end, spend is what the closed days cost plus what every other day until the end will; the budget is the platform's share of the
    brief's total, or the daily budget times the days of the flight. Without one, both are those of the next 30 days. No forecast of
    spend is above what the platform may bill (zamc.strategies.billing).
    """
    if deployed.ends_on is not None and deployed.ends_on < today:
        return None
    first = max(deployed.starts_on, today)
    spent = 0
    if deployed.ends_on is None:
        end, ahead = first + timedelta(days=OPEN_DAYS - 1), OPEN_DAYS
    else:
        end = deployed.ends_on
        ahead = (end - (days[0].day if days else first)).days + 1 - len(days)
        spent = sum(day.spend_micros for day in days)
    spend = _spend(deployed, days, ahead=ahead, end=end, today=today, spent=spent)
    budget = _budget_micros(deployed, end=end, ahead=ahead)
    plan = deployed.channel.forecast
    bands = {
        Metric.IMPRESSIONS: _per_day(plan.impressions, [(day, day.impressions) for day in days], ahead=ahead, today=today),
        Metric.CLICKS: _per_day(plan.clicks, [(day, day.clicks) for day in days], ahead=ahead, today=today),
        Metric.CONVERSIONS: _per_day(plan.conversions, [(day, float(day.conversions)) for day in days], ahead=ahead, today=today),
        Metric.SPEND_MICROS: spend,
        Metric.PACING: Band(*((micros / budget).quantize(_RATIO) for micros in (spend.low, spend.mid, spend.high))),
    }
    return Outlook(days_observed=len(days), horizon_end=end, bands=bands)


def _per_day(planned: Range, counts: Sequence[tuple[Day, float]], *, ahead: int, today: date) -> Band:
    low, mid, high = (float(max(value, _LEAST)) for value in (planned.low, planned.mid, planned.high))
    belief = _learn(prior(mid=mid, spread=max(high / low, _NARROWEST)), counts, today=today)
    return _band(predicted(belief, ahead), factor=1 / ahead, unit=_RATIO)


def _spend(deployed: Deployed, days: Sequence[Day], *, ahead: int, end: date, today: date, spent: int) -> Band:
    """Spend is counted in clicks at their mean price, so that few dear clicks are as uncertain as they are. Whole micros.

    The mean price is that of the observed days and of one day of the plan together; a priori the whole daily budget is spent.
    """
    planned_clicks = float(max(deployed.channel.forecast.clicks.mid, _LEAST))
    daily = deployed.daily_budget_micros
    price = (daily + sum(day.spend_micros for day in days)) / (planned_clicks + sum(day.clicks for day in days))
    belief = prior(mid=daily / price, spread=_NARROWEST)
    belief = _learn(belief, [(day, day.spend_micros / price) for day in days], today=today)
    band = _band(predicted(belief, ahead), factor=price, unit=Decimal(1))
    most = (daily * worst_case_days(deployed.channel.platform, end - timedelta(days=ahead - 1), end)).to_integral_value(ROUND_FLOOR)
    return Band(*(spent + min(micros, most) for micros in (band.low, band.mid, band.high)))


def _budget_micros(deployed: Deployed, *, end: date, ahead: int) -> int:
    if deployed.ends_on is None:
        return deployed.daily_budget_micros * ahead
    if deployed.flight.total_budget_micros is None:
        return deployed.daily_budget_micros * ((end - deployed.starts_on).days + 1)
    return int(deployed.flight.total_budget_micros * deployed.channel.share)


def _learn(belief: Gamma, counts: Sequence[tuple[Day, float]], *, today: date) -> Gamma:
    return posterior(belief, [Observed(count, day.exposure, (today - day.day).days) for day, count in counts])


def _band(interval: Interval, *, factor: float, unit: Decimal) -> Band:
    points = (interval.low, interval.mid, interval.high)
    return Band(*(Decimal(repr(point * factor)).quantize(unit, rounding=ROUND_HALF_EVEN) for point in points))
