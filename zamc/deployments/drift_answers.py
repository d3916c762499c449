"""A drift is accepted (our record follows the platform, money included) or reverted (the platform follows our record).

Both are new intentions and raise the generation. A revert is an operation like any other; an accept calls nothing.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.deployments import budgets, change_gate, intents, repository, watch_repository
from zamc.deployments.change_rules import LARGEST_DAILY, budget_micros, change_hash
from zamc.deployments.conclusions import keep
from zamc.deployments.context import Context
from zamc.deployments.drift import forget, plain_name
from zamc.deployments.drift_rules import SETTINGS, Field
from zamc.deployments.endings import identity
from zamc.deployments.intents import ROOT
from zamc.deployments.proposals import check_changeable, plan_updates
from zamc.deployments.rules import FINAL, Desired, Status, find_marker
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.deployments.tree import fingerprint
from zamc.deployments.watch_tables import DeploymentChange, Drift
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.events.catalogue import AUTOPILOT, BudgetChanged, DeploymentChanged
from zamc.events.repository import emit
from zamc.projects import repository as projects


def accept(ctx: Context, session: Session, drift_id: UUID, *, by: str) -> Drift:
    """Our record follows.

    Raises NotFound, Conflict (decided already, moving, a name without our marker), SpendRefused and InvalidInput (money out of range).
    """
    drift, row, target = _open(session, drift_id)
    field = Field(drift.field)
    if field == Field.STATUS and drift.seen["value"] == "enabled":
        _wake(session, row, target)
    elif field in (Field.STATUS, Field.REMOVED):
        _accept_off(ctx, session, row, target, removed=field == Field.REMOVED, by=by)
    else:
        check_changeable(session, row)
        _accept_value(ctx, session, drift, (row, target), by=by)
    _decided(ctx, session, drift, row, "accepted", by=by)
    return drift


def _accept_off(ctx: Context, session: Session, row: Deployment, target: PlatformObject, *, removed: bool, by: str) -> None:
    if target.kind == ROOT:
        desired = Desired.ENDED if removed else Desired.PAUSED
        intents.stop(session, ctx.clock, [row], desired=desired, by=by, reason="")
        return
    if removed:
        # What hangs below it is gone with it.
        for each in _below(repository.objects(session, [row.id])[row.id], target):
            each.desired_status = "removed"
    else:
        target.rests, target.desired_status = True, "paused"
    session.flush()
    row.generation += 1
    repository.raise_objects(session, row.id, generation=row.generation, desired="paused" if row.desired_status == "paused" else "enabled")


def _below(tree: Sequence[PlatformObject], top: PlatformObject) -> list[PlatformObject]:
    """An object and all its descendants; parents come first in a tree."""
    keys = {top.obj_key}
    for each in tree:
        if each.parent_key in keys:
            keys.add(each.obj_key)
    return [each for each in tree if each.obj_key in keys]


def _wake(session: Session, row: Deployment, target: PlatformObject) -> None:
    """What rested was turned on again outside: it goes on and off with its deployment as before."""
    target.rests = False
    session.flush()
    row.generation += 1
    repository.raise_objects(session, row.id, generation=row.generation, desired="paused" if row.desired_status == "paused" else "enabled")


def _accept_value(ctx: Context, session: Session, drift: Drift, of: tuple[Deployment, PlatformObject], *, by: str) -> None:
    (row, target), field, seen = of, Field(drift.field), drift.seen["value"]
    generation, today = row.generation + 1, budgets.today_of(session, ctx.clock, row)
    daily, ends = row.daily_budget_micros, row.ends_on
    if field == Field.NAME:
        if find_marker(str(target.observed.get("name", ""))) and not find_marker(str(seen)):
            raise Conflict("the new name lacks our marker, by which a lost answer is looked up; revert it")
        values: dict[str, Any] = {"name": plain_name(str(seen))}
    elif field == Field.BUDGET:
        if not 0 < int(seen) <= LARGEST_DAILY:
            raise InvalidInput("daily_budget", f"{seen} micros a day is out of range; revert it, or pause the deployment")
        daily = row.daily_budget_micros - (budget_micros(target.spec) or 0) + int(seen)
        values = _budget_values(target, int(seen))
    elif field == Field.ENDS_ON:
        values = {"ends_on": seen}
        ends = _end_of(session, row, target, seen)
    else:
        values = {_spec_field(field, target): seen}
    change = _change(row, target, values, kind="accept", by=by, generation=generation, daily=daily, ends=ends)
    why = change_gate.agree(session, ctx.clock, row, by=by, change_hash=change.change_hash, daily_micros=daily, ends_on=ends)
    if why is not None and by == AUTOPILOT:
        raise Conflict(why)
    later = row.ends_on is not None and (ends is None or ends > row.ends_on)
    before_ends = row.ends_on
    if later:
        row.ends_on = ends
        session.flush()
    if daily != row.daily_budget_micros:
        budgets.reserve_change(session, ctx.clock, row, daily, generation=generation, objects=[target.obj_key])
    if later:
        budgets.ensure(session, ctx.clock, row, generation=generation)
    row.generation, row.ends_on = generation, ends
    budget_moved = daily != row.daily_budget_micros
    row.daily_budget_micros = daily
    repository.raise_objects(session, row.id, generation=generation, desired="paused" if row.desired_status == "paused" else "enabled")
    session.refresh(target)
    keep(target, values, at=ctx.clock.now())
    row.plan_hash = row.approved_hash = change.plan_hash
    row.approved_by, row.approved_at = by, ctx.clock.now()
    change.applied_on = today
    session.add(change)
    session.flush()
    if budget_moved:
        budgets.release_change(session, ctx.clock, row, generation=generation)
        emit(session, BudgetChanged(**identity(session, row), daily_budget_micros=daily, currency=row.currency))
    elif ends != before_ends:
        budgets.settle(session, ctx.clock, row, billed=budgets.settled_days(session, [row])[row.id])
    emit(session, DeploymentChanged(**identity(session, row), fields=sorted(values)))


def revert(ctx: Context, session: Session, drift_id: UUID, *, by: str) -> Drift:
    """The platform follows: a change to what our record says, or for what was paused a new launch of the same tree.

    Raises NotFound, Conflict (decided already, moving, or removed for good).
    """
    drift, row, target = _open(session, drift_id)
    field = Field(drift.field)
    if field == Field.REMOVED:
        raise Conflict("what was removed cannot be brought back; accept it, then launch anew")
    if field == Field.STATUS and drift.seen["value"] != "enabled":
        check_changeable(session, row)
        intents.light_again(session, ctx.clock, row, by=by)
        _decided(ctx, session, drift, row, "reverted", by=by)
        return drift
    check_changeable(session, row)
    spec_field, seen = _spec_field(field, target), drift.seen["value"]
    after = drift.wanted["value"] if field in SETTINGS or field == Field.STATUS else target.spec[spec_field]
    if field == Field.BUDGET:
        seen = _budget_values(target, int(seen))[spec_field]
    generation = row.generation + 1
    change = _change(
        row, target, {spec_field: after}, kind="revert", by=by, generation=generation, daily=row.daily_budget_micros,
        ends=row.ends_on, before={spec_field: plain_name(str(seen)) if field == Field.NAME else seen},
    )  # fmt: skip
    change.state, change.plan_hash = "applying", row.plan_hash
    row.generation = generation
    repository.raise_objects(session, row.id, generation=generation, desired="paused" if row.desired_status == "paused" else "enabled")
    session.add(change)
    session.flush()
    plan_updates(ctx, session, row, change)
    _decided(ctx, session, drift, row, "reverting", by=by)
    return drift


def _spec_field(field: Field, target: PlatformObject) -> str:
    """What a spec calls it. Money and keywords have two names each."""
    if field == Field.BUDGET:
        return "amount_micros" if "amount_micros" in target.spec else "daily_budget"
    if field == Field.KEYWORDS:
        return "keywords" if "keywords" in target.spec else "negative_keywords"
    return str(field)


def _open(session: Session, drift_id: UUID) -> tuple[Drift, Deployment, PlatformObject]:
    """The drift with its deployment locked and its object."""
    found = watch_repository.drift(session, drift_id)
    if found is None:
        raise NotFound(f"no outside change {drift_id}; `zamc drift list` shows them")
    [row] = repository.lock(session, [found.deployment_id])
    drift = watch_repository.drift(session, drift_id)
    target = repository.objects_of_keys(session, [found.obj_key])[found.obj_key]
    if drift is None or drift.state != "open":
        raise Conflict(f"this change is {drift.state if drift else 'gone'} already")
    if row.status in FINAL:
        raise Conflict(f"the deployment is {row.status}; nothing of it is wanted any more")
    if row.status not in (Status.LIVE, Status.PAUSED):
        raise Conflict(f"the deployment is {row.status}; decide when it has come to rest")
    return drift, row, target


def _decided(ctx: Context, session: Session, drift: Drift, row: Deployment, state: str, *, by: str) -> None:
    drift.state, drift.decided_by, drift.decided_at = state, by, ctx.clock.now()
    forget(session, ctx.clock, drift)
    projects.audit(
        session, actor=by, action=f"drift.{state}", project_id=row.project_id, subject_id=row.id, drift_id=str(drift.id),
        field=drift.field, wanted=drift.wanted, seen=drift.seen, generation=row.generation,
    )  # fmt: skip


def _budget_values(target: PlatformObject, micros: int) -> dict[str, Any]:
    from zamc.deployments import meta_money

    if "amount_micros" in target.spec:
        return {"amount_micros": micros}
    return {"daily_budget": micros // meta_money.unit_micros(target.spec["currency"])}


def _end_of(session: Session, row: Deployment, target: PlatformObject, seen: str | None) -> date | None:
    """The end of the deployment when this object ends then: the last of all its objects'."""
    tree = repository.objects(session, [row.id])[row.id]
    ends = [seen if each.obj_key == target.obj_key else each.spec["ends_on"] for each in tree if "ends_on" in each.spec]
    return None if None in ends else max(date.fromisoformat(each) for each in ends if each)


def _change(
    row: Deployment, target: PlatformObject, values: dict[str, Any], *, kind: str, by: str, generation: int, daily: int, ends: date | None,
    before: dict[str, Any] | None = None,
) -> DeploymentChange:  # fmt: skip
    objects = {str(target.obj_key): {"before": before or {name: target.spec.get(name) for name in values}, "after": values}}
    hashed = change_hash(deployment=str(row.id), generation=generation, kind=kind, objects=objects)
    return DeploymentChange(
        id=uuid7(), project_id=row.project_id, deployment_id=row.id, generation=generation, kind=kind, state="done", change_hash=hashed,
        plan_hash=fingerprint({"plan": row.plan_hash, "change": hashed}), request={}, objects=objects,
        daily_before_micros=row.daily_budget_micros, daily_after_micros=daily, ends_before=row.ends_on, ends_after=ends, asked_by=by,
        applied_by=by, released=kind == "accept",
    )  # fmt: skip
