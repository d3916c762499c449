"""Which months of facts lie in the archive."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base


class ArchivedMonth(Base):
    """A month (its first day) that was written to the archive. manifest: zamc.analytics.archive_rules.Manifest. Times are wall time.

    detached_at: since when the month's facts are in the archive alone; empty while the database has them too. restored_at: when they were
    last brought back.
    """

    __tablename__ = "archived_months"
    __table_args__ = (CheckConstraint("extract(day FROM month) = 1", name="first_day"),)

    month: Mapped[date] = mapped_column(primary_key=True)
    manifest: Mapped[dict[str, Any]]
    written_at: Mapped[datetime]
    detached_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]
