"""Changes of what is live, carried out: send, read back, and only then believe it.

An update goes planned -> sending -> sent -> done. `sent` was acknowledged; `done` was read back. The spec of an object is rewritten when
the platform shows the new values, never before, so that whatever interrupts a change leaves a record of what is really there.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import changes_repository, repository
from zamc.deployments.change_rules import Seen, judge, why_not_update
from zamc.deployments.changes import Call, Rows, as_outside, done, lock_calls, plan_again
from zamc.deployments.conclusions import conclude, keep
from zamc.deployments.context import Context, facts, items, switches
from zamc.deployments.ports import Item
from zamc.deployments.rules import State, Verb
from zamc.deployments.tables import Deployment, Operation
from zamc.deployments.tree import fingerprint
from zamc.deployments.watch_tables import DeploymentChange
from zamc.errors import GiveUp, InDoubt, Later, OutsideError, Throttled, ZamcError
from zamc.telemetry.context import handed_on

_BATCH = 200
_ASK_AGAIN = timedelta(seconds=30)
_LOOK_AGAIN = timedelta(seconds=5)
_READS = 6


def run(ctx: Context, *, only: Collection[UUID] | None) -> int:
    """Send, read back and conclude what is due. Returns how much was moved."""
    moved = 0
    while True:
        sent = _each(ctx, _claim(ctx, State.PLANNED, only=only), _send)
        read = _each(ctx, _claim(ctx, State.SENT, only=only), _verify)
        over = _conclude_all(ctx, only=only)
        moved += sent + read + over
        if not sent + read + over:
            return moved


def _each(ctx: Context, calls: Sequence[Call], act: Any) -> int:
    if len(calls) < 2 or ctx.workers == 1:
        for call in calls:
            act(ctx, call)
    else:
        with ThreadPoolExecutor(ctx.workers) as pool:
            list(pool.map(handed_on(lambda call: act(ctx, call)), calls))
    return len(calls)


def _claim(ctx: Context, state: State, *, only: Collection[UUID] | None) -> list[Call]:
    """One call per deployment, re-checked in this transaction with the deployment's row and the switches locked."""
    installation, now = ctx.installation(), ctx.clock.now()
    with ctx.database.transaction() as session:
        due = changes_repository.due_updates(session, states=[state], only=only, now=now, limit=_BATCH)
        if not due:
            return []
        flags = switches(session)
        rows = repository.lock(session, due, skip_locked=True)
        trees = repository.objects(session, [row.id for row in rows])
        known = facts(session, rows, flags, trees)
        open_changes = repository.open_changes(session, [row.id for row in rows])
        accounts = repository.accounts(session, {row.ad_account_id for row in rows})
        calls = []
        for row in rows:
            operations = _next(open_changes.get(row.id, []), row, state, now)
            change = changes_repository.change_of(session, row.id, operations[0].generation) if operations else None
            if not operations or change is None:
                continue
            if state == State.PLANNED and (why := why_not_update(operations[0].generation, known[row.id])):
                for operation in operations:
                    operation.next_attempt_at, operation.last_error = now + _ASK_AGAIN, why
                continue
            lease_until = ctx.lease_end()
            for operation in operations:
                operation.lease_until = lease_until
                operation.fence += 1
                if state == State.PLANNED:
                    operation.state, operation.sent_at = State.SENDING, now
                    operation.attempts += 1
            keys = {operation.obj_key for operation in operations}
            tree = trees[row.id]
            wanted = items([each for each in tree if each.obj_key in keys], installation=installation, among=tree)
            calls.append(
                Call(
                    call_id=operations[0].call_id,
                    deployment_id=row.id,
                    account=accounts[row.ad_account_id],
                    verb=Verb.UPDATE,
                    items=tuple(only_changed(wanted, change)),
                    fences={operation.id: operation.fence for operation in operations},
                    lease_until=lease_until,
                    request_hash=fingerprint(change.objects),
                )
            )
        return calls


def _next(open_changes: Sequence[Operation], row: Deployment, state: State, now: Any) -> list[Operation]:
    """The operations of the first call in that state that is due, if nothing is in flight. Stale ones are taken out of the way."""
    current = []
    for each in open_changes:
        if each.verb == Verb.UPDATE and each.generation != row.generation and each.state in (State.PLANNED, State.SENT):
            if each.state == State.SENT:
                current.append(each)  # it was acknowledged: what became of it is still looked at
            else:
                done(each, now=now, state=State.SUPERSEDED)
        else:
            current.append(each)
    if any(each.state in repository.IN_FLIGHT for each in current):
        return []
    updates = [each for each in current if each.verb == Verb.UPDATE and each.state == state]
    if not updates or (state == State.PLANNED and current[0] is not updates[0]):
        return []
    call = [each for each in updates if each.call_id == updates[0].call_id]
    free = all(each.lease_until is None or each.lease_until < now for each in call)
    return call if free and all(each.next_attempt_at <= now for each in call) else []


def only_changed(wanted: Sequence[Item], change: DeploymentChange) -> list[Item]:
    """Items whose specs hold the new values and nothing else, as the port takes them."""
    return [replace(item, spec=change.objects[str(item.obj_key)]["after"]) for item in wanted if str(item.obj_key) in change.objects]


def _send(ctx: Context, call: Call) -> None:
    errors: Mapping[UUID, OutsideError]
    guard = ctx.guard(call.lease_until)
    try:
        guard()
        ctx.crash("update.before_send")
        errors = ctx.adapter(call.account).update(call.items, guard=guard)
    except ZamcError as error:
        outside = as_outside(error)
        errors = {item.obj_key: outside for item in call.items}
    ctx.crash("update.after_send")
    with ctx.database.transaction() as session:
        rows = lock_calls(session, [call])[call.call_id]
        _record(session, call, next(iter(errors.values()), None), overtaken=rows is None)
        for operation in rows.operations if rows else ():
            _acknowledge(ctx, call, rows.deployment, operation, errors.get(operation.obj_key))  # type: ignore[union-attr]
    ctx.crash("update.written")


def _acknowledge(ctx: Context, call: Call, row: Deployment, operation: Operation, error: OutsideError | None) -> None:
    now = ctx.clock.now()
    operation.lease_until = None
    if error is None:
        operation.state, operation.next_attempt_at, operation.looks, operation.last_error = State.SENT, now, 0, None
        return
    operation.error_code, operation.last_error = error.code, str(error)
    if isinstance(error, InDoubt):
        operation.state, operation.ever_in_doubt, operation.looks = State.IN_DOUBT, True, 0
        operation.next_attempt_at = call.lease_until + ctx.quiet
    elif isinstance(error, Later) and operation.attempts < ctx.limits.most_attempts:
        if error.code == "lease" or isinstance(error, Throttled):
            operation.attempts -= 1  # it was never sent, or there was no room for it
        steps.wait(operation, error, now=now)
        plan_again(operation, row, now=now)
    else:
        # A name that is taken is a refusal too: nothing is made here that could have landed before.
        done(operation, now=now, state=State.REFUSED)
        operation.last_error = str(error)


def _verify(ctx: Context, call: Call) -> None:
    """Read what was acknowledged until the platform shows it: reads lag."""
    try:
        seen: Mapping[UUID, Mapping[str, Any]] | OutsideError = ctx.adapter(call.account).values(call.items)
    except ZamcError as error:
        seen = as_outside(error)
    ctx.crash("update.read_back")
    with ctx.database.transaction() as session:
        rows = lock_calls(session, [call])[call.call_id]
        if rows is None:
            return
        for operation in rows.operations:
            operation.lease_until = None
        if isinstance(seen, OutsideError):
            for operation in rows.operations:
                steps.wait(operation, seen if isinstance(seen, Later) else Later(str(seen)), now=ctx.clock.now())
        else:
            looked(ctx, session, rows, seen)
    ctx.crash("update.concluded")


def looked(ctx: Context, session: Session, rows: Rows, seen: Mapping[UUID, Mapping[str, Any]]) -> None:
    """What a look says of updates that were acknowledged (sent) or may have happened (in doubt, after Q)."""
    now = ctx.clock.now()
    for operation in rows.operations:
        target = rows.objects[operation.obj_key]
        change = changes_repository.change_of(session, rows.deployment.id, operation.generation)
        if change is None or str(operation.obj_key) not in change.objects:
            done(operation, now=now, state=State.SUPERSEDED)
            continue
        values = change.objects[str(operation.obj_key)]
        operation.lease_until = None
        verdict = judge(values["before"], values["after"], seen.get(operation.obj_key))
        if verdict == Seen.NEW:
            keep(target, values["after"], at=now)
            done(operation, now=now)
        else:
            _not_shown(ctx, rows.deployment, operation, verdict)


def _not_shown(ctx: Context, row: Deployment, operation: Operation, verdict: Seen) -> None:
    now = ctx.clock.now()
    operation.looks += 1
    if verdict == Seen.GONE and operation.looks >= _READS:
        gone = GiveUp("the platform does not show the object any more", code="removed")
        done(operation, now=now, state=State.REFUSED)
        operation.error_code, operation.last_error = gone.code, str(gone)
    elif operation.state == State.IN_DOUBT and verdict != Seen.GONE:
        # Q has passed: it did not land and never will. The value is absolute, so that sending it again is safe.
        plan_again(operation, row, now=now)
        operation.next_attempt_at = now
        _give_up(ctx, operation)
    elif operation.looks >= _READS and verdict != Seen.GONE:
        # Acknowledged, and still not shown: somebody changed it back, or it was never carried out. It is sent again.
        plan_again(operation, row, now=now)
        operation.next_attempt_at, operation.looks = now, 0
        _give_up(ctx, operation)
    else:
        operation.next_attempt_at = now + _LOOK_AGAIN


def _give_up(ctx: Context, operation: Operation) -> None:
    if operation.state == State.PLANNED and operation.attempts >= ctx.limits.most_attempts:
        done(operation, now=ctx.clock.now(), state=State.REFUSED)
        operation.error_code, operation.last_error = "never-seen", f"sent {operation.attempts} times and never shown by the platform"


def _conclude_all(ctx: Context, *, only: Collection[UUID] | None) -> int:
    with ctx.database.transaction() as session:
        due = changes_repository.finished_changes(session, only=only)
    for deployment_id in due:
        with ctx.database.transaction() as session:
            for row in repository.lock(session, [deployment_id]):
                if (change := changes_repository.applying(session, row.id)) is not None:
                    conclude(session, ctx.clock, row, change)
    return len(due)


def _record(session: Session, call: Call, error: OutsideError | None, *, overtaken: bool) -> None:
    outcome = type(error).__name__ if error else "ok"
    for operation_id in call.fences:
        repository.record_attempt(
            session,
            operation_id=operation_id,
            call_id=call.call_id,
            outcome=f"overtaken:{outcome}" if overtaken else outcome,
            request_hash=call.request_hash,
            platform_request_id=error.request_id if error else None,
            error_code=error.code if error else None,
            message=str(error) if error else None,
        )
