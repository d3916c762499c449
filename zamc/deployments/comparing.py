"""What differs in one account, and what follows: pause first what is on against our record, write down the rest, answer by policy."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.deployments import drift, drift_answers, intents, judging, meta_money, orphans, reconcile_repository, repository, watch_repository
from zamc.deployments.context import Context
from zamc.deployments.endings import identity
from zamc.deployments.intents import ROOT, WITH_STATUS
from zamc.deployments.looking import Round, read_objects
from zamc.deployments.reconcile_repository import Seen, Spool
from zamc.deployments.rules import Desired, OnPlatform, Status, installation_prefix
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.errors import Conflict, InvalidInput, SpendRefused
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AUTOPILOT, DeploymentDrifted
from zamc.events.repository import emit
from zamc.notifications import alerts

_CHUNK = 500
Transactions = Callable[[], AbstractContextManager[Session]]


def compare(look: Round, spool: Spool, transactions: Transactions) -> Sequence[orphans.Unbound]:
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
        removed = {(each.kind, each.external_id) for each in read_objects(look, [key for key, _ in missing]) if each.status == "removed"}
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
