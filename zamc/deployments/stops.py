"""The stop lane: no queue, no waiting for a change that hangs, no giving up.

A stop is done when a PAUSE was acknowledged that was sent after the last enable of the object was resolved, and two read-backs then
say that it is off with nothing in flight.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import due_repository, repository
from zamc.deployments.changes import as_outside
from zamc.deployments.context import Context, items
from zamc.deployments.endings import finish
from zamc.deployments.ports import Item, Observed
from zamc.deployments.rules import OnPlatform, State, StopVerdict, StopView, judge_stop
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.errors import InDoubt, Later, OutsideError, ZamcError
from zamc.projects.tables import AdAccount
from zamc.throttling.lane import urgent

# Of one account in one claim: so many at most wait for each other before they are read back.
_BATCH = 200
_THREADS = 32
# Between two looks at what was acknowledged while more is sent.
_LOOK_GAP_SECONDS = 0.2
_LOOK_AGAIN = timedelta(seconds=2)
# An enable in doubt takes at least Q to be resolved; asking more often helps nobody.
_DOUBT = timedelta(seconds=15)
_LONGEST_WAIT = timedelta(minutes=1)


@dataclass(frozen=True)
class Held:
    """A stop's rows inside the transaction that holds the deployment's lock."""

    stop: "Stop"
    operation: Operation
    root: PlatformObject
    deployment: Deployment


@dataclass(frozen=True)
class Stop:
    """One claimed pause."""

    operation_id: UUID
    deployment_id: UUID
    fence: int
    lease_until: datetime
    item: Item
    account: AdAccount


def run(ctx: Context) -> steps.Outcome:
    """Send and verify every stop that is due. counts: done, waiting (for an enable in doubt, or for a platform that does not answer).

    No limit and no breaker stands before what it sends and reads, but for the platform's own number of calls. Accounts are paused at the
    same time, each in as few requests as its platform takes, so that one that hangs holds up nobody else's stop.
    """
    outcome = steps.Outcome()
    with ctx.database.transaction() as session:
        accounts = due_repository.accounts_with_due_stops(session, now=ctx.clock.now())
    with urgent():
        if len(accounts) < 2 or ctx.workers == 1:
            done = [_account(ctx, account) for account in accounts]
        else:
            with ThreadPoolExecutor(min(_THREADS, len(accounts))) as pool:
                done = [each.result() for each in [pool.submit(copy_context().run, _account, ctx, account) for account in accounts]]
    for each in done:
        outcome.counts.update(each.counts)
    with ctx.database.transaction() as session:
        outcome.counts["waiting"] = len(repository.stopping_ids(session, project_id=None))
    return outcome


def _account(ctx: Context, account_id: UUID) -> steps.Outcome:
    """All stops of one account."""
    outcome = steps.Outcome()
    while _round(ctx, account_id, outcome):
        pass
    return outcome


def _round(ctx: Context, account_id: UUID, outcome: steps.Outcome) -> bool:
    """Send what is due, and read back meanwhile what was acknowledged: nothing that spends waits for a look. Whether anything moved."""
    sent = steps.Outcome()
    moved = False
    if ctx.workers == 1:
        moved = _send_all(ctx, account_id, sent)
    else:
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(copy_context().run, _send_all, ctx, account_id, sent)
            while wait([sending], timeout=_LOOK_GAP_SECONDS).not_done:
                moved = _verify(ctx, account_id, outcome) or moved
        moved = sending.result() or moved
    outcome.counts.update(sent.counts)
    return _verify(ctx, account_id, outcome) or moved


def _claim(ctx: Context, account_id: UUID, states: Sequence[State], outcome: steps.Outcome) -> tuple[list[Stop], bool]:
    """The stops to work on, and whether any other came to an end right here."""
    installation, now = ctx.installation(), ctx.clock.now()
    with ctx.database.transaction() as session:
        rows = repository.lock(session, due_repository.due_stops(session, states=states, now=now, limit=_BATCH, account_id=account_id))
        if not rows:
            return [], False
        ended = False
        by_id = {row.id: row for row in rows}
        roots = repository.roots(session, list(by_id))
        accounts = repository.accounts(session, {row.ad_account_id for row in rows})
        strategies = repository.strategy_ids(session, {row.asset_id for row in rows})
        claimed = []
        for deployment_id, operations in repository.open_stops(session, list(by_id)).items():
            row, root = by_id[deployment_id], roots[deployment_id]
            for operation in operations:
                free = operation.lease_until is None or operation.lease_until < now
                if operation.state not in states or operation.next_attempt_at > now or not free:
                    continue
                if operation.state == State.SENDING:
                    _in_doubt(ctx, operation, root, operation.lease_until or now)
                if operation.generation != row.generation:
                    operation.state, operation.resolved_at, operation.lease_until = State.SUPERSEDED, now, None
                    ended = True
                elif root.external_id is None:
                    # Nothing of ours is there to be on; a create that is still in flight lands paused.
                    operation.state, operation.resolved_at = State.DONE, now
                    finish(session, ctx.clock, row, strategy_id=strategies[row.asset_id])
                    outcome.counts["done"] += 1
                    ended = True
                elif not any(other.state == State.SENDING and other.id != operation.id for other in operations):
                    claimed.append(_take(ctx, operation, root, items([root], installation=installation)[0], accounts[row.ad_account_id]))
    return claimed, ended


def _take(ctx: Context, operation: Operation, root: PlatformObject, item: Item, account: AdAccount) -> Stop:
    operation.lease_until = ctx.lease_end()
    operation.fence += 1
    if operation.state != State.SENT:
        operation.state, operation.sent_at, operation.after_enables = State.SENDING, ctx.clock.now(), root.resolved_enables
        operation.attempts += 1
    return Stop(operation.id, operation.deployment_id, operation.fence, operation.lease_until, item, account)


def _in_doubt(ctx: Context, operation: Operation, root: PlatformObject, lease_end: datetime) -> None:
    """It may still land: sending it again is safe, but no enable may go out before it can have landed."""
    lands = lease_end + ctx.quiet
    root.pause_lands_until = max(root.pause_lands_until or lands, lands)
    operation.ever_in_doubt = True


def _send(ctx: Context, account_id: UUID, outcome: steps.Outcome) -> bool:
    claimed, ended = _claim(ctx, account_id, [State.PLANNED, State.SENDING], outcome)
    if not claimed:
        return ended
    ctx.crash("stop.claimed")
    for account, stops in _by_account(claimed):
        errors: Mapping[UUID, OutsideError]
        try:
            ctx.crash("stop.before_send")
            guard = ctx.guard(min(stop.lease_until for stop in stops))
            errors = ctx.adapter(account).set_status([stop.item for stop in stops], "paused", guard=guard)
        except ZamcError as error:
            outside = as_outside(error)
            errors = {stop.item.obj_key: outside for stop in stops}
        ctx.crash("stop.after_send")
        with ctx.database.transaction() as session:
            for held in _mine(session, stops):
                _acknowledge(ctx, session, held, errors.get(held.root.obj_key))
        ctx.crash("stop.written")
    return True


def _send_all(ctx: Context, account_id: UUID, outcome: steps.Outcome) -> bool:
    """Whether there was anything."""
    sent = False
    while _send(ctx, account_id, outcome):
        sent = True
    return sent


def _acknowledge(ctx: Context, session: Session, held: Held, error: OutsideError | None) -> None:
    now, operation = ctx.clock.now(), held.operation
    repository.record_attempt(
        session,
        operation_id=operation.id,
        call_id=operation.call_id,
        outcome=type(error).__name__ if error else "ok",
        request_hash="pause",
        platform_request_id=error.request_id if error else None,
        error_code=error.code if error else None,
        message=str(error) if error else None,
    )
    operation.lease_until = None
    if error is None:
        operation.state, operation.next_attempt_at, operation.last_error = State.SENT, now, None
    else:
        if isinstance(error, InDoubt):
            _in_doubt(ctx, operation, held.root, held.stop.lease_until)
        operation.error_code, operation.last_error, operation.state = error.code, str(error), State.PLANNED
        # A stop never gives up and never waits long, whatever the platform said.
        named = error.delay if isinstance(error, Later) and error.delay is not None else timedelta(seconds=2 ** min(operation.attempts, 6))
        operation.next_attempt_at = now + min(named, _LONGEST_WAIT)
    if operation.generation != held.deployment.generation:
        operation.state, operation.resolved_at = State.SUPERSEDED, now


def _verify(ctx: Context, account_id: UUID, outcome: steps.Outcome) -> bool:
    claimed, ended = _claim(ctx, account_id, [State.SENT], outcome)
    if not claimed:
        return ended
    first = _read(ctx, claimed)
    ctx.sleep(ctx.limits.read_back_gap)
    second = _read(ctx, claimed)
    ctx.crash("stop.read_back")
    with ctx.database.transaction() as session:
        mine = _mine(session, claimed)
        in_flight = repository.enables_in_flight(session, [held.root.obj_key for held in mine])
        strategies = repository.strategy_ids(session, {held.deployment.asset_id for held in mine})
        for held in mine:
            seen = [look[held.root.obj_key] for look in (first, second) if held.root.obj_key in look]
            view = StopView(
                after_enables=held.operation.after_enables,
                resolved_enables=held.root.resolved_enables,
                enables_in_flight=in_flight.get(held.root.obj_key, 0),
                read_backs=[each.status for each in seen],
            )
            if seen:
                held.root.observed_status, held.root.observed_at = seen[-1].status, ctx.clock.now()
            outcome.counts["done"] += _conclude(ctx, session, held, view, strategies[held.deployment.asset_id])
    return True


def _conclude(ctx: Context, session: Session, held: Held, view: StopView, strategy_id: UUID) -> bool:
    """Whether the stop is done."""
    now, operation, verdict = ctx.clock.now(), held.operation, judge_stop(view)
    operation.lease_until = None
    if operation.generation != held.deployment.generation:
        operation.state, operation.resolved_at = State.SUPERSEDED, now
    elif verdict == StopVerdict.DONE:
        operation.state, operation.resolved_at = State.DONE, now
        finish(session, ctx.clock, held.deployment, strategy_id=strategy_id)
        return True
    elif verdict == StopVerdict.AGAIN:
        operation.state, operation.looks = State.PLANNED, operation.looks + 1
        operation.next_attempt_at = now if operation.looks <= 3 else now + min(_LONGEST_WAIT, _LOOK_AGAIN * operation.looks)
    else:
        operation.next_attempt_at = now + (_DOUBT if view.enables_in_flight else _LOOK_AGAIN)
    return False


def _read(ctx: Context, stops: Sequence[Stop]) -> dict[UUID, Observed]:
    """What the platforms say; an account that does not answer says nothing."""
    seen: dict[UUID, Observed] = {}
    for account, group in _by_account(stops):
        try:
            seen.update(ctx.adapter(account).read([stop.item for stop in group]))
        except ZamcError as error:
            silent = Observed(OnPlatform.MISSING, delivery=str(as_outside(error)))
            seen.update({stop.item.obj_key: silent for stop in group})
    return seen


def _by_account(stops: Sequence[Stop]) -> list[tuple[AdAccount, list[Stop]]]:
    ordered = sorted(stops, key=lambda stop: stop.account.id)
    return [(group[0].account, group) for _, each in groupby(ordered, key=lambda stop: stop.account.id) if (group := list(each))]


def _mine(session: Session, stops: Sequence[Stop]) -> list[Held]:
    """The rows of the stops that nobody has claimed since, with their deployments locked."""
    rows = {row.id: row for row in repository.lock(session, {stop.deployment_id for stop in stops})}
    operations = {row.id: row for row in repository.operations(session, Operation.id.in_([stop.operation_id for stop in stops]))}
    roots = repository.roots(session, list(rows))
    held = []
    for stop in stops:
        operation = operations[stop.operation_id]
        # A resume supersedes a stop while it is under way; what it still learns changes nothing.
        if operation.fence == stop.fence and operation.state in (State.SENDING, State.SENT):
            held.append(Held(stop, operation, roots[stop.deployment_id], rows[stop.deployment_id]))
    return held
