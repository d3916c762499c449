"""What is wrong with the facts as a whole: days that nobody read, and accounts that fell behind."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

# Days of an account's flights that were over a day ago and were never read. The newest month alone: what is older was backfilled or is
# a decision.
_UNREAD = text(
    """
    WITH flights AS (
        SELECT account.id, account.platform, account.external_id,
            greatest(min(deployment.starts_on), CAST(:today AS date) - 31) AS first_day
        FROM public.ad_accounts AS account JOIN public.deployments AS deployment ON deployment.ad_account_id = account.id
        WHERE account.platform = :platform AND account.removed_at IS NULL
            AND EXISTS (SELECT FROM public.analytics_days AS read WHERE read.ad_account_id = account.id)
        GROUP BY account.id
    )
    SELECT flights.external_id, day::date
    FROM flights CROSS JOIN LATERAL generate_series(first_day, CAST(:today AS date) - 2, interval '1 day') AS day
    WHERE NOT EXISTS (SELECT FROM public.analytics_days AS read WHERE read.ad_account_id = flights.id AND read.date = day::date)
    ORDER BY 1, 2
    """
)
_BEHIND = text(
    """
    SELECT account.external_id, max(read.recorded_at)
    FROM public.ad_accounts AS account
    JOIN public.deployments AS deployment ON deployment.ad_account_id = account.id AND deployment.status IN ('live', 'pausing', 'paused')
    LEFT JOIN public.analytics_days AS read ON read.ad_account_id = account.id
    WHERE account.platform = :platform AND account.removed_at IS NULL
    GROUP BY account.external_id HAVING max(read.recorded_at) IS NULL OR max(read.recorded_at) < :since
    ORDER BY 1
    """
)


@dataclass(frozen=True)
class UnreadDay:
    """A day of an account's flights that no sync has read."""

    account: str
    day: date


def unread_days(session: Session, *, platform: str, today: date) -> list[UnreadDay]:
    """today: business date. Accounts that were never read at all are not here but in accounts_behind."""
    return [UnreadDay(row[0], row[1]) for row in session.execute(_UNREAD, {"platform": platform, "today": today})]


def accounts_behind(session: Session, *, platform: str, since: datetime) -> list[str]:
    """Accounts with something that is or was on, and that no sync has read since (wall time)."""
    return [str(row[0]) for row in session.execute(_BEHIND, {"platform": platform, "since": since})]
