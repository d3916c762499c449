"""Whether the reports that dbt built hold together, asked of the tables themselves."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_MEASURES = ("impressions", "clicks", "spend_micros", "conversions", "value_micros")
_BELOW_THE_CAMPAIGN = (
    "ad_group_daily", "ad_daily", "creative_daily", "keyword_daily", "search_term_daily", "geo_daily", "device_daily", "audience_daily",
    "landing_page_daily",
)  # fmt: skip
_REPORTS = ("account_daily", "campaign_daily", *_BELOW_THE_CAMPAIGN)


@dataclass(frozen=True)
class Difference:
    """One account, day and currency of which a report says something else than the account does."""

    report: str
    platform: str
    ad_account_id: UUID
    currency: str
    day: date
    measure: str
    of_account: Decimal
    of_parts: Decimal


@dataclass(frozen=True)
class ReportBalance:
    """rows: of all reports together. balanced: there are rows, at least one day of them is closed, and nothing differs."""

    rows: int
    closed_days: int
    differences: tuple[Difference, ...]

    @property
    def balanced(self) -> bool:
        return self.closed_days > 0 and not self.differences


def report_balance(session: Session) -> ReportBalance:
    """Compare each report with the account report, per account, day and currency.

    Campaigns must add up to the account exactly, on days that were over when they were read: an open day grows between two queries.
    What lies below a campaign may be less (the platform credits some of it to nobody) but never more, corrections of campaigns aside.
    Raises sqlalchemy.exc.ProgrammingError when dbt has not built the reports yet.
    """
    counts = " UNION ALL ".join(f"SELECT count(*) AS n FROM reporting.{report}" for report in _REPORTS)  # noqa: S608 - names of this module
    rows: Decimal = session.execute(text(f"SELECT sum(n) FROM ({counts}) AS counts")).scalar_one()  # noqa: S608
    closed: int = session.execute(text("SELECT count(*) FROM reporting.account_daily WHERE is_closed")).scalar_one()
    differences: list[Difference] = []
    for report in _REPORTS[1:]:
        differences += _differences(session, report, exact=report == "campaign_daily")
    return ReportBalance(rows=int(rows), closed_days=closed, differences=tuple(differences))


def _differences(session: Session, report: str, *, exact: bool) -> list[Difference]:
    # What campaigns were given back may not be credited to their parts: without it they may be as much as the account.
    beyond = "m.of_parts <> m.of_account" if exact else "m.of_parts > m.of_account - m.taken_back"
    sums = ", ".join(f"sum({measure}) AS {measure}" for measure in _MEASURES)
    below_zero = ", ".join(f"sum(least({measure}, 0)) AS {measure}" for measure in _MEASURES)
    pairs = ", ".join(
        f"('{m}', coalesce(whole.{m}, 0)::numeric, coalesce(part.{m}, 0)::numeric, coalesce(back.{m}, 0)::numeric)" for m in _MEASURES
    )
    query = f"""
        WITH part AS (
            SELECT platform, ad_account_id, currency, date, {sums} FROM reporting.{report}
            WHERE is_attributed AND is_closed GROUP BY 1, 2, 3, 4
        ), whole AS (
            SELECT * FROM reporting.account_daily WHERE is_closed
        ), back AS (
            SELECT ad_account_id, currency, date, {below_zero} FROM reporting.campaign_daily
            WHERE is_attributed AND is_closed GROUP BY 1, 2, 3
        )
        SELECT coalesce(whole.platform, part.platform), coalesce(whole.ad_account_id, part.ad_account_id),
            coalesce(whole.currency, part.currency), coalesce(whole.date, part.date), m.name, m.of_account, m.of_parts
        FROM whole FULL JOIN part ON (whole.ad_account_id, whole.currency, whole.date) = (part.ad_account_id, part.currency, part.date)
        LEFT JOIN back ON (back.ad_account_id, back.currency, back.date) = (whole.ad_account_id, whole.currency, whole.date)
        CROSS JOIN LATERAL (VALUES {pairs}) AS m (name, of_account, of_parts, taken_back)
        WHERE {beyond}
        ORDER BY 4, 1, 2, 3, 5
    """  # noqa: S608 - names of this module
    found: list[Any] = list(session.execute(text(query)))
    return [Difference(report, *values) for values in found]
