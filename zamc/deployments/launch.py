"""A launch from claimed creates to live: send dark, read back, enable when the siblings are ready, read back again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import doubts, due_repository, intents, judging, meta_money, repository, stops, updates
from zamc.deployments.changes import NOT_READY, as_outside
from zamc.deployments.context import Context, items
from zamc.deployments.endings import live
from zamc.deployments.intents import ROOT, WITH_STATUS
from zamc.deployments.ports import Item, Observed
from zamc.deployments.rules import Desired, OnPlatform, Status, Verb, may_enable
from zamc.deployments.sending import send_due
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.errors import Later, OutsideError, Throttled, ZamcError
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AlertRaised
from zamc.events.repository import emit
from zamc.projects.tables import AdAccount

_READS = 4
_WRITES = 25
# How often, and after how many seconds, a worker comes back to what another one had locked.
_PASSES, _PASS = 20, 0.1
# How often a worker waits for a video in place, five seconds each time; what takes longer is left to the next one.
_WAITS = 24
_LOOK_AGAIN = timedelta(seconds=5)


def run(ctx: Context, platform: str, only: Collection[UUID] | None) -> steps.Outcome:
    """Carry everything of a platform as far as it goes now; enabling goes across platforms, since siblings wait for each other."""
    started = ctx.clock.now()
    passes = waits = 0
    while True:
        moved = doubts.resolve(ctx, platform=None, only=only)
        moved += send_due(ctx, {Verb.CREATE}, platform=platform, only=only)
        moved += _read_back(ctx, Status.CREATING, platform=platform, only=only)
        moved += _enable_ready(ctx, only=only)
        moved += send_due(ctx, {Verb.ENABLE}, platform=None, only=only)
        moved += _read_back(ctx, Status.ENABLING, platform=None, only=only)
        moved += updates.run(ctx, only=only)
        moved += stops.run(ctx).done
        if moved:
            passes = 0
        elif passes < _PASSES and _passed_by(ctx, platform, only):
            passes += 1
            ctx.sleep(_PASS)
        elif waits < _WAITS and (seconds := _encoded_in(ctx, platform, only)) is not None:
            waits += 1
            ctx.sleep(seconds)
        else:
            break
    outcome = steps.Outcome()
    with ctx.database.transaction() as session:
        for row in repository.statuses(session, platform=platform, only=only, since=started):
            word = {Status.LIVE: "done", Status.FAILED: "failed", Status.PAUSED: "paused", Status.ENDED: "ended"}
            outcome.counts[word.get(Status(row.status), "waiting")] += 1
            if row.failure:
                outcome.errors[row.id] = row.failure
    return outcome


def _passed_by(ctx: Context, platform: str, only: Collection[UUID] | None) -> bool:
    """Whether something is due that another worker, busy with a sibling, had locked when it was this one's turn."""
    now = ctx.clock.now()
    with ctx.database.transaction() as session:
        return any(
            due_repository.due_for_change(session, verbs=verbs, platform=of, only=only, now=now, limit=1)
            for verbs, of in (({Verb.CREATE}, platform), ({Verb.ENABLE}, None))
        ) or any(
            due_repository.due_to_read(session, status, platform=of, only=only, now=now)
            for status, of in ((Status.CREATING, platform), (Status.ENABLING, None))
        )


def _encoded_in(ctx: Context, platform: str, only: Collection[UUID] | None) -> float | None:
    """Seconds until a platform is asked again for something that it is preparing (a video); None when nothing waits for that."""
    with ctx.database.transaction() as session:
        at = due_repository.ready_at(session, code=NOT_READY, platform=platform, only=only)
    if at is None:
        return None
    left = (at - ctx.clock.now()).total_seconds()
    return max(left, 0.0) if left <= _LOOK_AGAIN.total_seconds() else None


@dataclass(frozen=True)
class _Tree:
    """A deployment that is to be read back. may_be_on: an enable of ours ended before, so that being on is no surprise (a resume).

    resting: what nobody wants on, although the deployment is. What was accepted as removed is not looked at.
    """

    claimed: steps.Claimed
    generation: int
    may_be_on: bool
    account: AdAccount
    items: tuple[Item, ...]
    resting: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class _Look:
    """What was read back of a tree in a status, or why nothing was."""

    status: Status
    seen: Mapping[UUID, Observed]
    error: OutsideError | None


def _read_back(ctx: Context, status: Status, *, platform: str | None, only: Collection[UUID] | None) -> int:
    """Read the trees of all deployments in a status whose calls are all done, in bulk per account; a lagging read is taken again."""
    trees = _claim(ctx, status, platform=platform, only=only)
    if not trees:
        return 0
    ctx.crash(f"{status}.read_claimed")
    seen: dict[UUID, Observed] = {}
    errors: dict[UUID, OutsideError] = {}
    waiting = trees
    for attempt in range(_READS):
        if attempt:
            ctx.sleep(ctx.limits.read_back_gap)
        for account in {tree.account.id: tree.account for tree in waiting}.values():
            group = [tree for tree in waiting if tree.account.id == account.id]
            try:
                seen.update(ctx.adapter(account).read([item for tree in group for item in tree.items]))
            except ZamcError as error:
                outside = as_outside(error)
                errors.update({tree.claimed.key: outside for tree in group})
        waiting = [tree for tree in waiting if tree.claimed.key not in errors and not _settled(tree, seen, status)]
        if not waiting:
            break
    ctx.crash(f"{status}.read_back")
    looks = [(tree, _Look(status, seen, errors.get(tree.claimed.key))) for tree in trees]
    for start in range(0, len(looks), _WRITES):
        _write_all(ctx, looks[start : start + _WRITES])
    ctx.crash(f"{status}.read_written")
    return len(trees)


def _claim(ctx: Context, status: Status, *, platform: str | None, only: Collection[UUID] | None) -> list[_Tree]:
    installation = ctx.installation()
    with ctx.database.transaction() as session:
        rows = steps.claim(
            session,
            Deployment,
            where=due_repository.ready_to_read(status, platform=platform, only=only),
            now=ctx.clock.now(),
            lease=timedelta(seconds=ctx.limits.lease),
            limit=100,
        )
        trees = repository.objects(session, [row.id for row in rows])
        accounts = repository.accounts(session, {row.ad_account_id for row in rows})
        return [
            _Tree(
                steps.Claimed(row.id, row.fence),
                row.generation,
                any(each.resolved_enables for each in trees[row.id]),
                accounts[row.ad_account_id],
                tuple(items([each for each in trees[row.id] if each.desired_status != "removed"], installation=installation)),
                frozenset(each.obj_key for each in trees[row.id] if each.rests),
            )
            for row in rows
        ]


def _settled(tree: _Tree, seen: Mapping[UUID, Observed], status: Status) -> bool:
    """Whether everything is what it should be by now, so that another read could not change the verdict."""
    dark = {OnPlatform.PAUSED, OnPlatform.ENABLED} if tree.may_be_on else {OnPlatform.PAUSED}
    wanted = dark if status == Status.CREATING else {OnPlatform.ENABLED}
    there = {OnPlatform.ENABLED, OnPlatform.PAUSED}
    return all(
        item.obj_key in seen
        and seen[item.obj_key].status in (wanted if item.kind in WITH_STATUS and item.obj_key not in tree.resting else there)
        for item in tree.items
    )


def _write_all(ctx: Context, looks: Sequence[tuple[_Tree, _Look]]) -> None:
    """One transaction for several deployments; should it fail, one for each, so that the others still end."""
    try:
        with ctx.database.transaction() as session:
            rows = {row.id: row for row in repository.lock_families(session, [tree.claimed.key for tree, _ in looks])}
            objects = repository.objects(session, [tree.claimed.key for tree, _ in looks])
            for tree, look in looks:
                row = rows[tree.claimed.key]
                if row.fence == tree.claimed.fence:
                    _write(ctx, session, tree, look, row=row, objects=objects[row.id])
            session.flush()
            # What platforms think of it from the first moment: a watch tells what is another verdict than this one.
            judging.deployments(session, ctx.clock, [row for row in rows.values() if row.status == Status.LIVE])
    except Exception:
        if len(looks) == 1:
            raise
        for each in looks:
            _write_all(ctx, [each])


def _write(ctx: Context, session: Session, tree: _Tree, look: _Look, *, row: Deployment, objects: Sequence[PlatformObject]) -> None:
    status, seen, error = look.status, look.seen, look.error
    steps.release(row)
    if row.generation != tree.generation or row.status != status:
        return
    if error is not None:
        if isinstance(error, Throttled):
            row.attempts -= 1  # there was no room: nothing was read
        steps.wait(row, error if isinstance(error, Later) else Later(str(error)), now=ctx.clock.now())
        return
    remember(ctx, objects, seen)
    if wrong := next((why for each in objects if (why := _wrong(each, seen.get(each.obj_key)))), None):
        intents.withdraw(session, ctx.clock, row, reason=wrong)
    elif _settled(tree, seen, status):
        row.attempts, row.last_error = 0, None
        if status == Status.CREATING:
            row.status = Status.CREATED
        else:
            live(session, ctx.clock, row, objects)
    elif status == Status.CREATING and not tree.may_be_on and _is_on(objects):
        _on_too_early(ctx, session, row)
    elif row.attempts >= ctx.limits.most_attempts:
        intents.withdraw(session, ctx.clock, row, reason="what was read back never became what was sent")
    else:
        steps.wait(row, Later("the platform does not show it yet", delay=_LOOK_AGAIN), now=ctx.clock.now())


def _is_on(objects: Sequence[PlatformObject]) -> bool:
    return any(each.kind == ROOT and each.observed_status == OnPlatform.ENABLED for each in objects)


def remember(ctx: Context, objects: Sequence[PlatformObject], seen: Mapping[UUID, Observed]) -> None:
    """Write down what was observed."""
    for each in objects:
        observed = seen.get(each.obj_key)
        if observed is None:
            continue
        each.observed_status, each.observed_at = observed.status, ctx.clock.now()
        each.observed = {"name": observed.name, "delivery": observed.delivery, "budget_micros": observed.budget_micros, **observed.details}


def _wrong(wanted: PlatformObject, observed: Observed | None) -> str | None:
    """What must never be enabled: another budget than was approved, or something that is gone and nobody accepted that."""
    if observed is None or wanted.desired_status == "removed":
        return None
    if observed.status == OnPlatform.REMOVED:
        return f"the {wanted.kind} {wanted.local_ref} was removed on the platform"
    budget = budget_of(wanted)
    if budget is not None and observed.budget_micros is not None and observed.budget_micros != budget:
        return f"the {wanted.kind} {wanted.local_ref} has a budget of {observed.budget_micros} micros a day, {budget} was approved"
    return None


def budget_of(wanted: PlatformObject) -> int | None:
    """Micros a day that an object may spend by its spec; None when it has no budget of its own."""
    if "amount_micros" in wanted.spec:
        return int(wanted.spec["amount_micros"])
    units = wanted.spec.get("daily_budget")
    return None if units is None else int(units) * meta_money.unit_micros(wanted.spec["currency"])


def _on_too_early(ctx: Context, session: Session, row: Deployment) -> None:
    """On before we enabled it: paused first, asked about afterwards."""
    emit(
        session,
        AlertRaised(
            code=AlertCode.ON_AGAINST_RECORD,
            severity="critical",
            title=f"{row.name} was on before it was enabled; it is being paused",
            details={"deployment_id": str(row.id), "project_id": str(row.project_id)},
        ),
    )
    intents.stop(session, ctx.clock, [row], desired=Desired.PAUSED, by="protocol", reason="")


def _enable_ready(ctx: Context, *, only: Collection[UUID] | None) -> int:
    """Plan the enables of every built deployment whose siblings are built too (all or nothing) or do not matter (best effort)."""
    planned = 0
    with ctx.database.transaction() as session:
        ids = repository.ids_in(session, [Status.CREATED], only=only)
        assets = {row.asset_id for row in repository.deployments(session, ids)}
        family = repository.lock(session, repository.sibling_ids(session, assets))
        trees = repository.objects(session, [row.id for row in family])
        for row in family:
            siblings = [each.status for each in family if each.asset_id == row.asset_id and each.id != row.id]
            wanted = row.status == Status.CREATED and row.desired_status == Desired.ENABLED
            if wanted and may_enable(row.launch_mode, siblings, launched=row.launched_at is not None):
                intents.plan_enables(session, ctx.clock, row, trees[row.id])
                planned += 1
    ctx.crash("enable.planned")
    return planned
