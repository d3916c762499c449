"""What a round asks of the platform of one account: everything before anything is compared, with no transaction open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Semaphore
from typing import Any
from uuid import UUID

from zamc import steps
from zamc.deployments import judging, reconcile_repository, repository, settings_drift
from zamc.deployments.context import Context, items
from zamc.deployments.ports import OutsideChange, Shown
from zamc.deployments.reconcile_repository import Spool
from zamc.deployments.rules import OnPlatform, installation_prefix
from zamc.deployments.settings_drift import Compared
from zamc.projects.tables import AdAccount

_READ_AT_ONCE = 500
_FIRST_HISTORY = timedelta(days=1)


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


def read(look: Round, spool: Spool) -> None:
    """Everything that is asked of the platform before anything is compared."""
    ctx, account = look.ctx, look.account
    adapter = ctx.adapter(account)
    if look.only is not None:
        spool.add(read_objects(look, _bound(look)))
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
        spool.add(read_objects(look, waiting, but=shown))
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


def read_objects(look: Round, keys: Sequence[UUID], *, but: Collection[tuple[str, str]] = ()) -> list[Shown]:
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
