"""change_event: who changed what, from the store's history."""

from collections.abc import Iterator
from itertools import pairwise

from sandbox.google.account import PLATFORM, Account
from sandbox.google.bodies import Body
from sandbox.google.context import resource_name
from sandbox.google.reviews import INTERNAL
from sandbox.store import Obj, Transaction, Version

_KINDS = {
    "campaign_budget": "CAMPAIGN_BUDGET",
    "campaign": "CAMPAIGN",
    "ad_group": "AD_GROUP",
    "ad_group_ad": "AD_GROUP_AD",
    "ad_group_criterion": "AD_GROUP_CRITERION",
    "campaign_criterion": "CAMPAIGN_CRITERION",
    "asset": "ASSET",
}


def change_events(tx: Transaction, account: Account) -> Iterator[tuple[Body, str, str]]:
    """Each change as (body, campaign id, ad group id), newest first."""
    found: list[tuple[Body, str, str]] = []
    for kind in _KINDS:
        for obj in tx.find(PLATFORM, account.id, kind, removed=None):
            campaign, group = _place(tx, obj)
            found.extend((event, campaign, group) for event in _of(tx, account, obj))
    yield from sorted(found, key=lambda entry: entry[0]["change_date_time"], reverse=True)


def _of(tx: Transaction, account: Account, obj: Obj) -> Iterator[Body]:
    versions = tx.history(PLATFORM, obj.account, obj.kind, obj.id)
    first = versions[0]
    yield _event(account, obj, None, first, "CREATE")
    for before, after in pairwise(versions):
        yield _event(account, obj, before, after, "REMOVE" if after.removed else "UPDATE")


def _event(account: Account, obj: Obj, before: Version | None, after: Version, operation: str) -> Body:
    moment = after.at.astimezone(account.now.tzinfo)
    micros = int(after.at.timestamp() * 1_000_000)
    event: Body = {
        "resource_name": f"{account.resource_name}/changeEvents/{micros}~{obj.id.replace('~', '')}~0",
        "change_date_time": moment.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "change_resource_type": _KINDS[obj.kind],
        "change_resource_name": resource_name(obj),
        "client_type": "GOOGLE_ADS_API",
        "user_email": "api@sandbox.invalid",
        "resource_change_operation": operation,
        "new_resource": {obj.kind: _shown(after)},
    }
    if before is not None:
        old, new = _shown(before), _shown(after)
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        event["changed_fields"] = {"paths": changed}
        event["old_resource"] = {obj.kind: {key: old[key] for key in changed if key in old}}
        event["new_resource"] = {obj.kind: {key: new[key] for key in changed if key in new}}
    return event


def _shown(version: Version) -> Body:
    public = {key: value for key, value in version.body.items() if key not in INTERNAL}
    return {**public, **({"status": version.status} if version.status else {})}


def _place(tx: Transaction, obj: Obj) -> tuple[str, str]:
    if obj.kind == "campaign":
        return obj.id, ""
    if obj.kind in ("ad_group", "campaign_criterion"):
        return obj.parent or "", obj.id if obj.kind == "ad_group" else ""
    if obj.kind in ("ad_group_ad", "ad_group_criterion"):
        group = tx.get(PLATFORM, obj.account, "ad_group", obj.parent or "")
        return (group.parent or "" if group else ""), obj.parent or ""
    return "", ""
