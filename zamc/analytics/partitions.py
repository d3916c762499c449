"""Monthly partitions of the facts, made ahead.

Only the owner of a table may give it partitions, and everything but a migration runs as zamc_app. So migration 0001 leaves a
function behind that runs with its owner's rights, does this one thing, and takes nothing but two dates.
"""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session


def ensure_partitions(session: Session, *, first_day: date, last_day: date) -> int:
    """Make the partitions of all months from first_day to last_day that are missing. Returns how many tables were made."""
    statement = text("SELECT public.ensure_analytics_partitions(:first_day, :last_day)")
    return session.scalar(statement, {"first_day": first_day, "last_day": last_day}) or 0
