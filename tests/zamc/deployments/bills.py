"""What platforms billed, written as a sync would write it: facts by day, and the days that were read."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zamc.analytics import repository
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.tables import Fact
from zamc.deployments.tables import Deployment
from zamc.projects.tables import AdAccount


def bill(session: Session, spent: Mapping[UUID, Mapping[date, int]], *, read_on: date, read: tuple[date, date]) -> None:
    """Facts in micros per deployment and day, as they were read on `read_on`, and all days from read[0] to read[1] marked as read."""
    at = datetime.combine(read_on, time(12), tzinfo=UTC)
    ensure_partitions(session, first_day=read[0], last_day=read[1] + timedelta(days=31))
    rows = {row.id: row for row in session.scalars(select(Deployment).where(Deployment.id.in_(spent)))}
    for key, days in spent.items():
        for day, micros in days.items():
            session.add(
                Fact(
                    ad_account_id=rows[key].ad_account_id, grain="campaign", object_id=key.hex, segment="", date=day, as_of=at,
                    recorded_at=at,
                    deployment_id=key, currency=rows[key].currency, impressions=0, clicks=0, spend_micros=micros,
                )
            )  # fmt: skip
    session.flush()
    covered = [read[0] + timedelta(days=n) for n in range((read[1] - read[0]).days + 1)]
    for account in session.scalars(select(AdAccount).where(AdAccount.id.in_({row.ad_account_id for row in rows.values()}))):
        ticket = repository.next_ticket(session)
        repository.mark_days(session, account_id=account.id, days=covered, ticket=ticket, as_of=at, now=at)
