"""change_event: who changed what, from the store's history."""

from collections.abc import Iterator
from datetime import datetime

from sandbox.google.account import PLATFORM, Account
from sandbox.google.bodies import Body
from sandbox.google.context import resource_name
from sandbox.google.reviews import INTERNAL
from sandbox.records import Change
from sandbox.store import Obj, Transaction, Version

_KINDS = {
    "campaign_budget": "CAMPAIGN_BUDGET",
    "campaign": "CAMPAIGN",
    "ad_group": "AD_GROUP",
    "ad_group_ad": "AD_GROUP_AD",
    "ad_group_criterion": "AD_GROUP_CRITERION",
    "campaign_criterion": "CAMPAIGN_CRITERION",
    "asset": "ASSET",
    "campaign_asset": "CAMPAIGN_ASSET",
}


def change_events(tx: Transaction, account: Account, since: datetime) -> Iterator[tuple[Body, str, str]]:
    """Each change since then (aware) as (body, campaign id, ad group id), newest first."""
    for change in reversed(list(tx.changes(PLATFORM, account.id, since, account.now))):
        obj = tx.get(PLATFORM, account.id, change.kind, change.id) if change.kind in _KINDS else None
        if obj is None:
            continue
        event = _event(account, obj, change)
        # What the sandbox alone keeps with an object changed: nobody sees that.
        if change.before is None or event["changed_fields"]["paths"] or change.after.removed:
            yield event, *_place(tx, obj)


def _event(account: Account, obj: Obj, change: Change) -> Body:
    before, after = change.before, change.after
    operation = "CREATE" if before is None else "REMOVE" if after.removed else "UPDATE"
    moment = after.at.astimezone(account.now.tzinfo)
    by = after.by or {}
    micros = int(after.at.timestamp() * 1_000_000)
    event: Body = {
        "resource_name": f"{account.resource_name}/changeEvents/{micros}~{obj.id.replace('~', '')}~0",
        "change_date_time": moment.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "change_resource_type": _KINDS[obj.kind],
        "change_resource_name": resource_name(obj),
        "client_type": by.get("client_type", "GOOGLE_ADS_API"),
        "user_email": by.get("user", "api@sandbox.invalid"),
        "resource_change_operation": operation,
        "new_resource": {obj.kind: _shown(after)},
    }
    if before is not None:
        old, new = _shown(before), _shown(after)
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        if "ad" in changed and obj.kind == "ad_group_ad":
            # What an ad says is a resource of its own; only its place and status are the ad group's ad.
            event["change_resource_type"], event["change_resource_name"] = "AD", f"customers/{account.id}/ads/{obj.id}"
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
    if obj.kind in ("ad_group", "campaign_criterion", "campaign_asset"):
        return obj.parent or "", obj.id if obj.kind == "ad_group" else ""
    if obj.kind in ("ad_group_ad", "ad_group_criterion"):
        group = tx.get(PLATFORM, obj.account, "ad_group", obj.parent or "")
        return (group.parent or "" if group else ""), obj.parent or ""
    return "", ""
