"""Every query of the performance facts but the merge (merge.py) and the reports (reports.py)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Date, cast, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.analytics.rules import Grain
from zamc.analytics.tables import TICKETS, ConversionFact, Fact, SyncedDay
from zamc.analytics.views import MEASURES, Measured
from zamc.deployments.tables import Deployment
from zamc.projects.tables import AdAccount

_LOCK_SPACE = 7_301_927  # advisory locks of this module; the second key is the account's


@dataclass(frozen=True)
class Summary:
    """What one deployment earned by what is known now, at campaign grain. conversions are those that are counted."""

    deployment_id: UUID
    currency: str
    impressions: int
    clicks: int
    spend_micros: int
    conversions: Decimal
    value_micros: int


def accounts_to_read(session: Session, *, platform: str, account_ids: Sequence[UUID] | None) -> list[tuple[AdAccount, date]]:
    """Ad accounts in use (or those named) that have had a deployment, each with the first day of its first flight."""
    query = (
        select(AdAccount, func.min(Deployment.starts_on))
        .join(Deployment, Deployment.ad_account_id == AdAccount.id)
        .where(AdAccount.platform == platform)
        .group_by(AdAccount.id)
        .order_by(AdAccount.id)
    )
    query = query.where(AdAccount.removed_at.is_(None) if account_ids is None else AdAccount.id.in_(account_ids))
    return [(account, first) for account, first in session.execute(query)]


def next_ticket(session: Session) -> int:
    """Orders readings by when they began."""
    return session.execute(TICKETS.next_value()).scalar_one()


def lock_account(session: Session, account_id: UUID) -> None:
    """One writer per account until the transaction ends."""
    key = text("SELECT pg_advisory_xact_lock(:space, hashtext(:account))")
    session.execute(key, {"space": _LOCK_SPACE, "account": str(account_id)})


def days_to_write(session: Session, days: Sequence[date], *, account_id: UUID, ticket: int) -> list[date]:
    """Those of `days` that neither a later reading nor an earlier part of this one has written already. Needs the account's lock."""
    newer = select(SyncedDay.date).where(SyncedDay.ad_account_id == account_id, SyncedDay.date.in_(days), SyncedDay.ticket >= ticket)
    written = set(session.scalars(newer))
    return [day for day in days if day not in written]


def mark_days(
    session: Session,
    *,
    account_id: UUID,
    days: Sequence[date],
    ticket: int,
    as_of: datetime,
    now: datetime,
    totals: Mapping[date, Measured] | None = None,
) -> None:
    """Record that these days were read, whether or not anything had changed. totals: of each of them (see SyncedDay); None: not known."""
    about = {"ad_account_id": account_id, "ticket": ticket, "as_of": as_of, "recorded_at": now}
    rows = [{**about, "date": day, **(dict.fromkeys(MEASURES) if totals is None else asdict(totals[day]))} for day in days]
    statement = insert(SyncedDay)
    newest = {name: statement.excluded[name] for name in ("ticket", "as_of", "recorded_at", *MEASURES)}
    session.execute(statement.on_conflict_do_update(index_elements=["ad_account_id", "date"], set_=newest), rows)


def spend_by_day(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, dict[date, int]]:
    """What campaigns were billed per day by the newest reading, in micros of the account's currency. Days without a row are absent."""
    key = (Fact.ad_account_id, Fact.grain, Fact.object_id, Fact.segment, Fact.date)
    latest = select(Fact).where(Fact.grain == Grain.CAMPAIGN, Fact.deployment_id.in_(deployment_ids)).distinct(*key)
    fact = latest.order_by(*key, Fact.as_of.desc()).subquery()
    columns = select(fact.c.deployment_id, fact.c.date, func.sum(fact.c.spend_micros))
    spent: dict[UUID, dict[date, int]] = {}
    for row in session.execute(columns.group_by(fact.c.deployment_id, fact.c.date)):
        spent.setdefault(row[0], {})[row[1]] = int(row[2])
    return spent


def final_days(session: Session, account: AdAccount, *, after_days: int) -> list[date]:
    """The account's days that were read `after_days` days or more after they had begun: late corrections are in."""
    read_on = cast(func.timezone(account.time_zone, SyncedDay.as_of), Date)
    days = select(SyncedDay.date).where(SyncedDay.ad_account_id == account.id, read_on >= SyncedDay.date + after_days)
    return list(session.scalars(days.order_by(SyncedDay.date)))


def read_on(session: Session, account: AdAccount, *, first_day: date) -> dict[date, date]:
    """Of the account's days from first_day on, its own date when each was last read."""
    on = cast(func.timezone(account.time_zone, SyncedDay.as_of), Date)
    rows = session.execute(select(SyncedDay.date, on).where(SyncedDay.ad_account_id == account.id, SyncedDay.date >= first_day))
    return {row[0]: row[1] for row in rows}


def earliest_day(session: Session, account_id: UUID) -> date | None:
    """The earliest of the account's days that was ever read."""
    return session.scalar(select(func.min(SyncedDay.date)).where(SyncedDay.ad_account_id == account_id))


def newest_ticket(session: Session, account_id: UUID) -> int:
    """Rises whenever any of the account's days is read; 0 before the first."""
    return session.scalar(select(func.max(SyncedDay.ticket)).where(SyncedDay.ad_account_id == account_id)) or 0


def summary(session: Session, *, deployment_ids: Sequence[UUID] | None = None, project_id: UUID | None = None) -> dict[UUID, Summary]:
    """Per deployment, over all days. Name deployments or a project; a deployment without facts is not in the answer.

    A deployment is on one account and so in one currency: nothing is added across currencies.
    """
    key = (Fact.ad_account_id, Fact.grain, Fact.object_id, Fact.segment, Fact.date)
    latest = select(Fact).where(Fact.grain == Grain.CAMPAIGN).distinct(*key).order_by(*key, Fact.as_of.desc())
    accounts = select(Deployment.ad_account_id)
    if deployment_ids is not None:
        accounts = accounts.where(Deployment.id.in_(deployment_ids))
    if project_id is not None:
        accounts = accounts.where(Deployment.project_id == project_id)
    fact = latest.where(Fact.ad_account_id.in_(accounts)).subquery()
    counted = (
        select(
            func.coalesce(func.sum(ConversionFact.conversions), 0).label("conversions"),
            func.coalesce(func.sum(ConversionFact.value_micros), 0).label("value_micros"),
        )
        .where(
            ConversionFact.ad_account_id == fact.c.ad_account_id,
            ConversionFact.grain == fact.c.grain,
            ConversionFact.object_id == fact.c.object_id,
            ConversionFact.segment == fact.c.segment,
            ConversionFact.date == fact.c.date,
            ConversionFact.as_of == fact.c.as_of,
            ConversionFact.counted,
        )
        .lateral()
    )
    query = (
        select(
            fact.c.deployment_id,
            fact.c.currency,
            func.sum(fact.c.impressions),
            func.sum(fact.c.clicks),
            func.sum(fact.c.spend_micros),
            func.sum(counted.c.conversions),
            func.sum(counted.c.value_micros),
        )
        .join(Deployment, Deployment.id == fact.c.deployment_id)
        .join(counted, text("true"))
        .group_by(fact.c.deployment_id, fact.c.currency)
    )
    if deployment_ids is not None:
        query = query.where(Deployment.id.in_(deployment_ids))
    if project_id is not None:
        query = query.where(Deployment.project_id == project_id)
    return {
        row[0]: Summary(row[0], row[1], int(row[2]), int(row[3]), int(row[4]), Decimal(row[5]), int(row[6]))
        for row in session.execute(query)
    }
