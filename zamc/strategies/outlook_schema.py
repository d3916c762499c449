"""What a plan expects and aims for: forecasts with their intervals, stages of the funnel, tests, a calendar and targets. All by rules."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from zamc.strategies.base_schema import CampaignKind, Closed, Line, Platform, Stage

Metric = Literal["impressions", "clicks", "conversions", "ctr", "cpc", "cvr", "cpa", "roas"]


class Range(Closed):
    """A forecast with its 80 % interval."""

    low: Decimal
    mid: Decimal
    high: Decimal


class Ratio(Closed):
    """The same of a ratio. high is None where perhaps nothing converts, so that the price of a conversion has no limit."""

    low: Decimal
    mid: Decimal
    high: Decimal | None


class Forecast(Closed):
    """One campaign, per day: means over the flight. cpa in units of the plan's currency; roas: value over cost, None without a value.

    campaigns: how many of the project's own campaigns spoke, beside the documented prior.
    """

    impressions: Range
    clicks: Range
    conversions: Range
    cpa: Ratio | None = None
    roas: Ratio | None = None
    campaigns: int = Field(default=0, ge=0)


class Shortfall(Closed):
    """What the plan cannot teach: which campaign is cheaper, when Meta steadies, an A/B test. days: how long it would take at this budget;
    daily_budget_micros: what would do in the flight, of all campaigns or of Meta alone. None: that does not help, or not by a sensible sum.
    """

    topic: Literal["comparison", "meta_learning", "test"]
    days: int | None = None
    daily_budget_micros: int | None = None


class Outlook(Closed):
    """The whole plan, in total over `days`: the flight, or 30 days of an open one. Money in micros of the plan's currency.

    too_small: sentences that say what the budget is too small to learn, and what would do; empty when it is not. shortfalls: the same in
    figures, and whether no A/B test is possible, which is no fault of a plan.
    """

    days: int = Field(gt=0)
    spend_micros: int = Field(gt=0)
    impressions: Range
    clicks: Range
    conversions: Range
    cpa: Ratio | None
    roas: Ratio | None
    too_small: list[str] = Field(default=[])
    shortfalls: list[Shortfall] = Field(default=[])


class StageBudget(Closed):
    """What one stage of the funnel gets: share of the whole (0 to 1, summing to 1) and micros a day."""

    stage: Stage
    share: Decimal = Field(ge=0, le=1)
    daily_budget_micros: int = Field(ge=0)


class Test(Closed):
    """An A/B test that the plan asks for, in one campaign. sample_size counts per arm what the metric divides by: impressions for ctr,
    else clicks. lift: the smallest relative difference that it finds, at 5 % significance and 80 % power.

    traffic_per_day: what the campaign is expected to bring of those, for both arms together. starts_on and ends_on: when it runs, None
    where it would not end in time; advice says so, and what would help.
    """

    hypothesis: Line
    metric: Literal["ctr", "cvr", "cpa"]
    sample_size: int = Field(gt=0)
    days_needed: int | None = Field(
        default=None, gt=0, description="At the forecast's traffic; None when the budget is too small to learn."
    )
    platform: Platform | None = None
    kind: CampaignKind | None = None
    lift: Decimal | None = None
    traffic_per_day: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    advice: str = ""


class Phase(Closed):
    """A part of the calendar. ends_on is None for an open end."""

    name: Line
    starts_on: date
    ends_on: date | None
    focus: Line


class Target(Closed):
    """What a figure should reach, of the whole plan (platform None) or of one campaign. Money in units of the plan's currency.

    value: the forecast's middle. limit: the end of its 80 % interval on the bad side; beyond it something is wrong, and a person should
    look. None where the interval has no end. Counts are of the whole flight, or of 30 days of an open one.
    """

    metric: Metric
    bound: Literal["at_least", "at_most"]
    value: Decimal
    limit: Decimal | None
    platform: Platform | None = None
    kind: CampaignKind | None = None
