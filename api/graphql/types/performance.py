"""Performance: totals, days as columns for charts, and the parts of a grain. Derived figures are null where nothing divides."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NewType, Self
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

from api.graphql.context import Info
from api.graphql.pages import size_of
from api.graphql.types.money import MoneyType
from zamc.analytics import views
from zamc.analytics.nowcast_views import ToCome, to_come
from zamc.analytics.pacing_views import PacingView
from zamc.analytics.rules import Grain
from zamc.analytics.views import DayView, Measured, PartView, Span
from zamc.money import MICROS

# Counts of a year exceed GraphQL's Int of 32 bits; every one of ours is exact in a JSON number.
Count = NewType("Count", int)
SCALARS: dict[object, ScalarDefinition] = {
    Count: strawberry.scalar(name="Count", serialize=int, parse_value=int, description="A whole number of 0 to 2^53.")
}
strawberry.enum(Grain, name="Grain", description="What a row of performance is about, from the finest up.")


@strawberry.enum
class Measure(Enum):
    """What parts are sorted by, the largest first."""

    IMPRESSIONS = "impressions"
    CLICKS = "clicks"
    SPEND = "spend_micros"
    CONVERSIONS = "conversions"
    VALUE = "value_micros"


@strawberry.enum
class Comparison(Enum):
    """What a span is compared with: as many days just before, or 52 weeks ago; both on the same days of the week."""

    BEFORE = "before"
    YEAR_BEFORE = "year_before"


@strawberry.input
class DateRange:
    """Days in the ad account's time zone, both included; at most 400."""

    first: date
    last: date


@strawberry.type
class Measures:
    """Sums, and what follows from them: ctr is clicks per impression, cvr conversions per click, cpa spend per conversion."""

    impressions: Count
    clicks: Count
    spend: MoneyType
    conversions: Decimal
    value: MoneyType
    ctr: float | None
    cvr: float | None
    cpc: float | None
    cpa: float | None
    roas: float | None

    @classmethod
    def of(cls, measured: Measured, currency: str) -> Self:
        def ratio(above: Decimal | int, below: Decimal | int, *, per: int = 1) -> float | None:
            return float(Decimal(above) / Decimal(below) / per) if below else None

        return cls(
            impressions=Count(measured.impressions),
            clicks=Count(measured.clicks),
            spend=MoneyType.of(measured.spend_micros, currency),
            conversions=measured.conversions,
            value=MoneyType.of(measured.value_micros, currency),
            ctr=ratio(measured.clicks, measured.impressions),
            cvr=ratio(measured.conversions, measured.clicks),
            cpc=ratio(measured.spend_micros, measured.clicks, per=MICROS),
            cpa=ratio(measured.spend_micros, measured.conversions, per=MICROS),
            roas=ratio(measured.value_micros, measured.spend_micros),
        )


@strawberry.type
class Series:
    """Days as columns of one length: a chart needs numbers, not a thousand objects. Money in units of the currency."""

    days: list[date]
    impressions: list[float]
    clicks: list[float]
    spend: list[float]
    conversions: list[float]
    value: list[float]

    @classmethod
    def of(cls, found: list[DayView]) -> Self:
        return cls(
            days=[each.day for each in found],
            impressions=[float(each.measured.impressions) for each in found],
            clicks=[float(each.measured.clicks) for each in found],
            spend=[each.measured.spend_micros / MICROS for each in found],
            conversions=[float(each.measured.conversions) for each in found],
            value=[each.measured.value_micros / MICROS for each in found],
        )


@strawberry.type
class ExpectedConversions:
    """Counted conversions that the days will have in the end, as columns of one length; of days that are over and were nowcast.

    total, low and high are of the whole span. The ends of the 80 % intervals are added up over campaigns and days: wide for a long span.
    moving: the day may still change.
    """

    total: float
    low: float
    high: float
    days: list[date]
    expected: list[float]
    lows: list[float]
    highs: list[float]
    moving: list[bool]

    @classmethod
    def of(cls, shown: list[DayView], coming: list[ToCome]) -> Self:
        reported = {each.day: float(each.measured.conversions) for each in shown}
        by_day = [(each, reported.get(each.day, 0.0)) for each in coming]
        whole = sum(reported.values())
        return cls(
            total=whole + sum(float(each.conversions) for each in coming),
            low=whole + sum(float(each.low) for each in coming),
            high=whole + sum(float(each.high) for each in coming),
            days=[each.day for each in coming],
            expected=[known + float(each.conversions) for each, known in by_day],
            lows=[known + float(each.low) for each, known in by_day],
            highs=[known + float(each.high) for each, known in by_day],
            moving=[each.moving for each in coming],
        )


@strawberry.type
class PerformancePart:
    """One object or segment of a grain. id is the platform's own; deploymentId is null when it belongs to several."""

    id: str
    label: str | None
    platform: str
    deployment_id: UUID | None
    total: Measures

    @classmethod
    def of(cls, view: PartView, currency: str) -> Self:
        return cls(
            id=view.id, label=view.label, platform=view.platform, deployment_id=view.deployment_id,
            total=Measures.of(view.measured, currency),
        )  # fmt: skip


@strawberry.type
class Performance:
    """What a project's ads earned in a span, in one currency. currencies: all that the project's accounts have."""

    span: strawberry.Private[Span]
    found: strawberry.Private[list[DayView]]
    currency: str
    currencies: list[str]
    first: date
    last: date
    total: Measures
    series: Series

    @classmethod
    def of(cls, span: Span, currencies: list[str], found: list[DayView]) -> Self:
        total = Measures.of(views.total(found), span.currency)
        return cls(
            span=span, found=found, currency=span.currency, currencies=currencies, first=span.first, last=span.last, total=total,
            series=Series.of(found),
        )  # fmt: skip

    @strawberry.field
    async def expected(self, info: Info) -> ExpectedConversions | None:
        """Conversions in the end: they come late, so that recent days look worse than they are. Null before anything was nowcast."""
        coming = await info.context.in_transaction(lambda session: to_come(session, self.span))
        return ExpectedConversions.of(self.found, coming) if coming else None

    @strawberry.field
    async def compared(self, info: Info, to: Comparison = Comparison.BEFORE) -> "Performance":
        """The same for another span of as many days."""
        other = self.span.before() if to is Comparison.BEFORE else self.span.year_before()
        found = await info.context.in_transaction(lambda session: views.days(session, other))
        return Performance.of(other, self.currencies, found)

    @strawberry.field
    async def parts(
        self, info: Info, grain: Grain = Grain.CAMPAIGN, sort: Measure = Measure.SPEND, first: int = 25
    ) -> list[PerformancePart]:
        """What it is made of, the largest first."""
        size = size_of(first)
        found = await info.context.in_transaction(lambda session: views.parts(session, self.span, grain=grain, by=sort.value, limit=size))
        return [PerformancePart.of(view, self.currency) for view in found]


@strawberry.type
class Pacing:
    """Up to `through`, the last day that was read: what was billed, what the budgets allowed, and the share."""

    through: date
    billed: MoneyType
    allowed: MoneyType
    share: float | None

    @classmethod
    def of(cls, view: PacingView, currency: str) -> Self:
        billed, allowed = (MoneyType.of(micros, currency) for micros in (view.billed_micros, view.allowed_micros))
        return cls(through=view.through, billed=billed, allowed=allowed, share=view.share)
