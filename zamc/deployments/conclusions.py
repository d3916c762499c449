"""The end of a change: the record becomes what the platform shows, money follows, and people are told."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.deployments import budgets, changes_repository, repository, watch_repository
from zamc.deployments.change_rules import budget_micros
from zamc.deployments.endings import identity
from zamc.deployments.rules import State
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.deployments.tree import fingerprint
from zamc.deployments.watch_tables import DeploymentChange
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import BudgetChanged, DeploymentChanged
from zamc.events.repository import emit
from zamc.notifications import alerts
from zamc.projects import repository as projects


def keep(target: PlatformObject, after: Mapping[str, Any], *, at: datetime) -> None:
    """The platform shows these values: from now on they are what is wanted of the object."""
    # Its own status is no part of what an object is: the intention speaks of it.
    target.spec = {**target.spec, **{name: value for name, value in after.items() if name != "status"}}
    target.spec_hash = fingerprint({"spec": target.spec, "refs": dict(target.refs)})
    target.observed_at = at


def conclude(session: Session, clock: Clock, row: Deployment, change: DeploymentChange) -> None:
    """All operations of a change have come to an end. The deployment is locked by the caller; twice is once."""
    if change.state != "applying":
        return
    operations = changes_repository.updates_of(session, row.id, change.generation)
    states = {operation.state for operation in operations}
    if states & {State.PLANNED, State.SENDING, State.SENT, State.IN_DOUBT}:
        return
    done = [operation for operation in operations if operation.state == State.DONE]
    refused = next((operation for operation in operations if operation.state == State.REFUSED), None)
    whole = len(done) == len(operations)
    change.state = "done" if whole else ("refused" if refused is not None else "superseded")
    change.resolved_at = clock.now()
    change.reason = None if whole else (refused.last_error if refused is not None else "a newer intention came before it was sent")
    doubted = any(operation.ever_in_doubt and operation.state != State.DONE for operation in operations)
    _record(session, clock, row, change, doubted=doubted)
    if done:
        _approve(row, change, whole=whole)
        _tell(session, row, change)
    _close_drifts(session, clock, change, whole=whole)
    if refused is not None:
        about = {"project_id": row.project_id, "deployment_id": row.id}
        title = f"{row.name}: a change was refused and the record says what is there: {change.reason}"
        alerts.raise_once(session, AlertCode.CHANGE_REFUSED, str(change.id), severity="warning", title=title, **about)


def _record(session: Session, clock: Clock, row: Deployment, change: DeploymentChange, *, doubted: bool) -> None:
    """What the tree says now is what the deployment may spend, and until when."""
    session.flush()
    tree = [each for each in repository.objects(session, [row.id])[row.id] if each.desired_status != "removed"]
    held = [budget for each in tree if (budget := budget_micros(each.spec)) is not None]
    daily = sum(held) if held else row.daily_budget_micros
    ends = [each.spec["ends_on"] for each in tree if "ends_on" in each.spec]
    before = row.daily_budget_micros
    budget_moves = change.daily_after_micros != change.daily_before_micros
    if budget_moves and daily != before:
        row.daily_budget_micros = daily
    if ends:
        row.ends_on = None if None in ends else max(date.fromisoformat(each) for each in ends)
    session.flush()
    if budget_moves and daily == change.daily_after_micros:
        budgets.release_change(session, clock, row, generation=change.generation)
    elif budget_moves:
        budgets.drop_change(session, clock, row, generation=change.generation, in_doubt=doubted or daily != before)
    if change.ends_after != change.ends_before:
        budgets.settle(session, clock, row, billed=budgets.settled_days(session, [row])[row.id])
    change.released = True


def _approve(row: Deployment, change: DeploymentChange, *, whole: bool) -> None:
    """The plan is another one now, and whoever applied the change has seen it."""
    row.plan_hash = change.plan_hash if whole else fingerprint({"partly": change.plan_hash})
    row.approved_hash, row.approved_by, row.approved_at = row.plan_hash, change.applied_by, change.applied_at


def _tell(session: Session, row: Deployment, change: DeploymentChange) -> None:
    ids = identity(session, row)
    fields = sorted({name for values in change.objects.values() for name in values["after"]})
    emit(session, DeploymentChanged(**ids, fields=fields))
    if change.daily_after_micros != change.daily_before_micros:
        emit(session, BudgetChanged(**ids, daily_budget_micros=row.daily_budget_micros, currency=row.currency))
    projects.audit(
        session, actor=change.applied_by or "protocol", action=f"deployment.{change.kind}.done", project_id=row.project_id,
        subject_id=row.id, change_id=str(change.id), generation=change.generation, fields=fields,
    )  # fmt: skip


def _close_drifts(session: Session, clock: Clock, change: DeploymentChange, *, whole: bool) -> None:
    """A drift that was being reverted is reverted; one whose revert failed is open again."""
    for drift in watch_repository.open_drifts(session, [change.deployment_id]).values():
        if drift.state == "reverting" and str(drift.obj_key) in change.objects:
            drift.state = "reverted" if whole else "open"
            drift.note = None if whole else change.reason
            drift.decided_at = clock.now()
