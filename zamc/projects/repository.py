"""Every query of projects, ad accounts, spend policies, the ledger, flags and the audit log."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Uuid, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.database.written import Written
from zamc.deployments.tables import Deployment
from zamc.errors import InvalidInput
from zamc.projects.tables import (
    AdAccount,
    Approval,
    AuditEntry,
    BudgetSpan,
    FeatureFlag,
    Project,
    SpendBalance,
    SpendLedgerEntry,
    SpendPolicy,
)
from zamc.requests.announcing import changed
from zamc.requests.rules import SETTINGS


def project(session: Session, project_id: UUID) -> Project | None:
    return session.get(Project, project_id)


def project_by_name(session: Session, name: str) -> Project | None:
    return session.scalars(select(Project).where(Project.name == name)).one_or_none()


def add_project(session: Session, name: str, *, brand: Mapping[str, Any], gates: Mapping[str, str]) -> UUID | None:
    """The id of a new project; None when there is one of that name, also one that somebody else is just making."""
    values = {"id": uuid7(), "name": name, "brand": dict(brand), "gates": dict(gates)}
    fresh = insert(Project).values(values).on_conflict_do_nothing(index_elements=["name"]).returning(Project.id)
    return session.scalar(fresh)


def by_ids(session: Session, ids: Collection[UUID]) -> Sequence[Project]:
    """By name."""
    return session.scalars(select(Project).where(Project.id.in_(ids)).order_by(Project.name)).all()


def lock_project(session: Session, project_id: UUID) -> Project | None:
    """FOR NO KEY UPDATE: reservations and policies of a project come one after the other; rows that refer to it may still be added."""
    statement = select(Project).where(Project.id == project_id).with_for_update(key_share=True)
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def accounts(session: Session, project_id: UUID) -> Sequence[AdAccount]:
    """Those that are in use, oldest first."""
    mine = select(AdAccount).where(AdAccount.project_id == project_id, AdAccount.removed_at.is_(None))
    return session.scalars(mine.order_by(AdAccount.id)).all()


def account(session: Session, *, project_id: UUID, platform: str, external_id: str) -> AdAccount | None:
    named = (AdAccount.project_id == project_id, AdAccount.platform == platform, AdAccount.external_id == external_id)
    return session.scalars(select(AdAccount).where(*named)).one_or_none()


def policy(session: Session, project_id: UUID, currency: str) -> SpendPolicy | None:
    statement = select(SpendPolicy).where(SpendPolicy.project_id == project_id, SpendPolicy.currency == currency)
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def put_policy(session: Session, project_id: UUID, currency: str, values: Mapping[str, Any]) -> None:
    """Insert or replace; needs the rights of zamc_owner."""
    statement = insert(SpendPolicy).values(id=uuid7(), project_id=project_id, currency=currency, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["project_id", "currency"], set_=dict(values)))


def reserved(session: Session, project_id: UUID, currency: str, periods: Collection[str], *, platform: str | None = None) -> dict[str, int]:
    """What the ledger holds per period for a whole project, or for one platform of it, in micros; "total" counts every "total:..." too."""
    total = func.sum(SpendBalance.held_micros).label("total")
    where = [SpendBalance.project_id == project_id, SpendBalance.currency == currency, SpendBalance.period.in_(periods)]
    if platform is not None:
        where.append(SpendBalance.platform == platform)
    statement = select(SpendBalance.period, total).where(*where).group_by(SpendBalance.period)
    return {row.period: int(row.total) for row in session.execute(statement)}


def reserved_by_deployment(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """What the ledger holds per deployment and period, in micros."""
    statement = (
        select(SpendLedgerEntry.deployment_id, SpendLedgerEntry.period, func.sum(SpendLedgerEntry.amount_micros))
        .where(SpendLedgerEntry.deployment_id.in_(deployment_ids))
        .group_by(SpendLedgerEntry.deployment_id, SpendLedgerEntry.period)
    )
    held: dict[UUID, dict[str, int]] = {}
    for deployment_id, period, amount in session.execute(statement):
        held.setdefault(deployment_id, {})[period] = int(amount)
    return held


def platform_of(session: Session, deployment_id: UUID) -> str | None:
    return session.scalar(select(Deployment.platform).where(Deployment.id == deployment_id))


def next_numbers(session: Session, deployment_id: UUID, *, generation: int, kind: str) -> dict[str, int]:
    """How many movements of that kind a generation has caused already, by period."""
    columns = select(SpendLedgerEntry.period, func.count()).where(
        SpendLedgerEntry.deployment_id == deployment_id, SpendLedgerEntry.generation == generation, SpendLedgerEntry.kind == kind
    )
    return dict(session.execute(columns.group_by(SpendLedgerEntry.period)).tuples().all())


def add_entries(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Ledger rows. Needs the project's lock: it makes their numbers unique."""
    values = [{"id": uuid7(), **row} for row in rows]
    if values:
        session.execute(insert(SpendLedgerEntry).values(values))


def budgets(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, list[BudgetSpan]]:
    """The budgets of deployments over time, oldest intention first."""
    statement = select(BudgetSpan).where(BudgetSpan.deployment_id.in_(deployment_ids)).order_by(BudgetSpan.generation)
    found: dict[UUID, list[BudgetSpan]] = {}
    for row in session.scalars(statement.execution_options(populate_existing=True)):
        found.setdefault(row.deployment_id, []).append(row)
    return found


def end_budgets(session: Session, deployment_id: UUID, *, but: int | None, last_day: date) -> None:
    """Budgets of a deployment that have no end yet were in force until `last_day`, but the one of generation `but`."""
    where = (BudgetSpan.deployment_id == deployment_id, BudgetSpan.last_day.is_(None), BudgetSpan.generation.is_distinct_from(but))
    session.execute(update(BudgetSpan).where(*where).values(last_day=last_day))


def raised_since(session: Session, project_id: UUID, currency: str, *, since: datetime) -> int:
    """By how much daily budgets of a project were raised since an instant of business time, in micros; decreases do not count."""
    raised = select(func.coalesce(func.sum(BudgetSpan.change_micros), 0)).join(Deployment, Deployment.id == BudgetSpan.deployment_id)
    where = (BudgetSpan.project_id == project_id, BudgetSpan.changed_at >= since, BudgetSpan.change_micros > 0)
    # What was taken back before it was ever in force raised nothing.
    happened = or_(BudgetSpan.last_day.is_(None), BudgetSpan.last_day >= BudgetSpan.first_day)
    return int(session.scalar(raised.where(*where, happened, Deployment.currency == currency)) or 0)


def add_approval(session: Session, deployment_id: UUID, *, plan_hash: str, by: str, at: datetime) -> None:
    """One person's yes to one plan; saying it twice is saying it once."""
    values = {"id": uuid7(), "deployment_id": deployment_id, "plan_hash": plan_hash, "approved_by": by, "approved_at": at}
    session.execute(insert(Approval).values(values).on_conflict_do_nothing())


def approvals(session: Session, deployment_id: UUID, *, plan_hash: str) -> Sequence[str]:
    """Who approved exactly this plan, oldest first."""
    named = (Approval.deployment_id == deployment_id, Approval.plan_hash == plan_hash)
    return session.scalars(select(Approval.approved_by).where(*named).order_by(Approval.approved_at, Approval.id)).all()


def audit(session: Session, *, actor: str, action: str, project_id: UUID | None, subject_id: UUID | None = None, **details: Any) -> None:
    """Write down who did what. Raises InvalidInput where nobody is named: a change that nobody answers for is not made."""
    if not actor.strip():
        raise InvalidInput("by", "must say who it is: what is done stands in the audit log under that name")
    changed(session, project_id, settings_only=action in SETTINGS)
    session.add(AuditEntry(id=uuid7(), project_id=project_id, actor=actor, action=action, subject_id=subject_id, details=details))


def flag(session: Session, name: str, *, default: str, by: str = "installation") -> str:
    """A flag's value; a flag that is not there yet is made with `default`."""
    values = {"name": name, "value": default, "changed_by": by}
    session.execute(insert(FeatureFlag).values(values).on_conflict_do_nothing())
    return session.scalars(select(FeatureFlag.value).where(FeatureFlag.name == name)).one()


def flags_for_share(session: Session, names: Sequence[str]) -> dict[str, str]:
    """Values, with the rows locked so that nobody switches one before this transaction ends."""
    statement = select(FeatureFlag).where(FeatureFlag.name.in_(names)).order_by(FeatureFlag.name).with_for_update(read=True)
    return {row.name: row.value for row in session.scalars(statement.execution_options(populate_existing=True))}


def flag_values(session: Session, names: Collection[str]) -> dict[str, str]:
    """The values of flags as they are now; one that is not there is not in the answer."""
    rows = session.execute(select(FeatureFlag.name, FeatureFlag.value).where(FeatureFlag.name.in_(names)))
    return dict(rows.tuples().all())


def set_flag(session: Session, name: str, value: str, *, by: str) -> None:
    values = {"name": name, "value": value, "changed_by": by}
    fresh = insert(FeatureFlag).values(values)
    session.execute(fresh.on_conflict_do_update(index_elements=["name"], set_={**values, "changed_at": func.now()}))


def set_gates(session: Session, project_id: UUID, gates: Mapping[str, str]) -> None:
    _SET_GATES.rows(session, project=project_id, kept=Jsonb(dict(gates)))


_SET_GATES = Written(
    lambda: update(Project).where(Project.id == bindparam("project", type_=Uuid())).values(gates=bindparam("kept")).returning(Project.id)
)
