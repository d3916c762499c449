"""Monthly partitions of the facts, made ahead.

Only the owner of a table may give it partitions, and everything but a migration runs as zamc_app. So migration 0001 leaves a
function behind that runs with its owner's rights, does this one thing, and takes nothing but two dates.
"""

from datetime import date

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from zamc.errors import Conflict

_ARCHIVED = "ZA001"  # raised by revision 0013's function


def ensure_partitions(session: Session, *, first_day: date, last_day: date) -> int:
    """Make the partitions of all months from first_day to last_day that are missing. Returns how many tables were made.

    Raises Conflict for a month whose facts lie in the archive: what a platform revises there needs the month back first.
    """
    statement = text("SELECT public.ensure_analytics_partitions(:first_day, :last_day)")
    try:
        return session.scalar(statement, {"first_day": first_day, "last_day": last_day}) or 0
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _ARCHIVED:
            raise
        month = str(error.orig).split()[0]
        raise Conflict(f"{month} is archived; `zamc archive restore {month}` brings its facts back, then read it again") from None
