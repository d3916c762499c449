"""PLAN and RESERVE in one transaction: an approved set of creatives becomes deployments, or a failure with its reason. Nothing is sent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock, business_date
from zamc.creatives.tables import Asset
from zamc.database.ids import uuid7
from zamc.deployments import budgets, repository
from zamc.deployments.approvals import AUTOPILOT, approve
from zamc.deployments.context import installation
from zamc.deployments.google_pmax_tree import needs_conversions
from zamc.deployments.plans import build
from zamc.deployments.rules import Desired, Lane, LaunchMode, State, Status, Verb
from zamc.deployments.sources import copies_of, pictures_of
from zamc.deployments.spend import reservations
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.deployments.tree import Account, Source, Wanted, plan_hash
from zamc.errors import InvalidInput, NotFound, SpendRefused
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AlertRaised, DeploymentFailed, DeploymentRequested
from zamc.events.repository import emit
from zamc.optimisation.tables import Decision
from zamc.projects import ledger
from zamc.projects import repository as projects
from zamc.projects.rules import is_open
from zamc.projects.tables import AdAccount, Project
from zamc.strategies.kind_rules import campaign_word
from zamc.strategies.schema import Channel, Plan, Platform
from zamc.strategies.tables import Strategy


@dataclass(frozen=True)
class _Order:
    """What begin was asked for."""

    project: Project
    strategy: Strategy
    plan: Plan
    set_row: Asset
    mode: LaunchMode


@dataclass(frozen=True)
class _Draft:
    """A deployment to be, its account, and its tree or why there is none."""

    row: Deployment
    account: AdAccount
    platform: Platform
    objects: Sequence[Wanted]
    refusal: str


def begin(session: Session, clock: Clock, set_row: Asset, *, mode: LaunchMode = LaunchMode.ALL_OR_NOTHING) -> list[Deployment]:
    """One deployment per channel of the plan, on the project's account in the plan's currency. Calling it again changes nothing."""
    known = list(repository.deployments_of_set(session, set_row.id))
    if known:
        return known
    strategy = repository.strategy(session, set_row.strategy_id)
    project = projects.lock_project(session, set_row.project_id)
    if strategy is None or strategy.plan is None or project is None:
        raise NotFound(f"the set {set_row.id} has no planned strategy")
    installation(session)
    plan = Plan.model_validate_json(json.dumps(strategy.plan))
    order = _Order(project, strategy, plan, set_row, mode)
    accounts = projects.accounts(session, project.id)
    drafts: list[_Draft] = []
    missing: list[str] = []
    for channel in plan.channels:
        account = next((a for a in accounts if a.platform == channel.platform and a.currency == plan.flight.currency), None)
        if account is None:
            sentence = f"the project has no {channel.platform} account in {plan.flight.currency}"
            if sentence not in missing:
                missing.append(sentence)
            continue
        if channel.kind == "performance_max" and account.conversion_action is None:
            # Known since the plan was written, unless the account has changed; under all or nothing, nothing of the plan is launched.
            missing.append(needs_conversions(account.external_id))
            continue
        drafts.append(_draft(session, order, channel, account, at=clock.now()))
    for sentence in missing:
        details = {"project_id": str(project.id), "strategy_id": str(strategy.id)}
        title = f"{strategy.name}: {sentence}"
        emit(session, AlertRaised(code=AlertCode.ACCOUNT_MISSING, severity="critical", title=title, details=details))
    session.add_all([draft.row for draft in drafts])
    session.flush()
    _settle(session, clock, order, drafts, missing)
    return [draft.row for draft in drafts]


def _draft(session: Session, order: _Order, channel: Channel, account: AdAccount, *, at: datetime) -> _Draft:
    set_row, strategy, plan, mode = order.set_row, order.strategy, order.plan, order.mode
    row = Deployment(
        id=uuid7(), project_id=set_row.project_id, asset_id=set_row.id, ad_account_id=account.id, platform=channel.platform,
        kind=channel.kind, name=_name(strategy, channel), status=Status.REQUESTED,
        desired_status=Desired.ENABLED, generation=1,
        launch_mode=mode, plan_hash="", currency=plan.flight.currency, daily_budget_micros=channel.daily_budget_micros,
        starts_on=plan.flight.starts_on, ends_on=plan.flight.ends_on, next_attempt_at=at,
    )  # fmt: skip
    members = repository.members(session, set_row.id)
    source = Source(
        project_id=set_row.project_id,
        deployment_id=row.id,
        strategy_name=strategy.name,
        plan=plan,
        channel=channel,
        account=Account(
            account.id,
            account.platform,
            account.external_id,
            account.currency,
            account.page_id,
            account.pixel_id,
            account.conversion_action,
        ),
        copies=copies_of(members, channel.platform),
        pictures=pictures_of(members, channel.platform),
    )
    try:
        objects = build(source)
    except InvalidInput as error:
        return _Draft(row, account, channel.platform, [], str(error))
    row.plan_hash = plan_hash(strategy.plan_hash or "", objects)
    return _Draft(row, account, channel.platform, objects, "")


def _name(strategy: Strategy, channel: Channel) -> str:
    return f"{strategy.name} / {campaign_word(channel.platform, channel.kind)}"


def _settle(session: Session, clock: Clock, order: _Order, drafts: Sequence[_Draft], missing: Sequence[str]) -> None:
    """Reserve for all of them or for none, then plan the creates and approve if the gate is open."""
    refusals = _refusals(session, clock, order, drafts, missing)
    for draft in drafts:
        ids = {"project_id": order.project.id, "strategy_id": order.strategy.id, "deployment_id": draft.row.id}
        if reason := refusals.get(draft.row.id):
            draft.row.status, draft.row.desired_status, draft.row.failure = Status.FAILED, Desired.FAILED, reason
            emit(session, DeploymentFailed(**ids, reason=reason))
            continue
        _insert(session, draft, at=clock.now())
        # Above the policy's threshold an open gate is not enough: it waits for people.
        if is_open(order.project.gates, "launch"):
            approve(session, clock, draft.row, by=AUTOPILOT, approved_hash=draft.row.plan_hash)
            if draft.row.approved_hash is not None:
                session.add(_decision(draft, at=clock.now()))
        emit(session, DeploymentRequested(**ids))


def _refusals(session: Session, clock: Clock, order: _Order, drafts: Sequence[_Draft], missing: Sequence[str]) -> dict[UUID, str]:
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


def _reserve(session: Session, clock: Clock, plan: Plan, draft: _Draft) -> None:
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


def _insert(session: Session, draft: _Draft, *, at: datetime) -> None:
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


def _decision(draft: _Draft, *, at: datetime) -> Decision:
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
