"""Intentions: each raises the generation, in one transaction, and calls nothing. The deployments handed in are locked by the caller."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.ids import uuid7
from zamc.deployments import budgets, repository
from zamc.deployments.rules import FINAL, Desired, Lane, LaunchMode, State, Status, Verb
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.errors import Conflict
from zamc.projects import repository as projects
from zamc.strategies.kind_rules import campaign_word

ROOT = "campaign"


def stop(session: Session, clock: Clock, deployments: Sequence[Deployment], *, desired: Desired, by: str, reason: str = "") -> int:
    """Want them off: raise the generation, withdraw what was not sent, and plan a pause of the campaign in the stop lane.

    Returns how many were not already stopping for that. What has ended or failed stays so; a failure outranks a pause.
    """
    now = clock.now()
    changed = [each for each in deployments if each.status not in FINAL and _outranks(desired, each)]
    trees = repository.objects(session, [each.id for each in changed])
    pauses = []
    for each in changed:
        each.generation += 1
        each.desired_status = desired
        each.status = Status.PAUSING
        if reason:
            each.failure = reason
        roots = [row.obj_key for row in trees.get(each.id, []) if row.kind == ROOT]
        pauses += [_operation(each, key, Verb.PAUSE, Lane.STOP, at=now) for key in roots]
        details = {"desired": str(desired), "generation": each.generation, "reason": reason}
        projects.audit(session, actor=by, action="deployment.stop", project_id=each.project_id, subject_id=each.id, **details)
    ids = [each.id for each in changed]
    session.flush()
    for generation in {each.generation for each in changed}:
        same = [each.id for each in changed if each.generation == generation]
        repository.raise_all_objects(session, same, generation=generation, desired="paused")
    for verb in (Verb.ENABLE, Verb.UPDATE):
        repository.supersede(session, ids, verb=verb, states=[State.PLANNED], at=now)
    repository.supersede(session, ids, verb=Verb.PAUSE, states=[State.PLANNED, State.SENT], at=now)
    repository.insert_rows(session, Operation, pauses)
    return len(changed)


def _outranks(desired: Desired, deployment: Deployment) -> bool:
    order = [Desired.ENABLED, Desired.PAUSED, Desired.ENDED, Desired.FAILED]
    return order.index(desired) > order.index(Desired(deployment.desired_status))


def stop_again(session: Session, deployment: Deployment, *, clock: Clock, by: str, reason: str) -> None:
    """A new stop for what is wanted off already: it was seen on, or an enable ended after its pause."""
    if deployment.desired_status == Desired.ENABLED:
        stop(session, clock, [deployment], desired=Desired.PAUSED, by=by, reason="")
        return
    deployment.generation += 1
    if deployment.status not in FINAL:
        deployment.status = Status.PAUSING
    session.flush()
    repository.supersede(session, [deployment.id], verb=Verb.PAUSE, states=[State.PLANNED, State.SENT], at=clock.now())
    trees = repository.objects(session, [deployment.id])
    roots = [row.obj_key for row in trees.get(deployment.id, []) if row.kind == ROOT]
    repository.insert_rows(session, Operation, [_operation(deployment, key, Verb.PAUSE, Lane.STOP, at=clock.now()) for key in roots])
    details = {"generation": deployment.generation, "reason": reason}
    projects.audit(session, actor=by, action="deployment.stop_again", project_id=deployment.project_id, subject_id=deployment.id, **details)


def resume(session: Session, clock: Clock, deployment: Deployment, *, by: str) -> None:
    """Want it on again: supersedes a stop that is not done yet, and holds its day, months and total before anything can be enabled.

    Raises Conflict unless it is paused or pausing, SpendRefused when there is no room or the flight is over.
    """
    if deployment.desired_status == Desired.ENABLED and deployment.status not in FINAL:
        return
    if deployment.desired_status != Desired.PAUSED:
        raise Conflict(f"the deployment is {deployment.status}; only a paused one can be resumed, anything else is launched anew")
    deployment.generation += 1
    deployment.desired_status = Desired.ENABLED
    # Everything is read back again before it is enabled: nobody knows what happened to it meanwhile.
    deployment.status = Status.CREATING if deployment.approved_hash else Status.REQUESTED
    deployment.attempts = 0
    deployment.next_attempt_at = clock.now()
    repository.raise_objects(session, deployment.id, generation=deployment.generation, desired="enabled")
    session.flush()
    repository.supersede(session, [deployment.id], verb=Verb.PAUSE, states=[State.PLANNED, State.SENT], at=clock.now())
    repository.carry_over(session, deployment.id, deployment.generation)
    budgets.ensure(session, clock, deployment, generation=deployment.generation)
    projects.audit(
        session, actor=by, action="deployment.resume", project_id=deployment.project_id, subject_id=deployment.id,
        generation=deployment.generation,
    )  # fmt: skip


def light_again(session: Session, clock: Clock, deployment: Deployment, *, by: str) -> None:
    """Somebody outside turned off what we want on: everything is read back and enabled anew. The deployment is live and locked."""
    deployment.generation += 1
    deployment.status = Status.CREATING
    deployment.attempts = 0
    deployment.next_attempt_at = clock.now()
    repository.raise_objects(session, deployment.id, generation=deployment.generation, desired="enabled")
    projects.audit(
        session, actor=by, action="deployment.light_again", project_id=deployment.project_id, subject_id=deployment.id,
        generation=deployment.generation,
    )  # fmt: skip


def withdraw(session: Session, clock: Clock, deployment: Deployment, *, reason: str) -> None:
    """A platform refused: this one is stopped and fails, and under all-or-nothing its siblings with it."""
    family = repository.lock(session, repository.sibling_ids(session, [deployment.asset_id]))
    others = [each for each in family if each.id != deployment.id and each.launch_mode == LaunchMode.ALL_OR_NOTHING]
    stop(session, clock, [each for each in family if each.id == deployment.id], desired=Desired.FAILED, by="protocol", reason=reason)
    refused = campaign_word(deployment.platform, deployment.kind)
    # A refused resume is no launch: what went live together before stays live.
    waiting = [each for each in others if each.launched_at is None or deployment.launched_at is None]
    stop(session, clock, waiting, desired=Desired.FAILED, by="protocol", reason=f"{refused} refused: {reason}")


def plan_enables(session: Session, clock: Clock, deployment: Deployment, tree: Sequence[PlatformObject]) -> None:
    """Leaves first, the campaign last. Planning twice for one generation is planning once."""
    leaves, root = uuid7(), uuid7()
    rows = []
    for each in tree:
        if each.kind in WITH_STATUS and each.desired_status != "removed" and not each.rests:
            step, call = (1_001, root) if each.kind == ROOT else (1_000, leaves)
            rows.append({**_operation(deployment, each.obj_key, Verb.ENABLE, Lane.CHANGE, at=clock.now()), "step": step, "call_id": call})
    deployment.status = Status.ENABLING
    deployment.attempts = 0
    deployment.next_attempt_at = clock.now()
    repository.insert_rows(session, Operation, rows)


WITH_STATUS = frozenset({ROOT, "ad_group", "asset_group", "ad_set", "ad"})


def _operation(deployment: Deployment, obj_key: UUID, verb: Verb, lane: Lane, *, at: datetime) -> dict[str, object]:
    return {
        "obj_key": obj_key,
        "deployment_id": deployment.id,
        "generation": deployment.generation,
        "verb": verb,
        "lane": lane,
        "state": State.PLANNED,
        "call_id": uuid7(),
        "next_attempt_at": at,
    }
