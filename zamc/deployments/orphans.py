"""Objects on a platform that carry our marker but are bound to no row, or whose key is bound to another id.

Looking never removes: only a paused duplicate whose key is bound elsewhere goes. Without that, an object whose create is still being
written down would be taken away from under its worker.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

from zamc import steps
from zamc.deployments import repository
from zamc.deployments.context import Context
from zamc.deployments.intents import ROOT
from zamc.deployments.ports import AdPlatform, Found, Item
from zamc.deployments.rules import OnPlatform, find_marker, installation_prefix
from zamc.errors import OutsideError
from zamc.events.catalogue import AlertRaised
from zamc.events.repository import emit
from zamc.projects.tables import AdAccount

_STRAY = UUID("6b1f3c1e-6a52-5f0e-9a53-5a414d430002")


def sweep(ctx: Context, account: AdAccount, outcome: steps.Outcome) -> None:
    """Pause strays that are on, remove paused duplicates, report the rest. Raises OutsideError when the platform does not answer."""
    adapter = ctx.adapter(account)
    found = [each for each in adapter.ours(installation_prefix(ctx.installation())) if find_marker(each.name)]
    with ctx.database.transaction() as session:
        bound = repository.keys_bound(session, account.id)
    for each in found:
        marked = find_marker(each.name)
        external_id = bound.get(marked[1], (None, None, None))[0] if marked else None
        if external_id == each.external_id:
            continue
        outcome.counts["orphans"] += 1
        lease_until = ctx.clock.now() + timedelta(seconds=ctx.limits.lease)
        if each.status == OnPlatform.ENABLED and each.kind == ROOT:
            _pause(ctx, adapter, account, each)
        elif external_id is not None and each.status == OnPlatform.PAUSED:
            adapter.remove(each.kind, each.external_id, guard=ctx.guard(lease_until))
            outcome.counts["removed"] += 1


def _pause(ctx: Context, adapter: AdPlatform, account: AdAccount, stray: Found) -> None:
    item = Item(uuid5(_STRAY, stray.external_id), stray.kind, "stray", "", {}, external_id=stray.external_id)
    guard = ctx.guard(ctx.clock.now() + timedelta(seconds=ctx.limits.lease))
    errors = adapter.set_status([replace(item)], "paused", guard=guard)
    error: OutsideError | None = next(iter(errors.values()), None)
    with ctx.database.transaction() as session:
        title = f"A campaign of ours that no record knows was on in {account.external_id}; " + (
            f"pausing it failed: {error}" if error else "it was paused"
        )
        details = {"platform": account.platform, "external_id": stray.external_id, "name": stray.name}
        emit(session, AlertRaised(severity="critical", title=title, details=details))
