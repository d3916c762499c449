"""Reconcile, from the platform's side too: what is on against our record is paused first and asked about afterwards."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import intents, repository, stops
from zamc.deployments.changes import as_outside
from zamc.deployments.context import Context, items
from zamc.deployments.endings import identity
from zamc.deployments.intents import ROOT
from zamc.deployments.launch import budget_of, remember
from zamc.deployments.orphans import sweep
from zamc.deployments.ports import Item, Observed
from zamc.deployments.rules import Desired, OnPlatform, Status
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.errors import ZamcError
from zamc.events.catalogue import AlertRaised, DeploymentDrifted
from zamc.events.repository import emit
from zamc.projects.tables import AdAccount

_CHUNK = 500


@dataclass(frozen=True)
class _Watched:
    """A deployment as it was when it was read."""

    deployment_id: UUID
    generation: int
    items: tuple[Item, ...]


def run(ctx: Context, only: Collection[UUID] | None) -> steps.Outcome:
    """Read everything back in bulk per account. counts: read, drifted, paused, orphans, silent (accounts that did not answer)."""
    outcome = steps.Outcome()
    installation = ctx.installation()
    with ctx.database.transaction() as session:
        rows = repository.watched(session, only=only)
        trees = repository.objects(session, [row.id for row in rows])
        accounts = repository.accounts(session, {row.ad_account_id for row in rows})
        by_account: dict[UUID, list[_Watched]] = {}
        for row in rows:
            bound = [each for each in trees[row.id] if each.external_id is not None]
            each_items = tuple(items(bound, installation=installation, among=trees[row.id]))
            by_account.setdefault(row.ad_account_id, []).append(_Watched(row.id, row.generation, each_items))
    for account_id, watched in by_account.items():
        _account(ctx, accounts[account_id], watched, outcome)
    outcome.counts["paused"] += stops.run(ctx).done
    return outcome


def _account(ctx: Context, account: AdAccount, watched: Sequence[_Watched], outcome: steps.Outcome) -> None:
    try:
        for start in range(0, len(watched), _CHUNK):
            chunk = watched[start : start + _CHUNK]
            seen = ctx.adapter(account).read([item for each in chunk for item in each.items])
            for each in chunk:
                with ctx.database.transaction() as session:
                    outcome.counts.update(_compare(ctx, session, each, seen))
        sweep(ctx, account, outcome)
    except ZamcError as error:
        outcome.counts["silent"] += 1
        outcome.errors[account.id] = str(as_outside(error))


def _compare(ctx: Context, session: Session, watched: _Watched, seen: Mapping[UUID, Observed]) -> Counter[str]:
    """Record what was read of one deployment and act on it. Returns what to count."""
    rows = repository.lock(session, [watched.deployment_id])
    # What was read belongs to an intention that has been replaced since: the next look tells.
    if not rows or rows[0].generation != watched.generation:
        return Counter()
    row = rows[0]
    tree = repository.objects(session, [row.id])[row.id]
    remember(ctx, tree, seen)
    counts = Counter(read=1)
    root = next(each for each in tree if each.kind == ROOT)
    settled = not repository.open_changes(session, [row.id]) and not repository.open_stops(session, [row.id])
    if settled and _is_on_against_record(row, root):
        _pause_first(ctx, session, row, root)
        counts["drifted"] += 1
    elif settled and row.status == Status.LIVE:
        counts["drifted"] += _drift(session, row, tree)
    root_seen = seen.get(root.obj_key)
    row.observed = {
        **row.observed,
        "status": root.observed_status,
        "delivery": root_seen.delivery if root_seen else "",
        "at": ctx.clock.now().isoformat(),
        "objects": {f"{each.kind}:{each.local_ref}": each.observed_status for each in tree},
    }
    return counts


def _is_on_against_record(row: Deployment, root: PlatformObject) -> bool:
    on = root.observed_status == OnPlatform.ENABLED
    return on and (row.desired_status != Desired.ENABLED or row.status not in (Status.LIVE, Status.ENABLING))


def _pause_first(ctx: Context, session: Session, row: Deployment, root: PlatformObject) -> None:
    reason = f"it was on while our record says {row.status}"
    if row.desired_status == Desired.ENABLED:
        intents.stop(session, ctx.clock, [row], desired=Desired.PAUSED, by="watch", reason="")
    else:
        intents.stop_again(session, row, clock=ctx.clock, by="watch", reason=reason)
    emit(session, DeploymentDrifted(**identity(session, row), obj_key=root.obj_key, field="status"))
    details = {"deployment_id": str(row.id), "project_id": str(row.project_id), "platform": row.platform}
    emit(session, AlertRaised(severity="critical", title=f"{row.name}: {reason}; it is being paused", details=details))


def _drift(session: Session, row: Deployment, tree: Sequence[PlatformObject]) -> int:
    """Outside changes of what is live: recorded once each, for a person to accept or revert. Returns how many are new."""
    found: dict[str, dict[str, object]] = {}
    for each in tree:
        if each.kind in intents.WITH_STATUS and each.observed_status not in (OnPlatform.ENABLED, None):
            found[f"{each.obj_key}:status"] = {"wanted": "enabled", "seen": each.observed_status}
        budget, observed = budget_of(each), each.observed.get("budget_micros")
        if budget is not None and observed is not None and observed != budget:
            found[f"{each.obj_key}:budget"] = {"wanted": budget, "seen": observed}
    known = row.observed.get("drift", {})
    fresh = {key: value for key, value in found.items() if known.get(key) != value}
    for key, value in fresh.items():
        obj_key, _, field = key.partition(":")
        emit(session, DeploymentDrifted(**identity(session, row), obj_key=UUID(obj_key), field=field))
        title = f"{row.name}: the {field} of an object was changed outside, from {value['wanted']} to {value['seen']}"
        details = {"deployment_id": str(row.id), "project_id": str(row.project_id), "obj_key": obj_key}
        emit(session, AlertRaised(severity="warning", title=title, details=details))
    row.observed = {**row.observed, "drift": found}
    return len(fresh)
