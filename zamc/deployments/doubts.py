"""Recovery: what may or may not have happened is looked up by its marker, after Q, before anything is sent again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import changes_repository, due_repository, repository, updates
from zamc.deployments.changes import Call, Rows, as_outside, bind, enabled, lock_calls, plan_again, refused, resolved
from zamc.deployments.context import Context, items
from zamc.deployments.ports import Found, Item, Observed
from zamc.deployments.rules import LOOKS_BEFORE_RESEND, OnPlatform, State, Verb
from zamc.errors import GiveUp, Later, OutsideError, ZamcError

_READ_LAG = timedelta(seconds=5)
Look = Mapping[UUID, Sequence[Found]] | Mapping[UUID, Observed] | Mapping[UUID, Mapping[str, Any]] | OutsideError


def resolve(ctx: Context, *, platform: str | None, only: Collection[UUID] | None) -> int:
    """Look up every doubt that is due. Returns how many looks were taken."""
    looks = 0
    while calls := _claim(ctx, platform=platform, only=only):
        for call in calls:
            ctx.crash("doubt.claimed")
            _look(ctx, call)
            looks += 1
    return looks


def _claim(ctx: Context, *, platform: str | None, only: Collection[UUID] | None) -> list[Call]:
    """From here on the worker that sent it cannot write any more: its fence has moved."""
    installation, now = ctx.installation(), ctx.clock.now()
    with ctx.database.transaction() as session:
        due = due_repository.doubtful(session, platform=platform, only=only, now=now, quiet=ctx.quiet, limit=50)
        rows = repository.lock(session, due, skip_locked=True)
        open_changes = repository.open_changes(session, [row.id for row in rows])
        trees = repository.objects(session, [row.id for row in rows])
        accounts = repository.accounts(session, [row.ad_account_id for row in rows])
        calls = []
        for row in rows:
            doubtful = [each for each in open_changes.get(row.id, []) if due_repository.may_look(each, now=now, quiet=ctx.quiet)]
            if not doubtful:
                continue
            operations = [each for each in doubtful if each.call_id == doubtful[0].call_id]
            lease_until = ctx.lease_end()
            for operation in operations:
                operation.state, operation.ever_in_doubt, operation.lease_until = State.IN_DOUBT, True, lease_until
                operation.fence += 1
            keys = {operation.obj_key for operation in operations}
            tree = trees[row.id]
            wanted = items([each for each in tree if each.obj_key in keys], installation=installation, among=tree)
            if operations[0].verb == Verb.UPDATE and (change := changes_repository.change_of(session, row.id, operations[0].generation)):
                wanted = updates.only_changed(wanted, change)  # the fields that the change is about, and no others, are looked at
            calls.append(
                Call(
                    call_id=operations[0].call_id,
                    deployment_id=row.id,
                    account=accounts[row.ad_account_id],
                    verb=Verb(operations[0].verb),
                    items=tuple(wanted),
                    fences={operation.id: operation.fence for operation in operations},
                    lease_until=lease_until,
                    request_hash="look",
                )
            )
    return calls


def _look(ctx: Context, call: Call) -> None:
    seen: Look
    try:
        adapter = ctx.adapter(call.account)
        looks: Mapping[Verb, Callable[[Sequence[Item]], Look]] = {Verb.CREATE: adapter.find, Verb.UPDATE: adapter.values}
        seen = looks.get(call.verb, adapter.read)(call.items)
    except ZamcError as error:
        seen = as_outside(error)
    ctx.crash("doubt.looked")
    with ctx.database.transaction() as session:
        rows = lock_calls(session, [call])[call.call_id]
        if rows is None:
            return
        if isinstance(seen, OutsideError):
            for operation in rows.operations:
                steps.wait(operation, seen if isinstance(seen, Later) else Later(str(seen)), now=ctx.clock.now())
        elif call.verb == Verb.UPDATE:
            updates.looked(ctx, session, rows, seen)  # type: ignore[arg-type]  # values was called
        elif call.verb == Verb.CREATE:
            _created(ctx, session, call, rows, seen)  # type: ignore[arg-type]  # find was called
        else:
            _enabled(ctx, session, rows, seen)  # type: ignore[arg-type]  # read was called
    ctx.crash("doubt.written")


def _created(ctx: Context, session: Session, call: Call, rows: Rows, found: Mapping[UUID, Sequence[Found]]) -> None:
    """One hit binds, several bind the oldest (watch removes the rest), none plans again. Nothing is removed here."""
    now = ctx.clock.now()
    hits = {operation.obj_key: found.get(operation.obj_key, ()) for operation in rows.operations}
    missing = [operation for operation in rows.operations if not hits[operation.obj_key]]
    if not missing:
        for operation in rows.operations:
            # After a restore, what spends is ours before what is oldest; otherwise nothing unbound is ever on.
            first = min(hits[operation.obj_key], key=lambda each: (each.status != OnPlatform.ENABLED, each.order))
            bind(operation, rows.objects[operation.obj_key], first.external_id, now=now)
        _note(session, call, "found")
        return
    for operation in rows.operations:
        operation.lease_until = None
    if len(missing) < len(rows.operations):
        # One request is carried out whole or not at all: what is missing is only not shown yet.
        for operation in rows.operations:
            operation.next_attempt_at = now + _READ_LAG
        return
    looks = LOOKS_BEFORE_RESEND[call.account.platform]
    for operation in rows.operations:
        operation.looks += 1
        if operation.looks < looks:
            operation.next_attempt_at = now + ctx.quiet
        else:
            plan_again(operation, rows.deployment, now=now)
            operation.next_attempt_at = now
    _note(session, call, "not found")
    if rows.operations[0].attempts >= ctx.limits.most_attempts and rows.operations[0].state == State.PLANNED:
        refused(ctx, session, rows, GiveUp(f"sent {ctx.limits.most_attempts} times and never seen", code="never-seen"))


def _enabled(ctx: Context, session: Session, rows: Rows, seen: Mapping[UUID, Observed]) -> None:
    now = ctx.clock.now()
    statuses = {seen[operation.obj_key].status if operation.obj_key in seen else OnPlatform.MISSING for operation in rows.operations}
    if statuses == {OnPlatform.ENABLED}:
        enabled(ctx, session, rows)
    elif OnPlatform.REMOVED in statuses:
        refused(ctx, session, rows, GiveUp("it was removed on the platform", code="removed"))
    elif OnPlatform.MISSING in statuses:
        for operation in rows.operations:
            operation.lease_until, operation.next_attempt_at = None, now + _READ_LAG
    else:
        # Q has passed: it has not landed and never will. Absolute values make sending it again safe.
        for operation in rows.operations:
            plan_again(operation, rows.deployment, now=now)
            operation.next_attempt_at = now
        resolved(ctx, session, rows)


def _note(session: Session, call: Call, outcome: str) -> None:
    repository.record_attempt(
        session,
        operation_id=next(iter(call.fences)),
        call_id=call.call_id,
        outcome=outcome,
        request_hash=call.request_hash,
        platform_request_id=None,
        error_code=None,
        message=None,
    )
