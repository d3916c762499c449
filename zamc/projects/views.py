"""A project as its screens show it: accounts, what it may be billed, and who did what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zamc.database.paging import Order, Page, read_page
from zamc.projects.tables import AdAccount, AuditEntry, Project, SpendBalance, SpendPolicy

BY_NAME = Order("name", (Project.name, Project.id), (str, UUID), descending=False)
AUDIT_NEWEST = Order("newest", (AuditEntry.created_at, AuditEntry.id), (datetime, UUID))


@dataclass(frozen=True)
class ProjectView:
    """gates: each kept by "auto" or "person"."""

    id: UUID
    name: str
    gates: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True)
class AccountView:
    """An ad account. No credential, encrypted or not: own_credentials only says whether there are some."""

    id: UUID
    platform: str
    external_id: str
    currency: str
    time_zone: str
    connection: str
    connection_reason: str | None
    own_credentials: bool
    credentials_expire_at: datetime | None
    removed: bool


@dataclass(frozen=True)
class PolicyView:
    """What a project may be billed in one currency at worst, and what is reserved of it now: micros by period.

    Periods are "day", months such as "2026-12", and "total".
    """

    currency: str
    daily_cap_micros: int
    monthly_cap_micros: int
    total_cap_micros: int | None
    platform_caps: Mapping[str, Any]
    largest_raise_micros: int | None
    largest_raise_share: Decimal | None
    daily_raise_micros: int | None
    cooldown_seconds: int | None
    approval_above_micros: int | None
    approvers: int
    overspend: str
    decided_by: str
    reserved: Mapping[str, int]


@dataclass(frozen=True)
class AuditView:
    """Who did what to what."""

    id: UUID
    actor: str
    action: str
    subject_id: UUID | None
    details: Mapping[str, Any]
    created_at: datetime


def project_page(session: Session, ids: Collection[UUID], *, after: Sequence[Any] | None = None, limit: int = 50) -> Page[ProjectView]:
    """Of these projects, by name."""
    found = read_page(session, select(Project).where(Project.id.in_(ids)), BY_NAME, after=after, limit=limit)
    return Page([_project(row[0]) for row in found.rows], found.keys, found.more)


def projects(session: Session, ids: Collection[UUID]) -> dict[UUID, ProjectView]:
    """By id."""
    return {row.id: _project(row) for row in session.scalars(select(Project).where(Project.id.in_(ids)))}


def accounts(session: Session, project_id: UUID, *, removed: bool = False) -> list[AccountView]:
    """Oldest first; removed: those too that are used for nothing new."""
    mine = select(AdAccount).where(AdAccount.project_id == project_id).order_by(AdAccount.id)
    return [_account(row) for row in session.scalars(mine if removed else mine.where(AdAccount.removed_at.is_(None)))]


def account(session: Session, account_id: UUID) -> AccountView | None:
    row = session.get(AdAccount, account_id, populate_existing=True)
    return _account(row) if row is not None else None


def project_of_account(session: Session, account_id: UUID) -> UUID | None:
    """Whose it is."""
    return session.scalar(select(AdAccount.project_id).where(AdAccount.id == account_id))


def policies(session: Session, project_id: UUID) -> list[PolicyView]:
    """By currency, with what the ledger holds. Two statements."""
    held: dict[str, dict[str, int]] = {}
    balances = select(SpendBalance.currency, SpendBalance.period, func.sum(SpendBalance.held_micros))
    for currency, period, micros in session.execute(
        balances.where(SpendBalance.project_id == project_id).group_by(SpendBalance.currency, SpendBalance.period)
    ):
        if micros:
            held.setdefault(currency, {})[period] = int(micros)
    rows = session.scalars(select(SpendPolicy).where(SpendPolicy.project_id == project_id).order_by(SpendPolicy.currency))
    return [
        PolicyView(
            currency=row.currency, daily_cap_micros=row.daily_cap_micros, monthly_cap_micros=row.monthly_cap_micros,
            total_cap_micros=row.total_cap_micros, platform_caps=row.platform_caps, largest_raise_micros=row.largest_raise_micros,
            largest_raise_share=row.largest_raise_share, daily_raise_micros=row.daily_raise_micros, cooldown_seconds=row.cooldown_seconds,
            approval_above_micros=row.approval_above_micros, approvers=row.approvers, overspend=row.overspend, decided_by=row.decided_by,
            reserved=dict(sorted(held.get(row.currency, {}).items())),
        )
        for row in rows
    ]  # fmt: skip


def audit_page(
    session: Session,
    project_id: UUID,
    *,
    action: str | None = None,
    subject_id: UUID | None = None,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Page[AuditView]:
    """A project's audit log, newest first."""
    statement = select(AuditEntry).where(AuditEntry.project_id == project_id)
    if action is not None:
        statement = statement.where(AuditEntry.action == action)
    if subject_id is not None:
        statement = statement.where(AuditEntry.subject_id == subject_id)
    found = read_page(session, statement, AUDIT_NEWEST, after=after, limit=limit)
    rows = [row[0] for row in found.rows]
    views = [AuditView(row.id, row.actor, row.action, row.subject_id, row.details, row.created_at) for row in rows]
    return Page(views, found.keys, found.more)


def _project(row: Project) -> ProjectView:
    return ProjectView(row.id, row.name, row.gates, row.created_at)


def _account(row: AdAccount) -> AccountView:
    return AccountView(
        row.id, row.platform, row.external_id, row.currency, row.time_zone, row.connection, row.connection_reason,
        row.credentials is not None, row.credentials_expire_at, row.removed_at is not None,
    )  # fmt: skip
