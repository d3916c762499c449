"""Every query of exchange rates."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.analytics.fx_rules import Rate
from zamc.analytics.tables import FxRate
from zamc.projects.tables import AdAccount, Project

_AT_ONCE = 5_000


def currencies(session: Session) -> frozenset[str]:
    """Those that amounts are in, or are to be shown in."""
    own = select(AdAccount.currency)
    shown = select(Project.reporting_currency).where(Project.reporting_currency.is_not(None))
    return frozenset(session.scalars(union(own, shown)))


def add_rates(session: Session, rates: Sequence[Rate], *, source: str, now: datetime) -> int:
    """Add those of which there is no rate yet. Returns how many there were."""
    added = 0
    for start in range(0, len(rates), _AT_ONCE):
        rows = [
            {"date": each.date, "base": each.base, "quote": each.quote, "rate": each.rate, "source": source, "fetched_at": now}
            for each in rates[start : start + _AT_ONCE]
        ]
        statement = insert(FxRate).values(rows).on_conflict_do_nothing().returning(FxRate.date)
        added += len(session.scalars(statement).all())
    return added
