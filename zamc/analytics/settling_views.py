"""How days settle: what was known of each at several moments, read from the as_of history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_KNOWN = text(
    """
    WITH wanted AS (
        SELECT fact.* FROM public.analytics AS fact
        WHERE fact.grain = 'campaign' AND fact.deployment_id = ANY(:deployments) AND fact.as_of <= :at
    ), newest AS (
        SELECT DISTINCT ON (ad_account_id, object_id, date) ad_account_id, grain, object_id, segment, date, as_of
        FROM wanted ORDER BY ad_account_id, object_id, date, as_of DESC
    )
    SELECT account.platform, newest.date, coalesce(sum(counted.conversions), 0)
    FROM newest JOIN public.ad_accounts AS account ON account.id = newest.ad_account_id
    LEFT JOIN (SELECT * FROM public.analytics_conversions WHERE counted) AS counted
        USING (ad_account_id, grain, object_id, segment, date, as_of)
    GROUP BY 1, 2
    """
)
_MOVING = text(
    """
    SELECT DISTINCT ON (day.platform, day.date) day.platform, day.date, day.is_moving, day.settles_on
    FROM reporting.calendar AS day JOIN public.deployments AS deployment ON deployment.ad_account_id = day.ad_account_id
    WHERE deployment.id = ANY(:deployments) ORDER BY day.platform, day.date, day.is_moving DESC, day.settles_on DESC
    """
)


@dataclass(frozen=True)
class SettlingDay:
    """A platform's day. known: counted conversions at each of the moments asked for, None before the day was first read."""

    platform: str
    day: date
    known: tuple[Decimal | None, ...]
    is_moving: bool
    settles_on: date


def settling_days(session: Session, deployment_ids: Sequence[UUID], moments: Sequence[datetime]) -> list[SettlingDay]:
    """Every day that these deployments have a report of, by platform and day; moments are business time (as_of)."""
    known = []
    for at in moments:
        rows = session.execute(_KNOWN, {"deployments": list(deployment_ids), "at": at})
        known.append({(row[0], row[1]): Decimal(row[2]) for row in rows})
    states = session.execute(_MOVING, {"deployments": list(deployment_ids)}).all()
    days = (SettlingDay(row[0], row[1], tuple(each.get((row[0], row[1])) for each in known), row[2], row[3]) for row in states)
    return [day for day in days if any(value is not None for value in day.known)]
