"""What a report is asked for, and what it answers. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from zamc.analytics.rules import Grain
from zamc.errors import InvalidInput
from zamc.money import MICROS, decimals_of

LONGEST_DAYS = 1200


class ExportFormat(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, kw_only=True)
class ReportQuery:
    """first_day to last_day, both included. project_ids: whose figures; None is everybody's, for an operator's terminal alone.

    currency: None keeps each account's own; an ISO code converts each day at that day's rate, or the newest of seven days before.
    Raises InvalidInput for a range that is empty or too long, and for a currency that there is not.
    """

    grain: Grain
    first_day: date
    last_day: date
    project_ids: Sequence[UUID] | None = None
    platform: str | None = None
    deployment_id: UUID | None = None
    currency: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= (self.last_day - self.first_day).days < LONGEST_DAYS:
            raise InvalidInput("last_day", f"must be {self.first_day} or one of the {LONGEST_DAYS - 1} days after it, not {self.last_day}")
        if self.currency is not None:
            decimals_of(self.currency)

    @property
    def before(self) -> "ReportQuery":
        """The same question about as many days, right before."""
        days = self.last_day - self.first_day + timedelta(days=1)
        return ReportQuery(
            grain=self.grain, first_day=self.first_day - days, last_day=self.last_day - days, project_ids=self.project_ids,
            platform=self.platform, deployment_id=self.deployment_id, currency=self.currency,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReportRow:
    """One object over the days of a report. Amounts are micros of `currency`, exact; days_without_rate are not in them.

    conversions_expected with its 80 % interval: None where one of the days was not nowcast, and for grains that are not.
    """

    platform: str
    currency: str
    object_id: str
    segment: str
    name: str
    is_attributed: bool
    days: int
    moving_days: int
    days_without_rate: int
    impressions: int
    clicks: int
    spend_micros: Decimal
    conversions: Decimal
    value_micros: Decimal
    conversions_expected: Decimal | None = None
    conversions_low: Decimal | None = None
    conversions_high: Decimal | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.platform, self.currency, self.object_id, self.segment

    @property
    def sums(self) -> Mapping[str, Decimal | int | None]:
        """What metrics are made of; spend and value in units of the currency."""
        return {
            "impressions": self.impressions, "clicks": self.clicks, "spend": self.spend_micros / MICROS, "conversions": self.conversions,
            "conversions_expected": self.conversions_expected, "value": self.value_micros / MICROS,
        }  # fmt: skip


@dataclass(frozen=True)
class MovingDays:
    """Days of one platform's accounts that may still change. settle_on: when the last of them no longer will."""

    platform: str
    first_day: date
    last_day: date
    days: int
    settle_on: date


@dataclass(frozen=True)
class Report:
    """rows: dearest first. before: the range before, by ReportRow.key. Sums of two currencies are never added up."""

    query: ReportQuery
    rows: Sequence[ReportRow]
    before: Mapping[tuple[str, str, str, str], ReportRow] = field(default_factory=dict)
    moving: Sequence[MovingDays] = ()

    def totals(self) -> Sequence[ReportRow]:
        """One row per platform and currency."""
        return [_sum(rows) for _, rows in sorted(_grouped(self.rows).items())]


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Relative change: 0.25 is a quarter more. None when there is nothing to compare with."""
    if now is None or not before:
        return None
    return (now - before) / before


def _grouped(rows: Sequence[ReportRow]) -> dict[tuple[str, str], list[ReportRow]]:
    found: dict[tuple[str, str], list[ReportRow]] = {}
    for row in rows:
        found.setdefault((row.platform, row.currency), []).append(row)
    return found


def _sum(rows: Sequence[ReportRow]) -> ReportRow:
    return ReportRow(
        platform=rows[0].platform,
        currency=rows[0].currency,
        object_id="",
        segment="",
        name="all",
        is_attributed=True,
        days=max(row.days for row in rows),
        moving_days=max(row.moving_days for row in rows),
        days_without_rate=max(row.days_without_rate for row in rows),
        impressions=sum(row.impressions for row in rows),
        clicks=sum(row.clicks for row in rows),
        spend_micros=sum((row.spend_micros for row in rows), Decimal(0)),
        conversions=sum((row.conversions for row in rows), Decimal(0)),
        value_micros=sum((row.value_micros for row in rows), Decimal(0)),
        conversions_expected=_known(row.conversions_expected for row in rows),
        conversions_low=_known(row.conversions_low for row in rows),
        conversions_high=_known(row.conversions_high for row in rows),
    )


def _known(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None when one of them is not known."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(found) else None
