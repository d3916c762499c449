"""From a spool into the bitemporal facts: COPY into staging tables, then one merge. All in the caller's transaction.

A subject gets a new as_of row when anything of it differs from its newest row: its figures, its conversions by action and window, the
campaign or deployment it belongs to. The conversions of a row are exactly those with its as_of. What the platform no longer reports
gets a row of zeros; what is unchanged gets none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from zamc.analytics.rules import BadReport
from zamc.analytics.spool import Spool

_SUBJECT = "grain text, object_id text, segment text, date date, currency text, campaign_id text, ad_group_id text, label text"
_CHUNK = 1 << 16
_STAGE = (
    f"CREATE TEMPORARY TABLE staged_facts ({_SUBJECT}, impressions bigint, clicks bigint, spend_micros bigint) ON COMMIT DROP",
    f"""CREATE TEMPORARY TABLE staged_conversions ({_SUBJECT}, action text, attribution_window text, counted boolean,
        conversions numeric(18, 6), value_micros bigint) ON COMMIT DROP""",
)
_CONTRADICTION = text(
    """
    SELECT grain, object_id, date FROM staged_facts GROUP BY grain, object_id, segment, date
    HAVING count(DISTINCT (currency, impressions, clicks, spend_micros)) > 1
    UNION ALL
    SELECT grain, object_id, date FROM staged_conversions GROUP BY grain, object_id, segment, date, action, attribution_window
    HAVING count(DISTINCT (counted, conversions, value_micros)) > 1
    LIMIT 1
    """
)
# A conversion whose subject has no row of its own still has a subject: with zeros, so that it never vanishes in a join.
# A row that came twice is one row: max() of equal values.
_FRESH = text(
    """
    CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
    WITH owners AS (
        SELECT regexp_replace(external_id, '^.*/', '') AS campaign_id, deployment_id
        FROM public.platform_objects
        WHERE ad_account_id = :account AND kind = 'campaign' AND external_id IS NOT NULL
    ), subjects AS (
        SELECT grain, object_id, segment, date, max(currency) AS currency, max(campaign_id) AS campaign_id,
            max(ad_group_id) AS ad_group_id, max(label) AS label,
            max(impressions) AS impressions, max(clicks) AS clicks, max(spend_micros) AS spend_micros
        FROM (
            SELECT * FROM staged_facts
            UNION ALL
            SELECT grain, object_id, segment, date, currency, campaign_id, ad_group_id, label, 0, 0, 0 FROM staged_conversions
        ) AS rows
        WHERE date = ANY(:days)
        GROUP BY grain, object_id, segment, date
    )
    SELECT subjects.*, owners.deployment_id FROM subjects LEFT JOIN owners USING (campaign_id)
    """
)
_FRESH_CONVERSIONS = text(
    """
    CREATE TEMPORARY TABLE fresh_conversions ON COMMIT DROP AS
    SELECT DISTINCT grain, object_id, segment, date, action, attribution_window, counted, conversions, value_micros
    FROM staged_conversions WHERE date = ANY(:days)
    """
)
_KNOWN = text(
    """
    CREATE TEMPORARY TABLE known ON COMMIT DROP AS
    SELECT DISTINCT ON (grain, object_id, segment, date) *
    FROM public.analytics
    WHERE ad_account_id = :account AND date BETWEEN :first_day AND :last_day AND date = ANY(:days)
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
    WHERE f.date IS NULL AND (k.impressions > 0 OR k.clicks > 0 OR k.spend_micros > 0)
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


@dataclass(frozen=True)
class Merged:
    """rows: new as_of rows. as_of: the business time they are known from."""

    rows: int
    as_of: datetime


def merge(session: Session, spool: Spool, *, account_id: UUID, days: Sequence[date], business_now: datetime, now: datetime) -> Merged:
    """Write what differs on `days` (not empty). The caller holds the account's lock. Raises BadReport when two rows of one subject
    contradict each other; then nothing is written."""
    # All of an account meets all of an account here, and tables that were filled a moment ago have no statistics: a nested loop that is
    # planned for one row would run for hours.
    session.execute(text("SET LOCAL enable_nestloop = off"))
    for statement in _STAGE:
        session.execute(text(statement))
    _copy(session, "staged_facts", spool.facts())
    _copy(session, "staged_conversions", spool.conversions())
    contradiction = session.execute(_CONTRADICTION).first()
    if contradiction is not None:
        raise BadReport(f"{contradiction.grain} {contradiction.object_id} on {contradiction.date} came twice with different values")
    scope = {"account": account_id, "days": list(days), "first_day": min(days), "last_day": max(days)}
    for step in (_FRESH, _FRESH_CONVERSIONS, _KNOWN, _KNOWN_CONVERSIONS):
        session.execute(step, scope)
    session.execute(_MOVED)
    as_of = session.scalars(_AS_OF, {"business_now": business_now}).one()
    stamp = {"account": account_id, "as_of": as_of, "recorded_at": now}
    rows: int = session.execute(text("SELECT count(*) FROM moved")).scalar_one()
    session.execute(_INSERT, stamp)
    session.execute(_INSERT_CONVERSIONS, stamp)
    return Merged(rows=rows, as_of=as_of)


def _copy(session: Session, table: str, lines: IO[bytes]) -> None:
    connection = session.connection().connection.driver_connection
    assert connection is not None  # noqa: S101 - a session's connection is open
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        while chunk := lines.read(_CHUNK):
            copy.write(chunk)
