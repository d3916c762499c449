"""Reconcile, from the platform's side too: read what an account shows in bulk, compare it in bulk, and act on what differs.

What is on against our record is paused first and asked about afterwards; other outside changes become drift records. Accounts are read at
the same time, and one that hangs delays no other. No transaction is open while a platform is asked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Semaphore
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import (
    drift,
    drift_answers,
    intents,
    judging,
    meta_money,
    orphans,
    reconcile_repository,
    repository,
    settings_drift,
    watch_repository,
)
from zamc.deployments.changes import as_outside
from zamc.deployments.context import Context, items
from zamc.deployments.endings import identity
from zamc.deployments.intents import ROOT, WITH_STATUS
from zamc.deployments.ports import OutsideChange, Shown
from zamc.deployments.reconcile_repository import Seen, Spool
from zamc.deployments.rules import Desired, OnPlatform, Status, installation_prefix
from zamc.deployments.settings_drift import Compared
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.errors import Conflict, InvalidInput, SpendRefused, ZamcError
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AUTOPILOT, DeploymentDrifted
from zamc.events.repository import emit
from zamc.notifications import alerts
from zamc.projects.tables import AdAccount

_CHUNK = 500
_THREADS = 16
# Each comparison keeps a connection of the pool and now and then needs a second one: more at once would wait for each other.
_COMPARED_AT_ONCE = 3
_READ_AT_ONCE = 500
# A round asks for what changed since the one before, and a little more: platforms write their histories late.
_OVERLAP = timedelta(minutes=10)
_FIRST_HISTORY = timedelta(days=1)
Transactions = Callable[[], AbstractContextManager[Session]]


@dataclass
class Round:
    """One look at one account."""

    ctx: Context
    account: AdAccount
    outcome: steps.Outcome
    full: bool
    only: Collection[UUID] | None
    started: datetime
    room: Semaphore
    since: datetime | None = None
    history: Mapping[str, OutsideChange] = field(default_factory=dict)
    settings: Mapping[UUID, Compared] = field(default_factory=dict)
    gone: Mapping[UUID, UUID] = field(default_factory=dict)


def run(ctx: Context, *, only: Collection[UUID] | None, full: bool) -> steps.Outcome:
    """Look at every account with something of ours. full: everything in it, else what may have changed since the last round.

    counts: read (deployments that were looked at), objects (rows that platforms showed), new (deployments with something new), verdicts
    (that changed), drifted, accepted, reverted, orphans, removed, accounts, silent (accounts that did not answer).
    """
    outcome = steps.Outcome()
    ctx.installation()
    with ctx.database.transaction() as session:
        accounts = watch_repository.watched_accounts(session, only=only)

    room = Semaphore(_COMPARED_AT_ONCE)

    def one(account: AdAccount) -> steps.Outcome:
        mine = steps.Outcome()
        _account(Round(ctx, account, mine, full, only, ctx.clock.now(), room))
        return mine

    if ctx.workers == 1 or len(accounts) < 2:
        results = [one(account) for account in accounts]
    else:
        with ThreadPoolExecutor(min(_THREADS, len(accounts))) as pool:
            results = [each.result() for each in [pool.submit(copy_context().run, one, account) for account in accounts]]
    for each in results:
        outcome.counts.update(each.counts)
        outcome.errors.update(each.errors)
    outcome.counts["accounts"] = len(accounts)
    return outcome


def _account(look: Round) -> None:
    """One account; one that does not answer is told once and looked at again in the next round."""
    ctx, account = look.ctx, look.account
    spool = Spool()
    try:
        with ctx.database.transaction() as session:
            known = watch_repository.look_of(session, account.id)
            never = known.seen_until is None
            look.since = None if look.full or never or known.seen_until is None else known.seen_until - _OVERLAP
        _read(look, spool)
        look.outcome.counts["objects"] += spool.rows
        with look.room, ctx.database.pinned() as transactions:
            unbound = _compare(look, spool, transactions)
        orphans.sweep(ctx, account, unbound, look.outcome)
        _answered(look)
    except ZamcError as error:
        _silent(look, as_outside(error))
    finally:
        spool.close()


def _read(look: Round, spool: Spool) -> None:
    """Everything that is asked of the platform before anything is compared."""
    ctx, account = look.ctx, look.account
    adapter = ctx.adapter(account)
    if look.only is not None:
        spool.add(_read_objects(look, _bound(look)))
        return
    state = adapter.account()
    with ctx.database.transaction() as session:
        judging.account(session, ctx.clock, account, state)
        waiting = [] if look.since is None else reconcile_repository.unreviewed(session, account.id, limit=_READ_AT_ONCE)
    shown: set[tuple[str, str]] = set()
    keep = bool(waiting)
    for page in adapter.survey(installation_prefix(ctx.installation()), since=look.since):
        spool.add(page)
        if keep:
            shown |= {(each.kind, each.external_id) for each in page}
    if waiting:
        spool.add(_read_objects(look, waiting, but=shown))
    _histories(look)


def _histories(look: Round) -> None:
    """Who changed what since the last round, and how what they touched is set now."""
    ctx = look.ctx
    changes = ctx.adapter(look.account).history(look.since or look.started - _FIRST_HISTORY, look.started)
    newest: dict[str, OutsideChange] = {}
    for each in changes:
        key = f"{each.kind}:{each.external_id}"
        if key not in newest or each.at > newest[key].at:
            newest[key] = each
    look.history = newest
    look.settings = settings_drift.read(ctx, look.account, list(newest.values()), full=look.since is None)


def _bound(look: Round) -> list[UUID]:
    with look.ctx.database.transaction() as session:
        rows = [row for row in repository.watched(session, only=look.only) if row.ad_account_id == look.account.id]
        trees = repository.objects(session, [row.id for row in rows])
        return [each.obj_key for row in rows for each in trees[row.id] if each.external_id is not None]


def _items(look: Round, keys: Collection[UUID]) -> list[Any]:
    """Objects as the adapter takes them, with what they refer to."""
    with look.ctx.database.transaction() as session:
        targets = repository.objects_of_keys(session, keys)
        trees = repository.objects(session, {each.deployment_id for each in targets.values()})
    return items(list(targets.values()), installation=look.ctx.installation(), among=[each for tree in trees.values() for each in tree])


def _read_objects(look: Round, keys: Sequence[UUID], *, but: Collection[tuple[str, str]] = ()) -> list[Shown]:
    """Objects that no survey could be waited for to show, in bulk, but those. What the platform does not show at all is left out."""
    adapter, rows = look.ctx.adapter(look.account), []
    for start in range(0, len(keys), _READ_AT_ONCE):
        some = [item for item in _items(look, keys[start : start + _READ_AT_ONCE]) if (item.kind, item.external_id) not in but]
        seen = adapter.read(some) if some else {}
        for item in some:
            observed = seen.get(item.obj_key)
            if observed is not None and observed.status != OnPlatform.MISSING and item.external_id is not None:
                rows.append(
                    Shown(
                        item.kind, item.external_id, observed.name, observed.status, 0, "", observed.delivery, observed.budget_micros, "",
                        observed.details,
                    )
                )  # fmt: skip
    return rows


def _compare(look: Round, spool: Spool, transactions: Transactions) -> Sequence[orphans.Unbound]:
    """Write down and decide what differs. Returns what carries our marker and is bound to no row."""
    ctx, account, prefix = look.ctx, look.account, installation_prefix(look.ctx.installation())
    unit = meta_money.unit_micros(account.currency) if account.platform == "meta_ads" else 1
    with transactions() as session:
        reconcile_repository.load(session, spool)
        if look.since is not None:
            reconcile_repository.once(session)
        reconcile_repository.compare(session, account.id, unit_micros=unit, prefix=prefix)
        work = {key: (moved, suspect) for key, moved, suspect in reconcile_repository.worked(session)}
        open_drift = watch_repository.deployments_with_open_drift(session, account.id) if look.only is None else ()
        work |= {key: (work.get(key, (False, False))[0], True) for key in open_drift}
        missing = [] if look.only is not None else reconcile_repository.missing(
            session, account.id, kinds=WITH_STATUS if look.since is None else {ROOT}
        )  # fmt: skip
        unbound = [] if look.only is not None else reconcile_repository.unbound(session, account.id, prefix=prefix)
    campaigns = [each for each in unbound if each[0] == ROOT]
    look.outcome.counts["read"] += max(0, spool.kinds.get(ROOT, 0) - len(campaigns))
    if missing:
        # Missing may be a read that lags; only what says "removed" itself is gone.
        removed = {(each.kind, each.external_id) for each in _read_objects(look, [key for key, _ in missing]) if each.status == "removed"}
        with ctx.database.transaction() as session:
            look.gone = {key: row for key, row in missing if watch_repository.is_one_of(session, key, removed)}
    for key in {*look.gone.values()}:
        work[key] = (work.get(key, (False, False))[0], True)
    if differing := [key for key, each in look.settings.items() if each.differing]:
        with ctx.database.transaction() as session:
            for row in repository.objects_of_keys(session, differing).values():
                work[row.deployment_id] = (work.get(row.deployment_id, (False, False))[0], True)
    answers: list[tuple[UUID, str]] = []
    ids = sorted(work)
    for start in range(0, len(ids), _CHUNK):
        with transactions() as session:
            answers += _chunk(look, session, {key: work[key] for key in ids[start : start + _CHUNK]})
    for drift_id, answer in answers:
        _by_policy(look, drift_id, answer)
    return unbound


def _chunk(look: Round, session: Session, work: Mapping[UUID, tuple[bool, bool]]) -> list[tuple[UUID, str]]:
    """Some deployments, locked; whoever is busy with one keeps it, and the next round finds it as it is then."""
    ctx, counts = look.ctx, look.outcome.counts
    rows = repository.lock(session, work, skip_locked=True)
    moved = [row for row in rows if work[row.id][0]]
    counts["new"] += len(rows)
    reconcile_repository.remember(session, [row.id for row in moved], started=look.started, now=ctx.clock.now())
    counts["verdicts"] += judging.deployments(session, ctx.clock, moved)
    suspects = [row for row in rows if work[row.id][1]]
    if not suspects:
        return []
    ids = [row.id for row in suspects]
    trees = repository.objects(session, ids)
    busy = {*repository.open_changes(session, ids), *repository.open_stops(session, ids)}
    seen = reconcile_repository.seen_of(session, ids)
    answers: list[tuple[UUID, str]] = []
    for row in suspects:
        if row.id not in busy:
            answers += _suspect(look, session, row, trees[row.id], seen)
    return answers


def _suspect(
    look: Round, session: Session, row: Deployment, tree: Sequence[PlatformObject], seen: Mapping[UUID, Seen]
) -> list[tuple[UUID, str]]:
    ctx = look.ctx
    root = next(each for each in tree if each.kind == ROOT)
    shown = seen.get(root.obj_key)
    against = row.desired_status != Desired.ENABLED or row.status not in (Status.LIVE, Status.ENABLING)
    if shown is not None and shown.status == OnPlatform.ENABLED and against:
        if _is_newer(look, root):
            _pause_first(ctx, session, row, root)
            look.outcome.counts["drifted"] += 1
        return []
    if row.status not in (Status.LIVE, Status.PAUSED):
        return []
    known = {**seen, **{key: Seen(key, "", "removed", None, "") for key, owner in look.gone.items() if owner == row.id}}
    for each in tree:
        if each.obj_key in look.gone:
            each.observed_status, each.observed_at = "removed", ctx.clock.now()
    found = drift.differences(row, tree, known, look.settings)
    fresh = drift.record(session, ctx.clock, row, found, looked_at=known, settings=look.settings, history=look.history)
    look.outcome.counts["drifted"] += len(fresh)
    return drift.automatic(session, row, fresh)


def _is_newer(look: Round, root: PlatformObject) -> bool:
    """Whether the look began after anybody else observed the object: an older one may show what has been put right since."""
    return root.observed_at is None or root.observed_at <= look.ctx.clock.now()


def _pause_first(ctx: Context, session: Session, row: Deployment, root: PlatformObject) -> None:
    reason = f"it was on while our record says {row.status}"
    if row.desired_status == Desired.ENABLED:
        intents.stop(session, ctx.clock, [row], desired=Desired.PAUSED, by="watch", reason="")
    else:
        intents.stop_again(session, row, clock=ctx.clock, by="watch", reason=reason)
    emit(session, DeploymentDrifted(**identity(session, row), obj_key=root.obj_key, field="status"))
    about = {"project_id": row.project_id, "deployment_id": row.id}
    key = f"{row.id}:{row.generation}"
    alerts.raise_once(
        session, AlertCode.ON_AGAINST_RECORD, key, severity="critical", title=f"{row.name}: {reason}; it is being paused", **about,
        platform=row.platform,
    )  # fmt: skip
    if watch_repository.landed_late(session, root.obj_key):
        alerts.raise_once(
            session, AlertCode.LATE_LANDING, key, severity="warning",
            title=f"{row.name}: an enable of ours that was in doubt may have landed after the quiet period", **about,
        )  # fmt: skip


def _by_policy(look: Round, drift_id: UUID, answer: str) -> None:
    """What the project's policy decides; what the money or the state forbids waits for a person."""
    ctx = look.ctx
    act = drift_answers.accept if answer == "accept" else drift_answers.revert
    try:
        with ctx.database.transaction() as session:
            act(ctx, session, drift_id, by=AUTOPILOT)
        look.outcome.counts[f"{answer}ed"] += 1
    except (Conflict, InvalidInput, SpendRefused) as error:
        with ctx.database.transaction() as session:
            found = watch_repository.drift(session, drift_id)
            if found is not None:
                found.note = f"the policy says {answer}, and {error}"


def _answered(look: Round) -> None:
    with look.ctx.database.transaction() as session:
        known = watch_repository.look_of(session, look.account.id)
        if look.only is None:
            known.seen_until = look.started
            known.swept_at = look.started if look.since is None else known.swept_at
        known.silent_since, known.failure = None, None
        alerts.clear(session, AlertCode.ACCOUNT_SILENT, str(look.account.id), at=look.ctx.clock.now())


def _silent(look: Round, error: ZamcError) -> None:
    account = look.account
    look.outcome.counts["silent"] += 1
    look.outcome.errors[account.id] = str(error)
    with look.ctx.database.transaction() as session:
        known = watch_repository.look_of(session, account.id)
        known.silent_since, known.failure = known.silent_since or look.ctx.clock.now(), str(error)
        if look.ctx.clock.now() - known.silent_since >= look.ctx.limits.silent_for:
            alerts.raise_once(
                session, AlertCode.ACCOUNT_SILENT, str(account.id), severity="warning",
                title=f"{account.platform} account {account.external_id} cannot be read: {error}"[:500], project_id=account.project_id,
            )  # fmt: skip
