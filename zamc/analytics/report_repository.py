"""Every query of the reports that dbt has built, for people: sums, exported rows, and what still moves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from zamc.analytics.report_rules import MovingDays, Report, ReportQuery, ReportRow
from zamc.database.engine import Database
from zamc.errors import Conflict

_BUILD_LOCK = 7_301_933  # an advisory lock that no other module uses

# One file's worth of memory: rows come from the database in such batches.
BATCH = 5_000
_KEYS = {"account": "r.ad_account_id::text", "campaign": "r.campaign_id"}
_NAMES = {"account": "r.account_external_id"}
_COLUMNS = (
    "platform", "project_id", "ad_account_id", "deployment_id", "currency", "date", "campaign_id", "ad_group_id", "object_id", "segment",
    "name", "is_attributed", "is_closed", "is_moving", "settles_on", "impressions", "clicks", "spend_micros", "spend", "conversions",
    "conversions_expected", "conversions_low", "conversions_high", "completeness", "value_micros", "value", "ctr", "cpc", "cpa",
    "cpa_expected", "cvr", "roas", "aov", "as_of",
)  # fmt: skip
_CONVERTED = ("in_currency", "exchange_rate", "spend_converted", "value_converted")
_EXPECTED = ("conversions_expected", "conversions_low", "conversions_high")
# Nowcasts are of accounts and campaigns; these have no parts of a campaign.
_NOT_IN = {
    "account": dict.fromkeys(("campaign_id", "ad_group_id", "object_id", "segment", "name"), "text") | {"deployment_id": "uuid"},
    "campaign": {"ad_group_id": "text", "segment": "text"},
}
_NOT_BELOW_CAMPAIGNS = dict.fromkeys((*_EXPECTED, "completeness", "cpa_expected"), "numeric")


def columns(query: ReportQuery) -> Sequence[str]:
    """What an exported row has, in this order."""
    return (*_COLUMNS, *_CONVERTED) if query.currency else _COLUMNS


def report(session: Session, query: ReportQuery, *, compare: bool = False) -> Report:
    """Sums per object over the range, dearest first. Raises Conflict when no report was built yet."""
    rows = _sums(session, query)
    before = {row.key: row for row in _sums(session, query.before)} if compare else {}
    return Report(query, rows, before, moving_days(session, query))


def moving_days(session: Session, query: ReportQuery) -> Sequence[MovingDays]:
    """Which days of the range may still change, by platform."""
    where, values = _scope(query, deployment=False)
    statement = f"""
        SELECT r.platform, min(r.date), max(r.date), count(DISTINCT r.date), max(r.settles_on)
        FROM reporting.calendar AS r WHERE r.is_moving AND {where} GROUP BY 1 ORDER BY 1
    """  # noqa: S608 - names of this module
    with _built():
        return [MovingDays(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(text(statement), values)]


def rows(session: Session, query: ReportQuery) -> Iterator[Sequence[Sequence[Any]]]:
    """Batches of rows by day, platform and object, with the columns that `columns` names. Memory is one batch."""
    grain = query.grain.value
    missing = _NOT_IN.get(grain, _NOT_BELOW_CAMPAIGNS)
    listed = [f"cast(NULL AS {missing[name]}) AS {name}" if name in missing else f"r.{name}" for name in _COLUMNS]
    if query.currency:
        listed += [":currency AS in_currency", "rate.rate AS exchange_rate"]
        listed += [f"round(r.{name} * rate.rate, 6) AS {name}_converted" for name in ("spend", "value")]
    where, values = _scope(query)
    order = "r.date, r.platform, r.ad_account_id" + ("" if grain == "account" else ", r.campaign_id, r.object_id")
    statement = f"SELECT {', '.join(listed)} FROM reporting.{grain}_daily AS r {_rate(query)} WHERE {where} ORDER BY {order}"  # noqa: S608
    with _built():
        found = session.execute(text(statement), values, execution_options={"yield_per": BATCH})
    for batch in found.partitions():
        yield [tuple(row) for row in batch]


def _sums(session: Session, query: ReportQuery) -> list[ReportRow]:
    grain = query.grain.value
    where, values = _scope(query)
    key = _KEYS.get(grain, "r.object_id")
    segment = "''" if grain in _NOT_IN else "r.segment"
    rate = "rate.rate" if query.currency else "1"
    known = (f", CASE WHEN bool_and(r.{name} IS NOT NULL) THEN sum(r.{name}) END AS {name}" for name in _EXPECTED)
    expected = "".join(known) if grain in _NOT_IN else ""
    statement = f"""
        SELECT r.platform, {":currency" if query.currency else "r.currency"} AS currency, {key} AS object_id, {segment} AS segment,
            coalesce(max({_NAMES.get(grain, "r.name")}), '') AS name, bool_and(r.is_attributed) AS is_attributed,
            count(DISTINCT r.date) AS days, count(DISTINCT r.date) FILTER (WHERE r.is_moving) AS moving_days,
            count(DISTINCT r.date) FILTER (WHERE {rate} IS NULL) AS days_without_rate,
            sum(r.impressions) AS impressions, sum(r.clicks) AS clicks, coalesce(sum(r.spend_micros * {rate}), 0) AS spend_micros,
            sum(r.conversions) AS conversions, coalesce(sum(r.value_micros * {rate}), 0) AS value_micros{expected}
        FROM reporting.{grain}_daily AS r {_rate(query)}
        WHERE {where} GROUP BY 1, 2, 3, 4 ORDER BY 12 DESC, 1, 3, 4
    """  # noqa: S608 - names of this module
    with _built():
        found = session.execute(text(statement), values).mappings().all()
    return [ReportRow(**{**row, "impressions": int(row["impressions"]), "clicks": int(row["clicks"])}) for row in found]


def _rate(query: ReportQuery) -> str:
    """The day's rate, or the newest of the seven days before; 1 for what is in that currency already."""
    if not query.currency:
        return ""
    return """
        LEFT JOIN LATERAL (
            SELECT rate FROM (
                SELECT CAST(1 AS numeric) AS rate, r.date AS date WHERE r.currency = :currency
                UNION ALL
                SELECT fx.rate, fx.date FROM public.fx_rates AS fx
                WHERE fx.base = r.currency AND fx.quote = :currency AND fx.date <= r.date AND fx.date > r.date - 7
            ) AS known ORDER BY date DESC LIMIT 1
        ) AS rate ON true
    """


def _scope(query: ReportQuery, *, deployment: bool = True) -> tuple[str, dict[str, Any]]:
    parts = ["r.date BETWEEN :first_day AND :last_day"]
    values: dict[str, Any] = {"first_day": query.first_day, "last_day": query.last_day}
    if query.currency:
        values["currency"] = query.currency
    if query.project_ids is not None:
        parts.append("r.project_id = ANY(:project_ids)")
        values["project_ids"] = list(query.project_ids)
    if query.platform is not None:
        parts.append("r.platform = :platform")
        values["platform"] = query.platform
    if query.deployment_id is not None and deployment and query.grain != "account":
        parts.append("r.deployment_id = :deployment_id")
        values["deployment_id"] = query.deployment_id
    return " AND ".join(parts), values


@contextmanager
def one_build_at_a_time(database: Database) -> Iterator[None]:
    """Two builds of the reports at once would undo each other's days: the second waits until the first has ended, however it ends."""
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _BUILD_LOCK})
        # The lock is the connection's and outlives the transaction, which would hold back vacuum for as long as a build takes.
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _BUILD_LOCK})
            connection.commit()


@contextmanager
def _built() -> Iterator[None]:
    try:
        yield
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) not in ("42P01", "42703", "42501"):
            raise
        raise Conflict("no report was built yet, or only by an older version: run reporting_job in Dagster, or `dbt build`") from error


__all__ = ["BATCH", "columns", "moving_days", "one_build_at_a_time", "report", "rows"]
