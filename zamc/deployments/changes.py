"""The change lane: CLAIM (checks and commits `sending`) and WRITE (refused when the fence has moved); CALL is in sending.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import due_repository, intents, repository
from zamc.deployments.context import Context, facts, items, switches
from zamc.deployments.ports import Item
from zamc.deployments.rules import State, Verb, why_not_send
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.deployments.tree import fingerprint
from zamc.errors import (
    AlreadyThere,
    ConfigurationError,
    GiveUp,
    InDoubt,
    Later,
    OutsideCallInTransaction,
    OutsideError,
    Throttled,
    ZamcError,
)
from zamc.projects.tables import AdAccount

_ASK_AGAIN = timedelta(seconds=30)
# A claim costs the same few statements however many calls it takes; what its lease does not outlast is planned again unsent.
_CALLS_OF_A_WORKER = 8
# Codes of our own: the claim was too short, or what it needs (a video that is being encoded) was not ready.
NOT_READY = "not-ready"
_NEVER_SENT = ("lease", NOT_READY)
Result = Mapping[UUID, str] | OutsideError


@dataclass(frozen=True)
class Rows:
    """The rows of one call inside the transaction that holds the deployment's lock. objects: those of the call by obj_key."""

    deployment: Deployment
    operations: Sequence[Operation]
    objects: Mapping[UUID, PlatformObject]


@dataclass(frozen=True)
class Call:
    """What one request carries, as it was claimed. fences: by operation; whoever claims later raises them. retries: tries before this."""

    call_id: UUID
    deployment_id: UUID
    account: AdAccount
    verb: Verb
    items: tuple[Item, ...]
    fences: Mapping[UUID, int]
    lease_until: datetime
    request_hash: str
    retries: int = 0


def claim(ctx: Context, verbs: Collection[Verb], *, platform: str | None, only: Collection[UUID] | None) -> list[Call]:
    """One call per deployment, re-checked in this transaction with the deployment's row and the switches locked."""
    installation = ctx.installation()
    now = ctx.clock.now()
    with ctx.database.transaction() as session:
        many = _CALLS_OF_A_WORKER * ctx.workers
        due = due_repository.due_for_change(session, verbs=verbs, platform=platform, only=only, now=now, limit=many)
        if not due:
            return []
        flags = switches(session)
        rows = repository.lock(session, due, skip_locked=True)
        open_changes = repository.open_changes(session, [row.id for row in rows])
        trees = repository.objects(session, [row.id for row in rows])
        known = facts(session, rows, flags, trees)
        accounts = repository.accounts(session, [row.ad_account_id for row in rows])
        calls = []
        for row in rows:
            operations = _next_call(open_changes.get(row.id, []), known[row.id].generation, now)
            if not operations or operations[0].verb not in verbs:
                continue
            verb = Verb(operations[0].verb)
            why = why_not_send(verb, operations[0].generation, known[row.id], now=now)
            if why is not None:
                _postpone(operations, why, known[row.id].pause_lands_until, now)
                continue
            lease_until = ctx.lease_end()
            for operation in operations:
                operation.state, operation.sent_at, operation.lease_until = State.SENDING, now, lease_until
                operation.fence += 1
                operation.attempts += 1
            keys = {operation.obj_key for operation in operations}
            tree = trees.get(row.id, [])
            objects = [each for each in tree if each.obj_key in keys]
            calls.append(
                Call(
                    call_id=operations[0].call_id,
                    deployment_id=row.id,
                    account=accounts[row.ad_account_id],
                    verb=verb,
                    items=tuple(items(objects, installation=installation, among=tree)),
                    fences={operation.id: operation.fence for operation in operations},
                    lease_until=lease_until,
                    request_hash=_request_hash(objects, verb),
                    retries=max(operation.attempts for operation in operations) - 1,
                )
            )
    return calls


def _next_call(open_changes: Sequence[Operation], generation: int, now: datetime) -> list[Operation]:
    """The operations of the first open call, if nothing is in flight and it is due. Stale ones are taken out of the way."""
    if any(each.state in repository.IN_FLIGHT for each in open_changes):
        return []
    current = []
    for each in open_changes:
        if each.generation != generation:
            each.state, each.resolved_at = State.SUPERSEDED, now
        else:
            current.append(each)
    if not current:
        return []
    call = [each for each in current if each.call_id == current[0].call_id]
    return call if all(each.next_attempt_at <= now for each in call) else []


def _postpone(operations: Sequence[Operation], why: str, until: datetime | None, now: datetime) -> None:
    for operation in operations:
        operation.next_attempt_at = max(until or now, now + _ASK_AGAIN) if until is None else max(until, now)
        operation.last_error = why


def _request_hash(objects: Sequence[PlatformObject], verb: Verb) -> str:
    return fingerprint({"verb": str(verb), "objects": {str(each.obj_key): each.spec_hash for each in objects}})


def write_all(ctx: Context, answers: Sequence[tuple[Call, Result]]) -> None:
    """WRITE of several calls in one transaction; should it fail, of each alone, so that nobody's binding is lost with another's."""
    if not answers:
        return
    try:
        with ctx.database.transaction() as session:
            held = lock_calls(session, [call for call, _ in answers])
            for call, result in answers:
                write(ctx, session, call, result, held[call.call_id])
                ctx.crash(f"{call.verb}.before_write")
    except Exception:
        if len(answers) == 1:
            raise
        for answer in answers:
            write_all(ctx, [answer])
        return
    for call, _ in answers:
        ctx.crash(f"{call.verb}.written")


def as_outside(error: ZamcError) -> OutsideError:
    """What went wrong before anything was sent: a connection that is not configured may be later, a picture that is gone never is.

    Raises OutsideCallInTransaction again: that is a bug of ours and no answer of a platform.
    """
    if isinstance(error, OutsideCallInTransaction):
        raise error
    if isinstance(error, OutsideError):
        return error
    kind = Later if isinstance(error, ConfigurationError) else GiveUp
    return kind(str(error), code=type(error).__name__)


def write(ctx: Context, session: Session, call: Call, result: Result, rows: Rows | None) -> None:
    """Bind or refuse or doubt, if this worker still owns the call (rows is None when it does not)."""
    _record(session, call, result, overtaken=rows is None)
    if rows is None:
        return
    if isinstance(result, OutsideError):
        _not_done(ctx, session, call, rows, result)
    elif call.verb == Verb.CREATE:
        for operation in rows.operations:
            bind(operation, rows.objects[operation.obj_key], result[operation.obj_key], now=ctx.clock.now())
    else:
        enabled(ctx, session, rows)


def lock_calls(session: Session, calls: Sequence[Call]) -> dict[UUID, Rows | None]:
    """The rows of claimed calls by call_id, locked; None for one that somebody has claimed since."""
    deployments = {each.id: each for each in repository.lock_families(session, [call.deployment_id for call in calls])}
    known = {each.id: each for each in repository.operations(session, Operation.id.in_([key for call in calls for key in call.fences]))}
    objects = repository.objects_of_keys(session, [each.obj_key for each in known.values()])
    held: dict[UUID, Rows | None] = {}
    for call in calls:
        operations = [each for key, each in known.items() if key in call.fences]
        mine = len(operations) == len(call.fences) and all(each.fence == call.fences[each.id] for each in operations)
        of_call = {each.obj_key: objects[each.obj_key] for each in operations}
        held[call.call_id] = Rows(deployments[call.deployment_id], operations, of_call) if mine else None
    return held


def bind(operation: Operation, target: PlatformObject, external_id: str, *, now: datetime) -> None:
    """Bind once: an object that has an id keeps it."""
    if target.external_id is None:
        target.external_id = external_id
    done(operation, now=now)


def done(operation: Operation, *, now: datetime, state: State = State.DONE) -> None:
    operation.state, operation.resolved_at, operation.lease_until, operation.last_error = state, now, None, None


def plan_again(operation: Operation, deployment: Deployment, *, now: datetime) -> None:
    """It surely did not happen. A create is still needed, whatever the intention; an enable of a replaced intention is not."""
    if operation.verb == Verb.CREATE:
        operation.generation = deployment.generation
    elif operation.generation != deployment.generation:
        done(operation, now=now, state=State.SUPERSEDED)
        return
    operation.state, operation.lease_until = State.PLANNED, None


def enabled(ctx: Context, session: Session, rows: Rows) -> None:
    """The enables took effect. If the intention has moved meanwhile, the stop that is open starts again; nothing is called here."""
    for operation in rows.operations:
        done(operation, now=ctx.clock.now())
    resolved(ctx, session, rows)


def resolved(ctx: Context, session: Session, rows: Rows) -> None:
    """Enables came to an end, well or badly: pauses sent before this moment prove nothing any more."""
    for operation in rows.operations:
        rows.objects[operation.obj_key].resolved_enables += 1
    if rows.deployment.desired_status == "enabled":
        return
    stops = repository.open_stops(session, [rows.deployment.id]).get(rows.deployment.id, [])
    for stop in stops:
        if stop.state == State.SENT:
            stop.state, stop.next_attempt_at = State.PLANNED, ctx.clock.now()
    if not stops:
        intents.stop_again(session, rows.deployment, clock=ctx.clock, by="protocol", reason="an enable ended after the stop")


def _not_done(ctx: Context, session: Session, call: Call, rows: Rows, error: OutsideError) -> None:
    now, first = ctx.clock.now(), rows.operations[0]
    again = isinstance(error, Throttled) or first.attempts < ctx.limits.most_attempts
    for operation in rows.operations:
        operation.error_code, operation.last_error = error.code, str(error)
    if isinstance(error, InDoubt) or (isinstance(error, AlreadyThere) and again):
        for operation in rows.operations:
            operation.state, operation.lease_until, operation.looks = State.IN_DOUBT, None, 0
            operation.ever_in_doubt = True
            # The name being taken is an answer: it is there, and may be looked up at once.
            operation.next_attempt_at = now if isinstance(error, AlreadyThere) else call.lease_until + ctx.quiet
    elif isinstance(error, Later) and again:
        for operation in rows.operations:
            if error.code in _NEVER_SENT or isinstance(error, Throttled):
                operation.attempts -= 1  # it was never sent, or there was no room: nothing is wrong with it
            steps.wait(operation, error, now=now)
            plan_again(operation, rows.deployment, now=now)
        # Some of a call's enables may have gone through before the platform throttled the rest.
        if call.verb == Verb.ENABLE:
            resolved(ctx, session, rows)
    else:
        refused(ctx, session, rows, error)


def refused(ctx: Context, session: Session, rows: Rows, error: OutsideError) -> None:
    """Refused is not off: a stop follows, and only its end declares the failure and releases money."""
    for operation in rows.operations:
        operation.error_code, operation.last_error = error.code, str(error)
        operation.state, operation.resolved_at, operation.lease_until = State.REFUSED, ctx.clock.now(), None
    intents.withdraw(session, ctx.clock, rows.deployment, reason=str(error))
    if rows.operations[0].verb == Verb.ENABLE:
        resolved(ctx, session, rows)


def _record(session: Session, call: Call, result: Result, *, overtaken: bool) -> None:
    error = result if isinstance(result, OutsideError) else None
    outcome = type(error).__name__ if error else "ok"
    repository.record_attempt(
        session,
        operation_id=next(iter(call.fences)),
        call_id=call.call_id,
        outcome=f"overtaken:{outcome}" if overtaken else outcome,
        request_hash=call.request_hash,
        platform_request_id=error.request_id if error else None,
        error_code=error.code if error else None,
        message=str(error) if error else None,
    )
