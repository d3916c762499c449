"""What a project's ads earned, as screens show it: totals, days as columns, and the parts of a grain. By what is known now.

Only what our deployments did counts: an account may hold campaigns of other people. Nothing is added across currencies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from zamc.analytics.rules import Grain
from zamc.errors import InvalidInput

LONGEST_DAYS = 400
_EARLIEST, _LATEST_DAY = date(2001, 1, 1), date(2100, 1, 1)
# Cut another way than by object: the part is in the segment, and the same part of several campaigns is one.
BY_SEGMENT = frozenset({Grain.GEO, Grain.DEVICE, Grain.AUDIENCE, Grain.LANDING_PAGE})
MEASURES = ("impressions", "clicks", "spend_micros", "conversions", "value_micros")

# The newest reading of each object and day.
_NEWEST = """
    WITH latest AS (
        SELECT DISTINCT ON (f.ad_account_id, f.object_id, f.segment, f.date) f.*
        FROM public.analytics f JOIN public.ad_accounts a ON a.id = f.ad_account_id
        WHERE a.project_id = :project AND a.currency = :currency AND f.grain = :grain AND f.date BETWEEN :first AND :last
            AND f.deployment_id IS NOT NULL
            AND (CAST(:deployment AS uuid) IS NULL OR f.deployment_id = :deployment)
            AND (CAST(:platform AS text) IS NULL OR a.platform = :platform)
        ORDER BY f.ad_account_id, f.object_id, f.segment, f.date, f.as_of DESC
    )"""
# The same with the conversions that came with it, looked up one by one.
_LATEST = f"""
    {_NEWEST}, facts AS (
        SELECT l.*, coalesce(c.conversions, 0) AS conversions, coalesce(c.value_micros, 0) AS value_micros
        FROM latest l LEFT JOIN LATERAL (
            SELECT sum(v.conversions) AS conversions, sum(v.value_micros) AS value_micros
            FROM public.analytics_conversions v
            WHERE v.counted AND (v.ad_account_id, v.grain, v.object_id, v.segment, v.date, v.as_of)
                = (l.ad_account_id, l.grain, l.object_id, l.segment, l.date, l.as_of)
        ) c ON true
    )
"""  # noqa: S608 - names of this module
# Of a whole project by day: both are read at once and added up by key, since a look-up for each object and day costs more than all else.
# A join would do the same when the planner knows how many rows there are, and thousands of times as much when it does not.
_LATEST_BY_DAY = f"""
    {_NEWEST}, readings AS (
        SELECT ad_account_id, object_id, segment, date, as_of, true AS newest, impressions, clicks, spend_micros,
            0 AS conversions, 0 AS value_micros
        FROM latest
        UNION ALL
        SELECT v.ad_account_id, v.object_id, v.segment, v.date, v.as_of, false, 0, 0, 0, v.conversions, v.value_micros
        FROM public.analytics_conversions v JOIN public.ad_accounts a ON a.id = v.ad_account_id
        WHERE v.counted AND a.project_id = :project AND a.currency = :currency AND v.grain = :grain AND v.date BETWEEN :first AND :last
            AND (CAST(:platform AS text) IS NULL OR a.platform = :platform)
    ), facts AS (
        SELECT date, {", ".join(f"sum({measure}) AS {measure}" for measure in MEASURES)}
        FROM readings GROUP BY ad_account_id, object_id, segment, date, as_of HAVING bool_or(newest)
    )
"""  # noqa: S608 - names of this module
# Sums of the readings themselves. A day is not in it when some account's reading of it was not added up.
_ADDED_UP = f"""
    SELECT d.date, {", ".join(f"sum(d.{measure})" for measure in MEASURES)}
    FROM public.ad_accounts a JOIN public.analytics_days d ON d.ad_account_id = a.id AND d.date BETWEEN :first AND :last
    WHERE a.project_id = :project AND a.currency = :currency AND (CAST(:platform AS text) IS NULL OR a.platform = :platform)
    GROUP BY d.date HAVING count(*) = count(d.impressions)
"""  # noqa: S608 - names of this module
_SUMS = ", ".join(f"sum({measure}) AS {measure}" for measure in MEASURES)


@dataclass(frozen=True)
class Span:
    """What is asked about: a project's days from first to last, both included, in one currency; of one deployment or of all."""

    project_id: UUID
    first: date
    last: date
    currency: str
    deployment_id: UUID | None = None
    platform: str | None = None

    def __post_init__(self) -> None:
        if not _EARLIEST <= self.first <= _LATEST_DAY:
            raise InvalidInput("range.first", f"must be between {_EARLIEST} and {_LATEST_DAY}")
        if self.last < self.first:
            raise InvalidInput("range", "must end on the day on which it begins, or later")
        if (self.last - self.first).days >= LONGEST_DAYS:
            raise InvalidInput("range", f"may have {LONGEST_DAYS} days")

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Span":
        """As many days as this, just before it, moved on to the same days of the week: a Monday is compared with a Monday."""
        return self._moved(-(-self.length // 7) * 7)

    def year_before(self) -> "Span":
        """The same days of the week 52 weeks before."""
        return self._moved(364)

    def _moved(self, days: int) -> "Span":
        return replace(self, first=self.first - timedelta(days=days), last=self.last - timedelta(days=days))


@dataclass(frozen=True)
class Measured:
    """Sums. Money in micros of the span's currency; conversions are those that are counted."""

    impressions: int = 0
    clicks: int = 0
    spend_micros: int = 0
    conversions: Decimal = Decimal(0)
    value_micros: int = 0


@dataclass(frozen=True)
class DayView:
    """One day in the ad account's time zone."""

    day: date
    measured: Measured


@dataclass(frozen=True)
class PartView:
    """One object of a grain, or one segment. id: the platform's own; deployment_id: None when it belongs to several."""

    id: str
    label: str | None
    platform: str
    deployment_id: UUID | None
    measured: Measured


def currencies(session: Session, project_id: UUID) -> list[str]:
    """Of the project's accounts, the one that most of them have first."""
    rows = session.execute(
        text("SELECT currency FROM public.ad_accounts WHERE project_id = :project GROUP BY 1 ORDER BY count(*) DESC, 1"),
        {"project": project_id},
    )
    return [row[0] for row in rows]


def days(session: Session, span: Span) -> list[DayView]:
    """Every day of the span, in order; one without facts has zeros. One statement, and another for days that nobody added up."""
    found = _added_up(session, span) if span.deployment_id is None else {}
    every = [span.first + timedelta(days=number) for number in range(span.length)]
    left = [day for day in every if day not in found]
    if left:
        found = _from_facts(session, replace(span, first=left[0], last=left[-1])) | found
    return [DayView(day, found.get(day, Measured())) for day in every]


def _added_up(session: Session, span: Span) -> dict[date, Measured]:
    bound = {"project": span.project_id, "currency": span.currency, "platform": span.platform, "first": span.first, "last": span.last}
    return {row[0]: _measured(row[1:]) for row in session.execute(text(_ADDED_UP), bound)}


def _from_facts(session: Session, span: Span) -> dict[date, Measured]:
    facts = _LATEST_BY_DAY if span.deployment_id is None else _LATEST
    query = f"{facts} SELECT date, {_SUMS} FROM facts GROUP BY date"  # noqa: S608 - names of this module
    return {row[0]: _measured(row[1:]) for row in session.execute(text(query), _bound(span, Grain.CAMPAIGN))}


def parts(session: Session, span: Span, *, grain: Grain, by: str, limit: int) -> list[PartView]:
    """The largest by a measure, first. One statement."""
    if by not in MEASURES:
        raise ValueError(f"{by} is not a measure")
    part = "segment" if grain in BY_SEGMENT else "object_id"
    query = f"""
        {_LATEST}
        SELECT f.{part}, (array_agg(f.label ORDER BY f.date DESC) FILTER (WHERE f.label IS NOT NULL))[1], a.platform,
            CASE WHEN count(DISTINCT f.deployment_id) = 1 THEN min(f.deployment_id::text)::uuid END, {_SUMS}
        FROM facts f JOIN public.ad_accounts a ON a.id = f.ad_account_id
        GROUP BY f.{part}, a.platform ORDER BY sum({by}) DESC, f.{part} LIMIT :limit
    """  # noqa: S608 - names of this module
    rows = session.execute(text(query), {**_bound(span, grain), "limit": limit})
    return [PartView(row[0], row[1], row[2], row[3], _measured(row[4:])) for row in rows]


def total(of: Sequence[DayView]) -> Measured:
    """Of all days together."""
    return Measured(*(sum(getattr(each.measured, name) for each in of) for name in MEASURES))


def _bound(span: Span, grain: Grain) -> dict[str, Any]:
    return {
        "project": span.project_id, "currency": span.currency, "grain": grain.value, "first": span.first, "last": span.last,
        "deployment": span.deployment_id, "platform": span.platform,
    }  # fmt: skip


def _measured(values: Sequence[Any]) -> Measured:
    impressions, clicks, spend, conversions, value = values
    return Measured(int(impressions), int(clicks), int(spend), Decimal(conversions), int(value))
