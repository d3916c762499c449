"""Objects on a platform that carry our marker but are bound to no row, or whose key is bound to another id.

Looking never removes: only a paused duplicate whose key is bound elsewhere goes. Without that, an object whose create is still being
written down would be taken away from under its worker. What is done to a stray leaves an operation and its attempts, in a lane and in
generations (below zero) of its own: no intention speaks of it.

A campaign whose key no row of any account has is more than a stray: rows are written before anything is sent and are never deleted, so the
database must have gone back in time (or a copy of it is at work). Everything is held, once for each such campaign: adopting notes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from zamc import steps
from zamc.database.ids import uuid7
from zamc.deployments import hold, repository, sweeps_repository
from zamc.deployments.changes import as_outside
from zamc.deployments.context import HOLD, OFF, ON, Context, switches
from zamc.deployments.intents import ROOT
from zamc.deployments.ports import Guard, Item
from zamc.deployments.repository import Bound
from zamc.deployments.rules import Lane, OnPlatform, State, Verb, find_marker
from zamc.deployments.tables import Operation
from zamc.errors import InDoubt, OutsideError, ZamcError
from zamc.events.alert_codes import AlertCode
from zamc.notifications import alerts
from zamc.projects import repository as projects
from zamc.projects.tables import AdAccount

_STRAY = UUID("6b1f3c1e-6a52-5f0e-9a53-5a414d430002")
_TRIES = 3
STILL_ON, PAUSED = "on", "paused"
Unbound = tuple[str, str, str, str, int]


@dataclass(frozen=True)
class Stray:
    """Something with our marker that no row is bound to. obj_key, bound_to: what our record says of its key, if it knows it."""

    kind: str
    external_id: str
    name: str
    status: str
    deployment_id: UUID | None
    obj_key: UUID | None
    bound_to: str | None

    @property
    def item(self) -> Item:
        return Item(uuid5(_STRAY, self.external_id), self.kind, "stray", "", {}, external_id=self.external_id)


def sweep(ctx: Context, account: AdAccount, unbound: Sequence[Unbound], outcome: steps.Outcome) -> None:
    """Pause strays that are on until two read-backs say that they are off, remove paused duplicates, report the rest."""
    with ctx.database.transaction() as session:
        # Of a worker that died after its call was carried out: nothing shows the stray any more, so nobody claims it again.
        sweeps_repository.end_abandoned(session, account.id, at=ctx.clock.now())
    if not unbound:
        return
    with ctx.database.transaction() as session:
        bound = repository.keys_bound(session, account.id)
    for stray in _strays(unbound, bound, account):
        outcome.counts["orphans"] += 1
        if stray.obj_key is None:
            _unknown(ctx, account, stray)
        if stray.status == OnPlatform.ENABLED and stray.kind == ROOT:
            if (swept := _carry_out(ctx, account, stray, Verb.PAUSE)) is not None:
                _tell(ctx, account, stray, swept.error)
        elif stray.bound_to is not None and stray.status == OnPlatform.PAUSED:
            swept = _carry_out(ctx, account, stray, Verb.REMOVE)
            outcome.counts["removed"] += swept is not None and swept.error is None
            _late(ctx, account, stray)


def _strays(unbound: Sequence[Unbound], bound: Mapping[str, Bound], account: AdAccount) -> list[Stray]:
    found = []
    for kind, external_id, name, status, _ in unbound:
        marked = find_marker(name)
        if marked is None:
            continue
        known = bound.get(marked[1])
        if known is None:
            found.append(Stray(kind, external_id, name, status, None, None, None))
        # Another project's in the same account: its own watch deals with it.
        elif known.ad_account_id == account.id and known.external_id != external_id:
            found.append(Stray(kind, external_id, name, status, known.deployment_id, known.obj_key, known.external_id))
    return found


def _carry_out(ctx: Context, account: AdAccount, stray: Stray, verb: Verb) -> "_Swept | None":
    """Send it, read back what became of it, and write that down. None: it is left to somebody else, or to another look."""
    # Whoever adopts after a restore waits for as long as a lease: a call that began later could take away what was bound meanwhile.
    guard = ctx.guard(ctx.lease_end())
    operation_id = _claim(ctx, stray, verb)
    if stray.obj_key is not None and operation_id is None:
        return None
    ctx.crash(f"sweep.{verb}.claimed")
    error: OutsideError | None = None
    for attempt in range(_TRIES):
        if attempt:
            ctx.sleep(ctx.limits.read_back_gap)
        try:
            _send(ctx, account, stray, verb, guard)
            error = None if _is_off(ctx, account, stray) else InDoubt("the platform still shows it on", code="still-on")
        except ZamcError as refused:
            error = as_outside(refused)
        if error is None or verb == Verb.REMOVE:
            break
    ctx.crash(f"sweep.{verb}.sent")
    swept = _Swept(stray, verb, operation_id, error)
    _write(ctx, account, swept)
    return swept


def _send(ctx: Context, account: AdAccount, stray: Stray, verb: Verb, guard: Guard) -> None:
    adapter = ctx.adapter(account)
    if verb == Verb.REMOVE:
        adapter.remove(stray.kind, stray.external_id, guard=guard)
        return
    if errors := adapter.set_status([stray.item], "paused", guard=guard):
        raise next(iter(errors.values()))


def _is_off(ctx: Context, account: AdAccount, stray: Stray) -> bool:
    """Two read-backs, neither of them on."""
    for _ in range(2):
        seen = ctx.adapter(account).read([stray.item]).get(stray.item.obj_key)
        if seen is not None and seen.status == OnPlatform.ENABLED:
            return False
        ctx.sleep(ctx.limits.read_back_gap)
    return True


def _claim(ctx: Context, stray: Stray, verb: Verb) -> UUID | None:
    """An operation of the sweep lane, unless somebody else's is under way. A worker that died leaves one behind: it is over.

    Nothing is removed while everything is on hold, or when the record is not the one any more that called it a duplicate.
    """
    if stray.obj_key is None or stray.deployment_id is None:
        return None
    now = ctx.clock.now()
    with ctx.database.transaction() as session:
        flags = switches(session)
        repository.lock(session, [stray.deployment_id])
        known = repository.objects_of_keys(session, [stray.obj_key]).get(stray.obj_key)
        if known is None or (verb == Verb.REMOVE and (flags.get(HOLD, ON) != OFF or known.external_id != stray.bound_to)):
            return None
        before = sweeps_repository.of_key(session, stray.obj_key)
        for each in before:
            if each.state in repository.IN_FLIGHT:
                if each.lease_until is not None and each.lease_until > now:
                    return None
                each.state, each.resolved_at, each.lease_until = State.SUPERSEDED, now, None
        session.flush()
        operation = Operation(
            id=uuid7(), obj_key=stray.obj_key, deployment_id=stray.deployment_id, generation=-1 - len(before), verb=verb, lane=Lane.SWEEP,
            state=State.SENDING, call_id=uuid7(), sent_at=now, next_attempt_at=now, lease_until=ctx.lease_end(), attempts=1,
        )  # fmt: skip
        session.add(operation)
        return operation.id


@dataclass(frozen=True)
class _Swept:
    """What came of one sweep. operation_id: None when no record knows the key; error: why it is not surely done."""

    stray: Stray
    verb: Verb
    operation_id: UUID | None
    error: OutsideError | None


def _write(ctx: Context, account: AdAccount, swept: _Swept) -> None:
    stray, verb, operation_id, error = swept.stray, swept.verb, swept.operation_id, swept.error
    with ctx.database.transaction() as session:
        action = f"stray.{verb}" if error is None else f"stray.{verb}.failed"
        projects.audit(
            session, actor="watch", action=action, project_id=account.project_id, subject_id=stray.obj_key, external_id=stray.external_id,
            kind=stray.kind, name=stray.name,
        )  # fmt: skip
        if operation_id is None:
            return
        [operation] = repository.operations(session, Operation.id == operation_id)
        repository.record_attempt(
            session,
            operation_id=operation.id,
            call_id=operation.call_id,
            outcome=type(error).__name__ if error else "ok",
            request_hash=f"{verb}:{stray.external_id}",
            platform_request_id=error.request_id if error else None,
            error_code=error.code if error else None,
            message=str(error) if error else None,
        )
        operation.state = State.DONE if error is None else State.REFUSED
        operation.ever_in_doubt = isinstance(error, InDoubt)
        operation.resolved_at, operation.lease_until, operation.last_error = ctx.clock.now(), None, str(error) if error else None


def _tell(ctx: Context, account: AdAccount, stray: Stray, error: OutsideError | None) -> None:
    what = f"pausing it failed: {error}" if error else "it was paused"
    with ctx.database.transaction() as session:
        if error is None:
            alerts.clear(session, AlertCode.STRAY_ON, f"{account.id}:{stray.external_id}:{STILL_ON}", at=ctx.clock.now())
        alerts.raise_once(
            session, AlertCode.STRAY_ON, f"{account.id}:{stray.external_id}:{STILL_ON if error else PAUSED}", severity="critical",
            title=f"A campaign of ours that no record knows was on in {account.external_id}; {what}"[:500], project_id=account.project_id,
            platform=account.platform, external_id=stray.external_id, name=stray.name,
        )  # fmt: skip
    _late(ctx, account, stray)


def _late(ctx: Context, account: AdAccount, stray: Stray) -> None:
    """A duplicate means that a create was looked up, not found, sent again, and landed after all: after Q."""
    if stray.bound_to is None or stray.kind != ROOT:
        return
    with ctx.database.transaction() as session:
        alerts.raise_once(
            session, AlertCode.LATE_LANDING, f"{account.id}:{stray.external_id}", severity="warning",
            title=f"A create landed after the quiet period in {account.external_id}: {stray.name}"[:500], project_id=account.project_id,
            deployment_id=stray.deployment_id, platform=account.platform, external_id=stray.external_id,
        )  # fmt: skip


def _unknown(ctx: Context, account: AdAccount, stray: Stray) -> None:
    """No record of this account knows its key. A person looks; nothing is removed. A campaign of nobody's at all holds everything."""
    marked = find_marker(stray.name)
    with ctx.database.transaction() as session:
        fresh = note(session, account, kind=stray.kind, external_id=stray.external_id, name=stray.name)
        # What somebody copied from another account of ours carries a key that is known there.
        if fresh and stray.kind == ROOT and marked is not None and not repository.knows_marker(session, marked[1]):
            reason = f"{account.platform} account {account.external_id} holds a campaign of ours that no record knows: {stray.name}"
            hold.suspect(session, ctx.clock, reason=reason[:300])


def note(session: Session, account: AdAccount, *, kind: str, external_id: str, name: str) -> bool:
    """Remember, by its alert, something of ours that no record knows. Returns whether it is new: told once, it is no new sign."""
    return alerts.raise_once(
        session, AlertCode.STRAY_UNKNOWN, f"{account.id}:{external_id}", severity="info",
        title=f"{account.external_id} holds a {kind} of ours that no record knows: {name}"[:500],
        project_id=account.project_id, platform=account.platform, external_id=external_id,
    )  # fmt: skip
