"""Every query of changes, drift, verdicts and what was looked at (the tables of watch_tables)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.deployments.repository import OPEN, of_strategies
from zamc.deployments.rules import FINAL, Lane, Verb
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.deployments.watch_tables import AccountLook, Drift, DriftPolicy, Verdict
from zamc.projects.tables import AdAccount

OPEN_DRIFTS = ("open", "accepting", "reverting")


def drift(session: Session, drift_id: UUID) -> Drift | None:
    return session.scalars(select(Drift).where(Drift.id == drift_id).execution_options(populate_existing=True)).one_or_none()


def open_drifts(session: Session, deployment_ids: Collection[UUID]) -> dict[tuple[UUID, str], Drift]:
    """By object and field."""
    named = (Drift.deployment_id.in_(deployment_ids), Drift.state.in_(OPEN_DRIFTS))
    rows = session.scalars(select(Drift).where(*named).execution_options(populate_existing=True))
    return {(row.obj_key, row.field): row for row in rows}


def deployments_with_open_drift(session: Session, account_id: UUID) -> set[UUID]:
    statement = select(Drift.deployment_id).join(Deployment, Deployment.id == Drift.deployment_id)
    return set(session.scalars(statement.where(Deployment.ad_account_id == account_id, Drift.state.in_(OPEN_DRIFTS))))


def objects_with_open_drift(session: Session, account_id: UUID, *, fields: Collection[str]) -> Sequence[UUID]:
    statement = select(Drift.obj_key).join(PlatformObject, PlatformObject.obj_key == Drift.obj_key)
    named = (PlatformObject.ad_account_id == account_id, Drift.state.in_(OPEN_DRIFTS), Drift.field.in_(fields))
    return session.scalars(statement.where(*named).distinct()).all()


def compared_longest_ago(session: Session, account_id: UUID, *, kinds: Collection[str], limit: int) -> Sequence[UUID]:
    """Bound objects of what is live or paused, those never compared first."""
    statement = (
        select(PlatformObject.obj_key)
        .join(Deployment, Deployment.id == PlatformObject.deployment_id)
        .where(
            PlatformObject.ad_account_id == account_id,
            PlatformObject.external_id.is_not(None),
            PlatformObject.kind.in_(kinds),
            PlatformObject.desired_status != "removed",
            Deployment.status.in_(("live", "paused")),
        )
    )
    return session.scalars(statement.order_by(PlatformObject.compared_at.nulls_first(), PlatformObject.obj_key).limit(limit)).all()


def mark_compared(session: Session, keys: Collection[UUID], *, at: datetime) -> None:
    """Rows that somebody else has locked are passed by: this one waits for nobody, so that nobody can wait for it in a ring."""
    free = select(PlatformObject.obj_key).where(PlatformObject.obj_key.in_(keys)).with_for_update(skip_locked=True)
    session.execute(update(PlatformObject).where(PlatformObject.obj_key.in_(session.scalars(free).all())).values(compared_at=at))


def drifts(
    session: Session, *, project_id: UUID | None, everything: bool, limit: int
) -> Sequence[tuple[Drift, Deployment, PlatformObject]]:
    """Newest first; everything: decided ones too."""
    statement = (
        select(Drift, Deployment, PlatformObject)
        .join(Deployment, Deployment.id == Drift.deployment_id)
        .join(PlatformObject, PlatformObject.obj_key == Drift.obj_key)
        .order_by(Drift.id.desc())
        .limit(limit)
    )
    if project_id is not None:
        statement = statement.where(Drift.project_id == project_id)
    if not everything:
        statement = statement.where(Drift.state.in_(OPEN_DRIFTS))
    return session.execute(statement).tuples().all()


def drift_rules(session: Session, project_ids: Collection[UUID]) -> dict[UUID, Mapping[str, Any]]:
    rows = session.scalars(select(DriftPolicy).where(DriftPolicy.project_id.in_(project_ids)).execution_options(populate_existing=True))
    return {row.project_id: row.rules for row in rows}


def put_drift_rules(session: Session, project_id: UUID, rules: Mapping[str, str], *, by: str) -> None:
    """Insert or replace; needs the rights of zamc_owner."""
    values = {"project_id": project_id, "rules": dict(rules), "decided_by": by}
    session.execute(insert(DriftPolicy).values(values).on_conflict_do_update(index_elements=["project_id"], set_=values))


def verdicts(session: Session, deployment_ids: Collection[UUID]) -> dict[UUID, dict[str, Verdict]]:
    """By deployment and aspect."""
    rows = session.scalars(select(Verdict).where(Verdict.deployment_id.in_(deployment_ids)).execution_options(populate_existing=True))
    found: dict[UUID, dict[str, Verdict]] = {}
    for row in rows:
        if row.deployment_id is not None:
            found.setdefault(row.deployment_id, {})[row.aspect] = row
    return found


def account_verdict(session: Session, values: Mapping[str, Any]) -> Verdict:
    """The verdict on an account, locked; written as given when there is none. Of two that come first at once, one finds the other's."""
    session.execute(insert(Verdict).values(values).on_conflict_do_nothing())
    named = (Verdict.ad_account_id == values["ad_account_id"], Verdict.deployment_id.is_(None), Verdict.aspect == values["aspect"])
    return session.scalars(select(Verdict).where(*named).with_for_update().execution_options(populate_existing=True)).one()


def verdict_counts(session: Session) -> dict[str, int]:
    """How many deployments have which verdict, as "aspect: verdict"."""
    counted = select(Verdict.aspect, Verdict.verdict, func.count()).where(Verdict.deployment_id.is_not(None))
    rows = session.execute(counted.group_by(Verdict.aspect, Verdict.verdict)).tuples()
    return {f"{aspect}: {verdict}": count for aspect, verdict, count in rows}


def status_counts(session: Session) -> dict[str, int]:
    return dict(session.execute(select(Deployment.status, func.count()).group_by(Deployment.status)).tuples().all())


def watched_accounts(session: Session, *, only: Collection[UUID] | None) -> Sequence[AdAccount]:
    """Accounts that hold something of ours."""
    bound = exists().where(PlatformObject.ad_account_id == Deployment.ad_account_id, PlatformObject.external_id.is_not(None))
    ids = of_strategies(select(Deployment.ad_account_id).where(bound).distinct(), only)
    return session.scalars(select(AdAccount).where(AdAccount.id.in_(ids)).order_by(AdAccount.id)).all()


def look_of(session: Session, account_id: UUID) -> AccountLook:
    """How far an account was read, locked; made when it is not there yet."""
    session.execute(insert(AccountLook).values(ad_account_id=account_id).on_conflict_do_nothing())
    statement = select(AccountLook).where(AccountLook.ad_account_id == account_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def long_stops(session: Session, *, before: datetime) -> Sequence[tuple[Deployment, datetime, str | None]]:
    """Deployments with a stop that was asked for before then and is not confirmed, since when, and why."""
    statement = (
        select(Deployment, func.min(Operation.created_at), func.max(Operation.last_error))
        .join(Operation, Operation.deployment_id == Deployment.id)
        .where(Operation.lane == Lane.STOP, Operation.state.in_(OPEN))
        .group_by(Deployment.id)
        .having(func.min(Operation.created_at) < before)
    )
    return session.execute(statement).tuples().all()


def long_moving(session: Session, *, before: datetime) -> Sequence[Deployment]:
    """Deployments that are on their way to live since before then: the newest operation, or the row itself, is as old as that."""
    newer = exists().where(Operation.deployment_id == Deployment.id, or_(Operation.created_at >= before, Operation.resolved_at >= before))
    statement = select(Deployment).where(
        Deployment.status.in_(("creating", "created", "enabling")),
        Deployment.desired_status == "enabled",
        Deployment.created_at < before,
        ~newer,
    )
    return session.scalars(statement.order_by(Deployment.id)).all()


def landed_late(session: Session, obj_key: UUID) -> bool:
    """Whether a call for this object was looked up, not found, and sent again: what turns up now landed after Q."""
    doubted = select(Operation.id).where(
        Operation.obj_key == obj_key, Operation.ever_in_doubt, Operation.verb.in_((Verb.CREATE, Verb.ENABLE))
    )
    return session.execute(doubted.limit(1)).first() is not None


def live_unapproved(session: Session) -> int:
    """Live deployments whose plan nobody approved."""
    unapproved = or_(Deployment.approved_hash.is_(None), Deployment.approved_hash != Deployment.plan_hash)
    return session.scalar(select(func.count()).where(Deployment.status == "live", unapproved)) or 0


def on_without_approval(session: Session) -> Sequence[UUID]:
    """Deployments with a campaign that was seen on, although no approved plan wants it."""
    unapproved = or_(Deployment.approved_hash.is_(None), Deployment.approved_hash != Deployment.plan_hash, Deployment.status.in_(FINAL))
    statement = (
        select(Deployment.id)
        .join(PlatformObject, and_(PlatformObject.deployment_id == Deployment.id, PlatformObject.kind == "campaign"))
        .where(PlatformObject.observed_status == "enabled", unapproved)
    )
    return session.scalars(statement.order_by(Deployment.id).limit(1_000)).all()


def over_reserved(session: Session) -> Sequence[tuple[str, str, str, int, int]]:
    """(project, currency, period, held, cap) of every period in which the ledger holds more than the policy allows."""
    from sqlalchemy import text

    statement = text(
        """
        WITH held AS (
            SELECT l.project_id, l.currency, split_part(l.period, ':', 1) AS period, sum(l.amount_micros) AS micros
            FROM public.spend_ledger l GROUP BY 1, 2, 3 HAVING sum(l.amount_micros) > 0
        )
        SELECT p.name, h.currency, h.period, h.micros::bigint,
               CASE h.period WHEN 'day' THEN s.daily_cap_micros WHEN 'total' THEN s.total_cap_micros ELSE s.monthly_cap_micros END AS cap
        FROM held h JOIN public.projects p ON p.id = h.project_id
        LEFT JOIN public.spend_policies s ON s.project_id = h.project_id AND s.currency = h.currency
        WHERE s.id IS NULL OR h.micros >
              CASE h.period WHEN 'day' THEN s.daily_cap_micros WHEN 'total' THEN s.total_cap_micros ELSE s.monthly_cap_micros END
        ORDER BY 1, 2, 3
        """
    )
    rows: Sequence[Any] = session.execute(statement).all()
    return [(row[0], row[1], row[2], int(row[3]), int(row[4] or 0)) for row in rows]


def open_operations(session: Session, deployment_id: UUID) -> Sequence[Operation]:
    named = (Operation.deployment_id == deployment_id, Operation.state.in_(OPEN))
    return session.scalars(select(Operation).where(*named).order_by(Operation.step, Operation.id)).all()


def last_operations(session: Session, deployment_id: UUID, *, limit: int = 20) -> Sequence[Operation]:
    """Newest first."""
    named = Operation.deployment_id == deployment_id
    return session.scalars(select(Operation).where(named).order_by(Operation.id.desc()).limit(limit)).all()


def keys_of(session: Session, account_id: UUID, named: Collection[tuple[str, str]]) -> Sequence[UUID]:
    """Objects of an account by kind and external id."""
    if not named:
        return []
    where = or_(*(and_(PlatformObject.kind == kind, PlatformObject.external_id == external_id) for kind, external_id in named))
    return session.scalars(select(PlatformObject.obj_key).where(PlatformObject.ad_account_id == account_id, where)).all()


def is_one_of(session: Session, obj_key: UUID, named: Collection[tuple[str, str]]) -> bool:
    """Whether an object is among these kinds and external ids."""
    row = session.execute(select(PlatformObject.kind, PlatformObject.external_id).where(PlatformObject.obj_key == obj_key)).one()
    return (row[0], row[1]) in named
