"""Campaigns on a platform with our marker that no record binds: after a restore, what was made since the backup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid5

from zamc.deployments import repository
from zamc.deployments.changes import as_outside
from zamc.deployments.context import Context
from zamc.deployments.intents import ROOT
from zamc.deployments.ports import Found, Item
from zamc.deployments.rules import OnPlatform, find_marker, installation_prefix
from zamc.errors import ZamcError
from zamc.projects.tables import AdAccount

_SPACE = UUID("6b1f3c1e-6a52-5f0e-9a53-5a414d430005")
_TRIES = 3
NO_RECORD = "no record"


@dataclass(frozen=True)
class Stray:
    """A campaign of ours. record: what our record says of its key."""

    found: Found
    record: str


def find(ctx: Context, account: AdAccount) -> Sequence[Stray]:
    """Campaigns that carry this installation's marker and whose key is unknown here, or bound to another id. Raises OutsideError."""
    everything = ctx.adapter(account).ours(installation_prefix(ctx.installation()))
    with ctx.database.transaction() as session:
        bound = repository.keys_bound(session, account.id)
    strays = []
    for each in everything:
        marked = find_marker(each.name)
        if marked is None or each.kind != ROOT or each.status == OnPlatform.REMOVED:
            continue
        known = bound.get(marked[1])
        if known is None:
            strays.append(Stray(each, NO_RECORD))
        elif known.ad_account_id == account.id and known.external_id != each.external_id:
            strays.append(Stray(each, f"bound to {known.external_id or 'nothing'}"))
    return strays


def pause(ctx: Context, account: AdAccount, stray: Stray) -> str:
    """Pause it and read it back, a few times if need be. Returns what became of it, in words. Raises OutsideError when it stays on."""
    item = Item(uuid5(_SPACE, stray.found.external_id), stray.found.kind, "stray", "", {}, external_id=stray.found.external_id)
    adapter = ctx.adapter(account)
    error: ZamcError | None = None
    for attempt in range(_TRIES):
        if attempt:
            ctx.sleep(ctx.limits.read_back_gap)
        guard = ctx.guard(ctx.clock.now() + timedelta(seconds=ctx.limits.lease))
        try:
            error = next(iter(adapter.set_status([item], "paused", guard=guard).values()), None)
        except ZamcError as refused:
            error = as_outside(refused)
        seen = adapter.read([item]).get(item.obj_key)
        if error is None and seen is not None and seen.status != OnPlatform.ENABLED:
            return "paused: no record knows it"
    raise error or as_outside(ZamcError(f"{stray.found.external_id} is still on after {_TRIES} pauses"))
