"""A project as its screens show it: accounts, what it may be billed, and who did what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, func, select
from sqlalchemy.orm import Session

from zamc.database.paging import Order, Page, read_page
from zamc.database.written import Written
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
    found = read_page(session, _projects().where(Project.id.in_(ids)), BY_NAME, after=after, limit=limit)
    return Page([_project(row) for row in found.rows], found.keys, found.more)


def projects(session: Session, ids: Collection[UUID]) -> dict[UUID, ProjectView]:
    """By id."""
    return {view.id: view for view in map(_project, _BY_IDS.rows(session, ids=list(ids)))}


def accounts(session: Session, project_id: UUID, *, removed: bool = False) -> list[AccountView]:
    """Oldest first; removed: those too that are used for nothing new."""
    return [AccountView(*row) for row in (_ALL_ACCOUNTS if removed else _ACCOUNTS).rows(session, project=project_id)]


def account(session: Session, account_id: UUID) -> AccountView | None:
    for row in _ACCOUNT.rows(session, account=account_id):
        return AccountView(*row)
    return None


def project_of_account(session: Session, account_id: UUID) -> UUID | None:
    """Whose it is."""
    return session.scalar(select(AdAccount.project_id).where(AdAccount.id == account_id))


def policies(session: Session, project_id: UUID) -> list[PolicyView]:
    """By currency, with what the ledger holds. Two statements."""
    held: dict[str, dict[str, int]] = {}
    for currency, period, micros in _BALANCES.rows(session, project=project_id):
        if micros:
            held.setdefault(currency, {})[period] = int(micros)
    rows = _POLICIES.rows(session, project=project_id)
    return [PolicyView(*(*row, dict(sorted(held.get(row[0], {}).items())))) for row in rows]


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
    columns = (AuditEntry.id, AuditEntry.actor, AuditEntry.action, AuditEntry.subject_id, AuditEntry.details, AuditEntry.created_at)
    statement = select(*columns).where(AuditEntry.project_id == project_id)
    if action is not None:
        statement = statement.where(AuditEntry.action == action)
    if subject_id is not None:
        statement = statement.where(AuditEntry.subject_id == subject_id)
    found = read_page(session, statement, AUDIT_NEWEST, after=after, limit=limit)
    return Page([AuditView(*row[: len(columns)]) for row in found.rows], found.keys, found.more)


# Columns in the order of the views' fields.
def _projects() -> Select[*tuple[Any, ...]]:
    return select(Project.id, Project.name, Project.gates, Project.created_at)


def _accounts() -> Select[*tuple[Any, ...]]:
    return select(
        AdAccount.id, AdAccount.platform, AdAccount.external_id, AdAccount.currency, AdAccount.time_zone, AdAccount.connection,
        AdAccount.connection_reason, AdAccount.credentials.is_not(None), AdAccount.credentials_expire_at, AdAccount.removed_at.is_not(None),
    )  # fmt: skip


def _project(row: Sequence[Any]) -> ProjectView:
    return ProjectView(*row[:4])


_MINE = bindparam("project", type_=Uuid())
_BY_IDS = Written(lambda: _projects().where(Project.id == any_(bindparam("ids", type_=ARRAY(Uuid())))))
_ALL_ACCOUNTS = Written(lambda: _accounts().where(AdAccount.project_id == _MINE).order_by(AdAccount.id))
_ACCOUNTS = Written(lambda: _accounts().where(AdAccount.project_id == _MINE, AdAccount.removed_at.is_(None)).order_by(AdAccount.id))
_ACCOUNT = Written(lambda: _accounts().where(AdAccount.id == bindparam("account", type_=Uuid())))
_BALANCES = Written(
    lambda: (
        select(SpendBalance.currency, SpendBalance.period, func.sum(SpendBalance.held_micros))
        .where(SpendBalance.project_id == _MINE)
        .group_by(SpendBalance.currency, SpendBalance.period)
    )
)
_POLICIES = Written(
    lambda: (
        select(*(getattr(SpendPolicy, each.name) for each in fields(PolicyView) if each.name != "reserved"))
        .where(SpendPolicy.project_id == _MINE)
        .order_by(SpendPolicy.currency)
    )
)
