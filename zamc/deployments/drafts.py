"""What an approved set of creatives would become: one deployment per channel of its plan, each with its tree or why there is none."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.database.ids import uuid7
from zamc.deployments import repository
from zamc.deployments.context import installation
from zamc.deployments.google_pmax_tree import needs_conversions
from zamc.deployments.plans import build
from zamc.deployments.rules import Desired, LaunchMode, Status
from zamc.deployments.sources import copies_of, pictures_of
from zamc.deployments.tables import Deployment
from zamc.deployments.tree import Account, Source, Wanted, plan_hash
from zamc.errors import InvalidInput, NotFound
from zamc.projects import repository as projects
from zamc.projects.tables import AdAccount, Project
from zamc.strategies.kind_rules import campaign_word
from zamc.strategies.schema import Channel, Plan, Platform
from zamc.strategies.tables import Strategy


@dataclass(frozen=True)
class Order:
    """What is to be launched, of whom, and what becomes of the others when one platform refuses."""

    project: Project
    strategy: Strategy
    plan: Plan
    set_row: Asset
    mode: LaunchMode


@dataclass(frozen=True)
class Draft:
    """A deployment to be, its account, and its tree or why there is none."""

    row: Deployment
    account: AdAccount
    platform: Platform
    objects: Sequence[Wanted]
    refusal: str


def order_of(session: Session, set_row: Asset, mode: LaunchMode) -> Order:
    """Locks the project. Raises NotFound when the set has no planned strategy."""
    strategy = repository.strategy(session, set_row.strategy_id)
    project = projects.lock_project(session, set_row.project_id)
    if strategy is None or strategy.plan is None or project is None:
        raise NotFound(f"the set {set_row.id} has no planned strategy")
    installation(session)
    plan = Plan.model_validate_json(json.dumps(strategy.plan))
    return Order(project, strategy, plan, set_row, mode)


def drafts_of(
    session: Session, order: Order, known: Mapping[tuple[str, str], Deployment], *, at: datetime
) -> tuple[list[Draft], list[str]]:
    """One per channel that has an account, and what is missing for others. known: rows that are there, by platform and kind."""
    accounts = projects.accounts(session, order.project.id)
    drafts: list[Draft] = []
    missing: list[str] = []
    currency = order.plan.flight.currency
    for channel in order.plan.channels:
        account = next((a for a in accounts if a.platform == channel.platform and a.currency == currency), None)
        if account is None:
            sentence = f"the project has no {channel.platform} account in {currency}"
            if sentence not in missing:
                missing.append(sentence)
            continue
        if channel.kind == "performance_max" and account.conversion_action is None:
            # Known since the plan was written, unless the account has changed; under all or nothing, nothing of the plan is launched.
            missing.append(needs_conversions(account.external_id))
            continue
        drafts.append(_draft(session, order, channel, account, known.get((channel.platform, channel.kind)), at=at))
    return drafts, missing


def _draft(session: Session, order: Order, channel: Channel, account: AdAccount, known: Deployment | None, *, at: datetime) -> Draft:
    set_row, strategy, plan, mode = order.set_row, order.strategy, order.plan, order.mode
    row = known or Deployment(
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
        return Draft(row, account, channel.platform, [], str(error))
    row.plan_hash = plan_hash(strategy.plan_hash or "", objects)
    return Draft(row, account, channel.platform, objects, "")


def _name(strategy: Strategy, channel: Channel) -> str:
    return f"{strategy.name} / {campaign_word(channel.platform, channel.kind)}"
