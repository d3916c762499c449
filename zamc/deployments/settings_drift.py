"""What no survey shows (targeting, bids, landing pages, texts, keywords): read where somebody's hand was, and in turn each night."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from zamc.deployments import repository, watch_repository
from zamc.deployments.context import Context, items
from zamc.deployments.drift_rules import SETTINGS, Field
from zamc.deployments.field_rules import comparable
from zamc.deployments.ports import OutsideChange, Settings
from zamc.projects.tables import AdAccount

# Objects of an account whose settings one round reads because of what was told of them; what has to wait is what a night begins with.
_MOST = 2_000
# What no history names is looked at in turn: asset groups, of which none ever tells, and a few of everything else.
_GROUPS_A_NIGHT, _OTHERS_A_NIGHT = 1_000, 500
_GROUPS, _OTHERS = ("asset_group",), ("campaign", "ad_group", "ad_set", "ad")
_READ_AT_ONCE = 500


@dataclass(frozen=True)
class Compared:
    """Settings of one object that are not as its spec (by its hash) orders them: (field, wanted, seen)."""

    spec_hash: str
    differing: Sequence[tuple[Field, Any, Any]]


def read(ctx: Context, account: AdAccount, changes: Sequence[OutsideChange], *, full: bool) -> dict[UUID, Compared]:
    """Ask for the settings of what was touched since the last round, of what differed then, and at night of what was read longest ago.

    No transaction is open while the platform is asked. Raises OutsideError.
    """
    with ctx.database.transaction() as session:
        keys = list(watch_repository.keys_of(session, account.id, {(each.kind, each.external_id) for each in changes}))
        keys += watch_repository.objects_with_open_drift(session, account.id, fields=list(SETTINGS))
        chosen = list(dict.fromkeys(keys))[:_MOST]
        if full:
            for kinds, limit in ((_GROUPS, _GROUPS_A_NIGHT), (_OTHERS, _OTHERS_A_NIGHT)):
                chosen += watch_repository.compared_longest_ago(session, account.id, kinds=kinds, limit=limit)
    chosen = list(dict.fromkeys(chosen))
    found: dict[UUID, Compared] = {}
    for start in range(0, len(chosen), _READ_AT_ONCE):
        found |= _some(ctx, account, chosen[start : start + _READ_AT_ONCE])
    return found


def _some(ctx: Context, account: AdAccount, keys: Collection[UUID]) -> dict[UUID, Compared]:
    with ctx.database.transaction() as session:
        targets = repository.objects_of_keys(session, keys)
        trees = repository.objects(session, {each.deployment_id for each in targets.values()})
    among = [each for tree in trees.values() for each in tree]
    wanted = items(list(targets.values()), installation=ctx.installation(), among=among)
    seen = ctx.adapter(account).settings(wanted)
    with ctx.database.transaction() as session:
        watch_repository.mark_compared(session, seen, at=ctx.clock.now())
    return {key: Compared(targets[key].spec_hash, differing(settings)) for key, settings in seen.items()}


def differing(settings: Settings) -> list[tuple[Field, Any, Any]]:
    """What is shown otherwise than ordered; a field that only one side has is not compared."""
    both = settings.ordered.keys() & settings.shown.keys()
    pairs: Mapping[str, tuple[Any, Any]] = {name: (settings.ordered[name], settings.shown[name]) for name in sorted(both)}
    return [(Field(name), wanted, shown) for name, (wanted, shown) in pairs.items() if comparable(wanted) != comparable(shown)]
