"""Every query of what is due by the calendar (flights that are over, months to reserve, days to settle) and of an adoption."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.deployments.change_rules import BUDGET_FIELDS
from zamc.deployments.rules import FINAL, Desired, State, Verb
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.deployments.watch_tables import DeploymentChange
from zamc.projects.tables import AdAccount, BudgetSpan, SpendLedgerEntry, SpendSettlement

_AFTER_THE_LAST_DAY = 100
"""Days after which nothing of a deployment is settled any more: beyond any look-back window."""


def _today(now: datetime) -> ColumnElement[date]:
    """Today in the account's time zone."""
    return cast(func.timezone(AdAccount.time_zone, now), Date)


def over(session: Session, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Deployments whose last day has passed in their account's time zone, and that are not ending yet. now: business time."""
    statement = (
        select(Deployment.id)
        .join(AdAccount, AdAccount.id == Deployment.ad_account_id)
        .where(
            Deployment.status.not_in(FINAL),
            Deployment.desired_status.in_((Desired.ENABLED, Desired.PAUSED)),
            Deployment.ends_on < _today(now),
        )
        .order_by(Deployment.id)
        .limit(limit)
    )
    return session.scalars(statement).all()


def without_a_month(session: Session, *, now: datetime) -> Sequence[UUID]:
    """Wanted deployments with an open end that do not hold this month or the next one. now: business time."""
    begins = func.greatest(_today(now), Deployment.starts_on)
    month = func.date_trunc("month", begins)
    periods = [func.to_char(month, "YYYY-MM"), func.to_char(month + func.make_interval(0, 1), "YYYY-MM")]
    held = [exists().where(SpendLedgerEntry.deployment_id == Deployment.id, SpendLedgerEntry.period == period) for period in periods]
    statement = (
        select(Deployment.id)
        .join(AdAccount, AdAccount.id == Deployment.ad_account_id)
        .where(Deployment.ends_on.is_(None), Deployment.desired_status == Desired.ENABLED, Deployment.status.not_in(FINAL))
        .where(~and_(*held))
        .order_by(Deployment.id)
    )
    return session.scalars(statement).all()


def objects_by_generation(session: Session, deployment_id: UUID) -> dict[int, set[UUID]]:
    """Objects whose own budget each change of a deployment has moved, by its generation."""
    statement = select(DeploymentChange.generation, DeploymentChange.objects).where(
        DeploymentChange.deployment_id == deployment_id,
        DeploymentChange.state != "proposed",
        DeploymentChange.daily_after_micros != DeploymentChange.daily_before_micros,
    )
    return {
        row.generation: {UUID(key) for key, values in row.objects.items() if BUDGET_FIELDS & values["after"].keys()}
        for row in session.execute(statement)
    }


def accounts_with_money(session: Session) -> Sequence[AdAccount]:
    """Accounts in which something has or had a budget."""
    spent = exists().where(BudgetSpan.deployment_id == Deployment.id, Deployment.ad_account_id == AdAccount.id)
    return session.scalars(select(AdAccount).where(spent).order_by(AdAccount.id)).all()


def settlement(session: Session, account_id: UUID) -> SpendSettlement | None:
    return session.get(SpendSettlement, account_id, populate_existing=True)


def mark_settled(session: Session, account_id: UUID, *, ticket: int, day: date, at: datetime) -> None:
    """Remember by which reading and on which day an account was settled."""
    values = {"ad_account_id": account_id, "ticket": ticket, "day": day, "settled_at": at}
    session.execute(insert(SpendSettlement).values(values).on_conflict_do_update(index_elements=["ad_account_id"], set_=values))


def to_settle(session: Session, account_id: UUID, *, today: date, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Deployments of an account whose days may still be settled, in the order of their ids, after that one."""
    oldest = today - timedelta(days=_AFTER_THE_LAST_DAY)
    last_day = func.coalesce(BudgetSpan.last_day, Deployment.ends_on)
    recent = exists().where(BudgetSpan.deployment_id == Deployment.id, or_(last_day.is_(None), last_day >= oldest))
    statement = select(Deployment.id).where(Deployment.ad_account_id == account_id, recent)
    if after is not None:
        statement = statement.where(Deployment.id > after)
    return session.scalars(statement.order_by(Deployment.id).limit(limit)).all()


def accounts_with_deployments(session: Session) -> Sequence[AdAccount]:
    """Accounts in which something of ours may be."""
    used = exists().where(Deployment.ad_account_id == AdAccount.id)
    return session.scalars(select(AdAccount).where(used).order_by(AdAccount.id)).all()


def bound_or_wanted(session: Session, account_id: UUID, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Deployments of an account that are wanted on, or have a campaign there, in the order of their ids, after that one."""
    bound = exists().where(PlatformObject.deployment_id == Deployment.id, PlatformObject.external_id.is_not(None))
    wanted = and_(Deployment.desired_status == Desired.ENABLED, Deployment.status.not_in(FINAL))
    statement = select(Deployment.id).where(Deployment.ad_account_id == account_id, or_(bound, wanted))
    if after is not None:
        statement = statement.where(Deployment.id > after)
    return session.scalars(statement.order_by(Deployment.id).limit(limit)).all()


def doubt_creates(session: Session, *, now: datetime) -> None:
    """After a restore, any create that the record has not seen done may have been sent since: it is looked up before it is sent."""
    where = (Operation.verb == Verb.CREATE, Operation.state.in_((State.PLANNED, State.SENDING, State.IN_DOUBT)))
    values = {"state": State.IN_DOUBT, "lease_until": None, "looks": 0, "ever_in_doubt": True, "next_attempt_at": now}
    session.execute(update(Operation).where(*where).values(values))


def withdraw_changes(session: Session, deployment_id: UUID, *, at: datetime) -> None:
    """What the restored record still wanted to send to something is not sent: nobody knows what happened to it since."""
    where = (
        Operation.deployment_id == deployment_id,
        Operation.verb.in_((Verb.ENABLE, Verb.UPDATE)),
        Operation.state.in_((State.PLANNED, State.SENDING, State.IN_DOUBT)),
    )
    session.execute(update(Operation).where(*where).values(state=State.SUPERSEDED, resolved_at=at, lease_until=None))
