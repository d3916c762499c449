"""PLAN and RESERVE in one transaction: an approved set of creatives becomes deployments, or a failure with its reason. Nothing is sent."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock, business_date
from zamc.creatives.tables import Asset
from zamc.database.ids import uuid7
from zamc.deployments import budgets, repository
from zamc.deployments.approvals import AUTOPILOT, approve
from zamc.deployments.drafts import Draft, Order, drafts_of, order_of
from zamc.deployments.rules import Desired, Lane, LaunchMode, State, Status, Verb
from zamc.deployments.spend import reservations
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.errors import Conflict, SpendRefused
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AlertRaised, DeploymentFailed, DeploymentRequested
from zamc.events.repository import emit
from zamc.optimisation.tables import Decision
from zamc.projects import ledger
from zamc.projects import repository as projects
from zamc.projects.rules import is_open
from zamc.strategies.kind_rules import campaign_word
from zamc.strategies.schema import Plan


def begin(session: Session, clock: Clock, set_row: Asset, *, mode: LaunchMode = LaunchMode.ALL_OR_NOTHING) -> list[Deployment]:
    """One deployment per channel of the plan, on the project's account in the plan's currency. Calling it again changes nothing."""
    known = list(repository.deployments_of_set(session, set_row.id))
    if known:
        return known
    order = order_of(session, set_row, mode)
    drafts, missing = drafts_of(session, order, {}, at=clock.now())
    for sentence in missing:
        details = {"project_id": str(order.project.id), "strategy_id": str(order.strategy.id)}
        title = f"{order.strategy.name}: {sentence}"
        emit(session, AlertRaised(code=AlertCode.ACCOUNT_MISSING, severity="critical", title=title, details=details))
    session.add_all([draft.row for draft in drafts])
    session.flush()
    _settle(session, clock, order, drafts, missing)
    return [draft.row for draft in drafts]


def again(session: Session, clock: Clock, refused: Sequence[Deployment], *, by: str) -> list[Deployment]:
    """What was refused before anything of it was planned is planned and reserved anew, once its reason is gone; it waits for approval as
    at first. refused: of one set; under all or nothing all of it, and what had no account then is planned with it.

    Raises Conflict while an account or creatives are missing, SpendRefused without a policy or room; nothing is changed then.
    """
    set_row = session.get_one(Asset, refused[0].asset_id)
    order = order_of(session, set_row, LaunchMode(refused[0].launch_mode))
    mine = {(row.platform, row.kind): row for row in refused}
    drafts, missing = drafts_of(session, order, mine, at=clock.now())
    if order.mode != LaunchMode.ALL_OR_NOTHING:
        drafts, missing = [draft for draft in drafts if (draft.row.platform, draft.row.kind) in mine], []
    refusals = [*missing, *(f"{draft.row.name}: {draft.refusal}" for draft in drafts if draft.refusal)]
    if refusals or not drafts:
        raise Conflict(f"still not possible: {'; '.join(refusals) or 'no account of the project takes it'}; put that right, then try again")
    for draft in drafts:
        row = draft.row
        before, row.failure, row.last_error = row.failure, None, None
        if draft.row in refused:
            row.generation, row.attempts, row.next_attempt_at = row.generation + 1, 0, clock.now()
            row.status, row.desired_status, row.ad_account_id = Status.REQUESTED, Desired.ENABLED, draft.account.id
        session.add(row)
        session.flush()
        _reserve(session, clock, order.plan, draft)
        projects.audit(
            session,
            actor=by,
            action="deployment.retry",
            project_id=row.project_id,
            subject_id=row.id,
            generation=row.generation,
            after=before,
        )
    for draft in drafts:
        _go(session, clock, order, draft, by=by)
    return [draft.row for draft in drafts]


def _settle(session: Session, clock: Clock, order: Order, drafts: Sequence[Draft], missing: Sequence[str]) -> None:
    """Reserve for all of them or for none, then plan the creates and approve if the gate is open."""
    refusals = _refusals(session, clock, order, drafts, missing)
    for draft in drafts:
        if reason := refusals.get(draft.row.id):
            draft.row.status, draft.row.desired_status, draft.row.failure = Status.FAILED, Desired.FAILED, reason
            emit(session, DeploymentFailed(**_ids(order, draft), reason=reason))
            continue
        _go(session, clock, order, draft)


def _go(session: Session, clock: Clock, order: Order, draft: Draft, *, by: str = AUTOPILOT) -> None:
    """Plan the creates, and approve if the gate is open. by: whoever asked; for the autopilot the run that decided goes on by itself."""
    _insert(session, draft, at=clock.now())
    # Above the policy's threshold an open gate is not enough: it waits for people.
    if is_open(order.project.gates, "launch"):
        approve(session, clock, draft.row, by=AUTOPILOT, approved_hash=draft.row.plan_hash)
        if draft.row.approved_hash is not None:
            session.add(_decision(draft, at=clock.now()))
    emit(session, DeploymentRequested(**_ids(order, draft), requested_by=by))


def _ids(order: Order, draft: Draft) -> dict[str, UUID]:
    return {"project_id": order.project.id, "strategy_id": order.strategy.id, "deployment_id": draft.row.id}


def _refusals(session: Session, clock: Clock, order: Order, drafts: Sequence[Draft], missing: Sequence[str]) -> dict[UUID, str]:
    """Why a deployment may not go on, by id. Under all-or-nothing one reason is everybody's, and no reservation stays."""
    found = {draft.row.id: draft.refusal for draft in drafts if draft.refusal}
    together = order.mode == LaunchMode.ALL_OR_NOTHING
    if together and (found or missing):
        refused = [f"{campaign_word(draft.row.platform, draft.row.kind)}: {draft.refusal}" for draft in drafts if draft.refusal]
        everybody = "; ".join([*missing, *refused])
        return {draft.row.id: draft.refusal or everybody for draft in drafts}
    if together:
        try:
            with session.begin_nested():
                for draft in drafts:
                    _reserve(session, clock, order.plan, draft)
        except SpendRefused as error:
            return {draft.row.id: str(error) for draft in drafts}
        return {}
    for draft in drafts:
        if draft.row.id not in found:
            try:
                with session.begin_nested():
                    _reserve(session, clock, order.plan, draft)
            except SpendRefused as error:
                found[draft.row.id] = str(error)
    return found


def _reserve(session: Session, clock: Clock, plan: Plan, draft: Draft) -> None:
    row, flight = draft.row, plan.flight
    today = business_date(clock, draft.account.time_zone)
    if row.ends_on is not None and row.ends_on < today:
        raise SpendRefused(f"the flight ended on {row.ends_on}; nothing of it could still run")
    wanted = reservations(
        draft.platform,
        row.daily_budget_micros,
        row.starts_on,
        row.ends_on,
        today=today,
    )
    total = next(each.amount_micros for each in wanted if each.period == "total")
    if flight.total_budget_micros is not None and total > flight.total_budget_micros:
        raise SpendRefused(f"the worst case of {campaign_word(row.platform, row.kind)} alone, {total} micros, is above the brief's total")
    ledger.reserve(
        session,
        project_id=row.project_id,
        deployment_id=row.id,
        generation=row.generation,
        currency=row.currency,
        amounts=[(each.period, each.amount_micros) for each in wanted],
    )
    budgets.begin(session, clock, row, today=today)


def _insert(session: Session, draft: Draft, *, at: datetime) -> None:
    row = draft.row
    calls: dict[int, UUID] = {}
    for wanted in draft.objects:
        calls.setdefault(wanted.call, uuid7())
    tree = [
        {
            "obj_key": wanted.obj_key,
            "deployment_id": row.id,
            "project_id": row.project_id,
            "ad_account_id": row.ad_account_id,
            "platform": row.platform,
            "kind": wanted.kind,
            "local_ref": wanted.local_ref,
            "parent_key": wanted.parent_key,
            "position": wanted.position,
            "spec": dict(wanted.spec),
            "spec_hash": wanted.spec_hash,
            "refs": {role: str(key) for role, key in wanted.refs.items()},
            "desired_status": "enabled",
            "generation": row.generation,
        }
        for wanted in draft.objects
    ]
    creates = [
        {
            "obj_key": wanted.obj_key,
            "deployment_id": row.id,
            "generation": row.generation,
            "verb": Verb.CREATE,
            "lane": Lane.CHANGE,
            "state": State.PLANNED,
            "step": wanted.call,
            "call_id": calls[wanted.call],
            "next_attempt_at": at,
        }
        for wanted in draft.objects
    ]
    repository.insert_rows(session, PlatformObject, tree)
    repository.insert_rows(session, Operation, creates)


def _decision(draft: Draft, *, at: datetime) -> Decision:
    row = draft.row
    return Decision(
        id=uuid7(),
        project_id=row.project_id,
        deployment_id=row.id,
        kind="launch.approved",
        known={"plan_hash": row.plan_hash, "daily_budget_micros": row.daily_budget_micros, "currency": row.currency},
        done={"approved_by": AUTOPILOT},
        reason="the project's launch gate is open",
        undo={"use_case": "pause", "deployment_id": str(row.id)},
        decided_at=at,
    )
