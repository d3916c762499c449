"""From a spool into the bitemporal facts: COPY into staging tables, then one merge. All in the caller's transaction.

A subject gets a new as_of row when anything of it differs from its newest row: its figures, its conversions by action and window, the
campaign or deployment it belongs to. The conversions of a row are exactly those with its as_of. What the platform no longer reports
gets a row of zeros; what is unchanged gets none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from zamc.analytics.rules import BadReport, Grain
from zamc.analytics.spool import Day, Spool
from zamc.analytics.views import Measured

_SUBJECT = "grain text, object_id text, segment text, date date, currency text, campaign_id text, ad_group_id text, label text"
_CHUNK = 1 << 17
_STAGE = (
    f"CREATE TEMPORARY TABLE staged_facts ({_SUBJECT}, impressions bigint, clicks bigint, spend_micros bigint) ON COMMIT DROP",
    f"""CREATE TEMPORARY TABLE staged_conversions ({_SUBJECT}, action text, attribution_window text, counted boolean,
        conversions numeric(18, 6), value_micros bigint) ON COMMIT DROP""",
)
# A conversion whose subject has no row of its own still has a subject: with zeros, so that it never vanishes in a join.
# A row that came twice is one row: the least of equal values. Of unequal ones the least is not the greatest.
_FRESH = text(
    """
    CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
    WITH owners AS (
        SELECT regexp_replace(external_id, '^.*/', '') AS campaign_id, deployment_id
        FROM public.platform_objects
        WHERE ad_account_id = :account AND kind = 'campaign' AND external_id IS NOT NULL
    ), subjects AS (
        SELECT grain, object_id, segment, date, max(currency) AS currency, max(campaign_id) AS campaign_id,
            max(ad_group_id) AS ad_group_id, max(label) AS label, coalesce(max(impressions), 0) AS impressions,
            coalesce(max(clicks), 0) AS clicks, coalesce(max(spend_micros), 0) AS spend_micros,
            count(*) > 1 AND (min(impressions) <> max(impressions) OR min(clicks) <> max(clicks)
                OR min(spend_micros) <> max(spend_micros)) IS TRUE AS torn
        FROM (
            SELECT * FROM staged_facts
            UNION ALL
            SELECT grain, object_id, segment, date, currency, campaign_id, ad_group_id, label, NULL, NULL, NULL FROM staged_conversions
        ) AS rows
        GROUP BY grain, object_id, segment, date
    )
    SELECT subjects.*, owners.deployment_id FROM subjects LEFT JOIN owners USING (campaign_id)
    """
)
_FRESH_CONVERSIONS = text(
    """
    CREATE TEMPORARY TABLE fresh_conversions ON COMMIT DROP AS
    SELECT grain, object_id, segment, date, action, attribution_window, bool_or(counted) AS counted, max(conversions) AS conversions,
        max(value_micros) AS value_micros, count(*) > 1 AND (min(conversions) <> max(conversions)
            OR min(value_micros) <> max(value_micros) OR bool_or(counted) <> bool_and(counted)) AS torn
    FROM staged_conversions
    GROUP BY grain, object_id, segment, date, action, attribution_window
    """
)
_CONTRADICTION = text(
    """
    SELECT grain, object_id, date FROM fresh WHERE torn
    UNION ALL
    SELECT grain, object_id, date FROM fresh_conversions WHERE torn
    LIMIT 1
    """
)
_KNOWN = text(
    """
    CREATE TEMPORARY TABLE known ON COMMIT DROP AS
    SELECT DISTINCT ON (grain, object_id, segment, date) *
    FROM public.analytics
    WHERE ad_account_id = :account AND date BETWEEN :first_day AND :last_day AND date = ANY(:days) AND grain = ANY(:grains)
    ORDER BY grain, object_id, segment, date, as_of DESC
    """
)
_KNOWN_CONVERSIONS = text(
    """
    CREATE TEMPORARY TABLE known_conversions ON COMMIT DROP AS
    SELECT c.*
    FROM known JOIN public.analytics_conversions AS c USING (ad_account_id, grain, object_id, segment, date, as_of)
    WHERE c.ad_account_id = :account AND c.date BETWEEN :first_day AND :last_day
    """
)
_MOVED = text(
    """
    CREATE TEMPORARY TABLE moved ON COMMIT DROP AS
    SELECT grain, object_id, segment, date
    FROM fresh AS f LEFT JOIN known AS k USING (grain, object_id, segment, date)
    WHERE k.as_of IS NULL
        OR (f.currency, f.impressions, f.clicks, f.spend_micros) <> (k.currency, k.impressions, k.clicks, k.spend_micros)
        OR (f.campaign_id, f.ad_group_id, f.deployment_id) IS DISTINCT FROM (k.campaign_id, k.ad_group_id, k.deployment_id)
    UNION
    SELECT grain, object_id, segment, date
    FROM known AS k LEFT JOIN fresh AS f USING (grain, object_id, segment, date)
    WHERE f.date IS NULL AND (k.impressions > 0 OR k.clicks > 0 OR k.spend_micros <> 0)
    UNION
    SELECT grain, object_id, segment, date
    FROM fresh_conversions AS f FULL JOIN known_conversions AS k
        USING (grain, object_id, segment, date, action, attribution_window)
    WHERE (f.counted, f.conversions, f.value_micros) IS DISTINCT FROM (k.counted, k.conversions, k.value_micros)
    """
)
# A clock that stood still or went back must not hide what was learned last.
_AS_OF = text("SELECT greatest(:business_now, max(as_of) + interval '1 microsecond') FROM known")
_INSERT = text(
    """
    INSERT INTO public.analytics (ad_account_id, grain, object_id, segment, date, as_of, recorded_at, deployment_id, campaign_id,
        ad_group_id, label, currency, impressions, clicks, spend_micros)
    SELECT :account, grain, object_id, segment, date, :as_of, :recorded_at,
        CASE WHEN f.date IS NULL THEN k.deployment_id ELSE f.deployment_id END,
        CASE WHEN f.date IS NULL THEN k.campaign_id ELSE f.campaign_id END,
        CASE WHEN f.date IS NULL THEN k.ad_group_id ELSE f.ad_group_id END,
        coalesce(f.label, k.label), coalesce(f.currency, k.currency),
        coalesce(f.impressions, 0), coalesce(f.clicks, 0), coalesce(f.spend_micros, 0)
    FROM moved
    LEFT JOIN fresh AS f USING (grain, object_id, segment, date)
    LEFT JOIN known AS k USING (grain, object_id, segment, date)
    """
)
_INSERT_CONVERSIONS = text(
    """
    INSERT INTO public.analytics_conversions (ad_account_id, grain, object_id, segment, date, as_of, action, attribution_window,
        counted, conversions, value_micros)
    SELECT :account, grain, object_id, segment, date, :as_of, action, attribution_window, counted, conversions, value_micros
    FROM moved JOIN fresh_conversions USING (grain, object_id, segment, date)
    """
)
# Where nothing was known, everything is new, and there is nothing to compare.
_INSERT_ALL = text(
    """
    INSERT INTO public.analytics (ad_account_id, grain, object_id, segment, date, as_of, recorded_at, deployment_id, campaign_id,
        ad_group_id, label, currency, impressions, clicks, spend_micros)
    SELECT :account, grain, object_id, segment, date, :as_of, :recorded_at, deployment_id, campaign_id, ad_group_id, label, currency,
        impressions, clicks, spend_micros
    FROM fresh
    """
)
_INSERT_ALL_CONVERSIONS = text(
    """
    INSERT INTO public.analytics_conversions (ad_account_id, grain, object_id, segment, date, as_of, action, attribution_window,
        counted, conversions, value_micros)
    SELECT :account, grain, object_id, segment, date, :as_of, action, attribution_window, counted, conversions, value_micros
    FROM fresh_conversions
    """
)
# Whatever is known after the merge is what is fresh: what the platform no longer reports has zeros.
_TOTALS = text(
    """
    SELECT date, sum(impressions), sum(clicks), sum(spend_micros), coalesce(sum(c.conversions), 0), coalesce(sum(c.value_micros), 0)
    FROM fresh LEFT JOIN (
        SELECT grain, object_id, segment, date, sum(conversions) AS conversions, sum(value_micros) AS value_micros
        FROM fresh_conversions WHERE counted AND grain = :grain GROUP BY 1, 2, 3, 4
    ) AS c USING (grain, object_id, segment, date)
    WHERE grain = :grain AND deployment_id IS NOT NULL GROUP BY date
    """
)
_ANALYZE = "ANALYZE known, known_conversions, fresh, fresh_conversions"


@dataclass(frozen=True)
class Merged:
    """rows: new as_of rows. as_of: the business time they are known from. totals: of the campaigns of our deployments, by day, each day
    that was read; None when campaigns were not among the grains."""

    rows: int
    as_of: datetime
    totals: Mapping[date, Measured] | None


@dataclass(frozen=True)
class Scope:
    """What of an account was read: all of these grains on all of these days (not empty). What is known of others stays as it is."""

    account_id: UUID
    days: Sequence[date]
    grains: Sequence[Grain]


def merge(session: Session, spool: Spool, read: Scope, *, business_now: datetime, now: datetime) -> Merged:
    """Write what differs. The caller holds the account's lock. Raises BadReport when two rows of one subject contradict each other; then
    nothing is written."""
    days = read.days
    # All of an account's days meets all of them here, and tables that were filled a moment ago have no statistics: a nested loop that
    # is planned for one row would run for hours. Sorts and hashes of a large day would spill at the usual few megabytes.
    session.execute(text("SET LOCAL enable_nestloop = off"))
    session.execute(text("SET LOCAL work_mem = '64MB'"))
    for statement in _STAGE:
        session.execute(text(statement))
    _copy(session, "staged_facts", spool.facts(days))
    _copy(session, "staged_conversions", spool.conversions(days))
    scope = {"account": read.account_id, "days": list(days), "first_day": min(days), "last_day": max(days), "grains": list(read.grains)}
    session.execute(_FRESH, scope)
    session.execute(_FRESH_CONVERSIONS)
    contradiction = session.execute(_CONTRADICTION).first()
    if contradiction is not None:
        raise BadReport(f"{contradiction.grain} {contradiction.object_id} on {contradiction.date} came twice with different values")
    session.execute(_KNOWN, scope)
    session.execute(_KNOWN_CONVERSIONS, scope)
    as_of = session.scalars(_AS_OF, {"business_now": business_now}).one()
    stamp = {"account": read.account_id, "as_of": as_of, "recorded_at": now}
    totals = _totals(session, days) if Grain.CAMPAIGN in read.grains else None
    anything: bool = session.execute(text("SELECT EXISTS (SELECT FROM known)")).scalar_one()
    if not anything:
        rows = _count(session, "fresh")
        session.execute(_INSERT_ALL, stamp)
        session.execute(_INSERT_ALL_CONVERSIONS, stamp)
        return Merged(rows=rows, as_of=as_of, totals=totals)
    session.execute(text(_ANALYZE))
    session.execute(_MOVED)
    rows = _count(session, "moved")
    session.execute(_INSERT, stamp)
    session.execute(_INSERT_CONVERSIONS, stamp)
    return Merged(rows=rows, as_of=as_of, totals=totals)


def _totals(session: Session, days: Sequence[date]) -> Mapping[date, Measured]:
    rows = session.execute(_TOTALS, {"grain": Grain.CAMPAIGN.value})
    found = {row[0]: Measured(int(row[1]), int(row[2]), int(row[3]), row[4], int(row[5])) for row in rows}
    return {day: found.get(day, Measured()) for day in days}


def _count(session: Session, table: str) -> int:
    count: int = session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - a name of this module
    return count


def _copy(session: Session, table: str, files: Iterable[IO[bytes]]) -> None:
    connection = session.connection().connection.driver_connection
    assert connection is not None  # noqa: S101 - a session's connection is open
    with connection.cursor().copy(f"COPY {table} FROM STDIN WITH {Day.COPY_OPTIONS}") as copy:
        for file in files:
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
