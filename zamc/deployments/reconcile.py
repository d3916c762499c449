"""Reconcile, from the platform's side too: read what an account shows in bulk, compare it in bulk, and act on what differs.

What is on against our record is paused first and asked about afterwards; other outside changes become drift records. Accounts are read at
the same time, and one that hangs delays no other. No transaction is open while a platform is asked.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from threading import Semaphore
from uuid import UUID

from zamc import steps
from zamc.deployments import orphans, watch_repository
from zamc.deployments.changes import as_outside
from zamc.deployments.comparing import compare
from zamc.deployments.context import Context
from zamc.deployments.looking import Round, read
from zamc.deployments.reconcile_repository import Spool
from zamc.errors import ZamcError
from zamc.events.alert_codes import AlertCode
from zamc.notifications import alerts
from zamc.projects.tables import AdAccount

_THREADS = 16
# Each comparison keeps a connection of the pool and now and then needs a second one: more at once would wait for each other.
_COMPARED_AT_ONCE = 3
# A round asks for what changed since the one before, and a little more: platforms write their histories late.
_OVERLAP = timedelta(minutes=10)


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
        read(look, spool)
        look.outcome.counts["objects"] += spool.rows
        with look.room, ctx.database.pinned() as transactions:
            unbound = compare(look, spool, transactions)
        orphans.sweep(ctx, account, unbound, look.outcome)
        _answered(look)
    except ZamcError as error:
        _silent(look, as_outside(error))
    finally:
        spool.close()


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
