"""A change of what is live as a reviewed difference: `plan` shows it and reserves nothing, `apply` carries out exactly what was shown.

The hash that a person approves covers the request, the deployment's generation and plan, what the platform showed, and the worst case in
money before and after. When any of these has moved, the hash is another one and nothing is applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import business_date
from zamc.database.ids import uuid7
from zamc.deployments import budgets, change_gate, change_money, changes_repository, repository, watch_repository
from zamc.deployments.change_rules import Difference, Part, Request, change_hash, differences, wanted_values
from zamc.deployments.changes import as_outside
from zamc.deployments.context import Context, items
from zamc.deployments.rules import Desired, Lane, State, Status, Verb
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.deployments.tree import fingerprint
from zamc.deployments.watch_tables import DeploymentChange
from zamc.errors import Conflict, InvalidInput, NotFound, SpendRefused, ZamcError
from zamc.projects import ledger
from zamc.projects import repository as projects

_FIRST_STEP = 2_000
CHANGEABLE = (Status.LIVE, Status.PAUSED)


@dataclass(frozen=True)
class Proposal:
    """What a person reviews. held_before, held_after: worst case in micros by period ("day", months, "total").

    refusal: why the spend policy would not let it be applied; empty when it would.
    """

    deployment_id: UUID
    name: str
    platform: str
    status: str
    generation: int
    currency: str
    daily_before_micros: int
    daily_after_micros: int
    ends_before: date | None
    ends_after: date | None
    differences: Sequence[Difference]
    held_before: Mapping[str, int]
    held_after: Mapping[str, int]
    refusal: str
    change_hash: str
    request: Request = field(repr=False)
    objects: Mapping[str, Mapping[str, Any]] = field(repr=False)


@dataclass(frozen=True)
class _Look:
    """The tree, what is wanted of it, and what the platform shows; by obj_key."""

    parts: Sequence[Part]
    wanted: Mapping[UUID, Mapping[str, Any]]
    seen: Mapping[UUID, Mapping[str, Any]]


def plan(ctx: Context, deployment_id: UUID, request: Request, *, by: str) -> Proposal:
    """Look at the platform, compute the difference and remember it by its hash. Reserves and sends nothing.

    Raises NotFound, Conflict (not live or paused, or still moving), InvalidInput (nothing would change, out of range, immutable) and
    OutsideError when the platform does not answer.
    """
    proposal = compute(ctx, deployment_id, request)
    with ctx.database.transaction() as session:
        row = repository.lock_one(session, deployment_id)
        if row.generation != proposal.generation:
            raise Conflict("the deployment changed while it was looked at; plan again")
        known = changes_repository.proposal(session, deployment_id, proposal.change_hash)
        if known is None or known.state != "proposed":
            session.add(_change(row, proposal, kind="change", by=by, state="proposed"))
    return proposal


def apply(ctx: Context, deployment_id: UUID, shown_hash: str, *, by: str) -> DeploymentChange:
    """Carry out exactly the change of that hash; the caller runs `updates` (or a schedule does). Applying twice is applying once.

    Raises NotFound for a hash that was never shown, Conflict when the world has moved since, SpendRefused.
    """
    with ctx.database.transaction() as session:
        shown = changes_repository.proposal(session, deployment_id, shown_hash)
        if shown is None:
            raise NotFound("no plan of this deployment has that hash; `zamc plan` shows one")
        if shown.state in ("applying", "done"):
            return shown
        if shown.state != "proposed":
            raise Conflict(f"this plan was {shown.state}; plan again")
        request = Request.from_json(shown.request)
        known_generation = shown.generation
    now = compute(ctx, deployment_id, request)
    if now.change_hash != shown_hash:
        moved = "a newer intention came" if now.generation != known_generation else "the platform, the money or the policy is another one"
        raise Conflict(f"the world has moved since this plan was shown ({moved}); look at it again with `zamc plan`")
    with ctx.database.transaction() as session:
        # In a transaction of its own: one person's yes stays, also while it waits for another's.
        waits = agreed(ctx, session, repository.lock_one(session, deployment_id), now, by=by)
    if waits is not None:
        raise Conflict(waits)
    with ctx.database.transaction() as session:
        shown = changes_repository.proposal(session, deployment_id, shown_hash)
        row = repository.lock_one(session, deployment_id)
        if shown is None or shown.state != "proposed" or row.generation != now.generation:
            raise Conflict("the world has moved since this plan was shown; look at it again with `zamc plan`")
        return intend(ctx, session, row, now, by=by, change=shown)


def agreed(ctx: Context, session: Session, row: Deployment, proposal: Proposal, *, by: str) -> str | None:
    """Why the change must wait for other people, or None (zamc.deployments.change_gate). The deployment is locked."""
    return change_gate.agree(
        session,
        ctx.clock,
        row,
        by=by,
        change_hash=proposal.change_hash,
        daily_micros=proposal.daily_after_micros,
        ends_on=proposal.ends_after,
    )


def intend(
    ctx: Context,
    session: Session,
    row: Deployment,
    proposal: Proposal,
    *,
    by: str,
    change: DeploymentChange | None = None,
    kind: str = "change",
) -> DeploymentChange:
    """The new intention: reserve, raise the generation, plan the updates. The deployment is locked; nothing is called."""
    check_changeable(session, row)
    if proposal.refusal:
        raise SpendRefused(proposal.refusal)
    if change is None:
        change = _change(row, proposal, kind=kind, by=by, state="proposed")
        session.add(change)
        session.flush()
    generation = row.generation + 1
    objects = {UUID(key): values["after"] for key, values in proposal.objects.items()}
    change_money.move(ctx, session, row, proposal.daily_after_micros, proposal.ends_after, generation=generation, objects=objects)
    row.generation = generation
    desired = "paused" if row.desired_status == Desired.PAUSED else "enabled"
    repository.raise_objects(session, row.id, generation=generation, desired=desired)
    change.generation, change.state, change.applied_by = generation, "applying", by
    change.applied_at, change.applied_on = ctx.clock.now(), budgets.today_of(session, ctx.clock, row)
    session.flush()
    # What was shown beside it stays for a while: whoever applies that is told that the world has moved.
    changes_repository.forget_proposals(session, row.id, before=generation - 1)
    plan_updates(ctx, session, row, change)
    projects.audit(
        session, actor=by, action=f"deployment.{kind}", project_id=row.project_id, subject_id=row.id, change_id=str(change.id),
        generation=generation, change_hash=proposal.change_hash, request=proposal.request.as_json(),
    )  # fmt: skip
    return change


def compute(ctx: Context, deployment_id: UUID, request: Request) -> Proposal:
    """The difference as it is now: the record, then a look at the platform, then the money."""
    installation = ctx.installation()
    with ctx.database.transaction() as session:
        row = repository.lock_one(session, deployment_id)
        check_changeable(session, row)
        tree = repository.objects(session, [row.id])[row.id]
        account = repository.accounts(session, [row.ad_account_id])[row.ad_account_id]
        parts = parts_of(tree)
        wanted = wanted_values(row.platform, row.currency, parts, request, today=business_date(ctx.clock, account.time_zone))
        if not wanted:
            raise InvalidInput("change", "nothing would change: the record says so already")
        if request.ends_on is not None and request.ends_on < row.starts_on:
            raise InvalidInput("ends_on", f"is before the start, {row.starts_on}")
        touched = items([each for each in tree if each.obj_key in wanted], installation=installation, among=tree)
        generation = row.generation
    try:
        seen = ctx.adapter(account).values(touched)
    except ZamcError as error:
        raise as_outside(error) from None
    with ctx.database.transaction() as session:
        row = repository.lock_one(session, deployment_id)
        if row.generation != generation:
            raise Conflict("the deployment changed while it was looked at; plan again")
        return _proposal(ctx, session, row, request, _Look(parts, wanted, seen))


def parts_of(tree: Sequence[PlatformObject]) -> list[Part]:
    """The bound objects of a tree, as the rules see them."""
    return [
        Part(each.obj_key, each.kind, each.local_ref, each.spec) for each in tree if each.external_id and each.desired_status != "removed"
    ]


def check_changeable(session: Session, row: Deployment) -> None:
    """Raises Conflict, which says what would make it changeable."""
    if row.status not in CHANGEABLE:
        raise Conflict(f"the deployment is {row.status}; only a live or a paused one can be changed")
    waiting = watch_repository.open_operations(session, row.id)
    if waiting or changes_repository.applying(session, row.id) is not None:
        verb = waiting[0].verb if waiting else "change"
        raise Conflict(f"{verb} of this deployment is still under way; plan when it is done (`zamc deployments show {row.id}`)")


def _proposal(
    ctx: Context,
    session: Session,
    row: Deployment,
    request: Request,
    look: "_Look",
) -> Proposal:
    parts, wanted, seen = look.parts, look.wanted, look.seen
    gone = [part for part in parts if part.obj_key in wanted and part.obj_key not in seen]
    if gone:
        raise Conflict(f"the platform does not show the {gone[0].kind} {gone[0].local_ref}; reconcile first")
    shown = differences(parts, wanted, seen)
    objects = {
        str(key): {"before": {name: seen[key].get(name) for name in values}, "after": dict(values)} for key, values in wanted.items()
    }
    daily = request.daily_budget_micros if request.daily_budget_micros is not None else row.daily_budget_micros
    ends = None if request.open_end else (request.ends_on or row.ends_on)
    before = ledger.held_by_base(session, row.id)
    after, refusal = change_money.simulate(ctx, session, row, daily, ends, objects=wanted)
    policy = projects.policy(session, row.project_id, row.currency)
    caps = policy and [policy.daily_cap_micros, policy.monthly_cap_micros, policy.total_cap_micros, policy.platform_caps]
    hashed = change_hash(
        deployment=str(row.id), generation=row.generation, plan=row.plan_hash, status=row.status, request=request.as_json(),
        objects=objects, before=before, after=after, refusal=refusal, caps=caps,
    )  # fmt: skip
    return Proposal(
        row.id, row.name, row.platform, row.status, row.generation, row.currency, row.daily_budget_micros, daily, row.ends_on, ends, shown,
        before, after, refusal, hashed, request, objects,
    )  # fmt: skip


def plan_updates(ctx: Context, session: Session, row: Deployment, change: DeploymentChange) -> None:
    """The operations of a change. Google: one atomic request. Meta: one object per call, in the order of the tree."""
    one = uuid7()
    tree = [each for each in repository.objects(session, [row.id])[row.id] if str(each.obj_key) in change.objects]
    rows = [
        {
            "obj_key": each.obj_key,
            "deployment_id": row.id,
            "generation": row.generation,
            "verb": Verb.UPDATE,
            "lane": Lane.CHANGE,
            "state": State.PLANNED,
            "step": _FIRST_STEP if row.platform == "google_ads" else _FIRST_STEP + index,
            "call_id": one if row.platform == "google_ads" else uuid7(),
            "next_attempt_at": ctx.clock.now(),
        }
        for index, each in enumerate(tree)
    ]
    repository.insert_rows(session, Operation, rows)


def _change(row: Deployment, proposal: Proposal, *, kind: str, by: str, state: str) -> DeploymentChange:
    return DeploymentChange(
        id=uuid7(), project_id=row.project_id, deployment_id=row.id, generation=row.generation, kind=kind, state=state,
        change_hash=proposal.change_hash, plan_hash=fingerprint({"plan": row.plan_hash, "change": proposal.change_hash}),
        request=proposal.request.as_json(), objects={key: dict(values) for key, values in proposal.objects.items()},
        daily_before_micros=proposal.daily_before_micros, daily_after_micros=proposal.daily_after_micros,
        ends_before=proposal.ends_before, ends_after=proposal.ends_after, asked_by=by,
    )  # fmt: skip
