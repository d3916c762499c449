"""Who changed what: the account's activity log, read out of the store's history. Edits through the admin API are a person's."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sandbox.meta.schema import check
from sandbox.meta.view import PLATFORM, View
from sandbox.records import Change, to_text
from sandbox.store import Obj, Transaction

DEFAULT_DAYS: Final = 7
OUTSIDE: Final = "outside"
CREATED: Final = {"campaign": "create_campaign_group", "adset": "create_ad_set", "ad": "create_ad", "adimage": "add_images"}
OBJECT_TYPE: Final = {"campaign": "CAMPAIGN", "adset": "CAMPAIGN_GROUP", "ad": "ADGROUP", "adaccount": "ACCOUNT", "adimage": "IMAGE"}
# Kept field -> event, by kind. What is not listed is written down as a change of the whole.
EVENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "campaign": {
        "status": "update_campaign_run_status", "name": "update_campaign_name", "daily_budget": "update_campaign_budget",
        "lifetime_budget": "update_campaign_budget", "spend_cap": "update_campaign_group_spend_cap",
        "start_time": "update_campaign_schedule", "stop_time": "update_campaign_schedule",
    },
    "adset": {
        "status": "update_ad_set_run_status", "name": "update_ad_set_name", "daily_budget": "update_ad_set_budget",
        "lifetime_budget": "update_ad_set_budget", "targeting": "update_ad_set_target_spec",
        "bid_strategy": "update_ad_set_bid_strategy", "bid_amount": "update_ad_set_bidding",
        "optimization_goal": "update_ad_set_optimization_goal", "end_time": "update_ad_set_duration",
        "start_time": "update_ad_set_duration",
    },
    "ad": {
        "status": "update_ad_run_status", "name": "update_ad_friendly_name", "creative_id": "update_ad_creative",
        "review": "ad_review_declined",
    },
    "adaccount": {"account_status": "ad_account_update_status", "spend_cap": "ad_account_update_spend_limit"},
}  # fmt: skip
OURS: Final = {"actor_id": "1", "actor_name": "Sandbox system user", "application_id": "1000000000", "application_name": "Sandbox"}
PERSON: Final = {"actor_id": "42", "application_id": "119211728144504", "application_name": "Ads Manager"}


def outside(tx: Transaction, obj: Obj, actor: str) -> None:
    """Remember that the last version of an object is the work of a person in Ads Manager."""
    at = to_text(obj.updated_at)
    tx.insert(PLATFORM, obj.account, OUTSIDE, {"at": at, "actor": actor}, parent=obj.id)


def _who(view: View, account: str, change: Change) -> dict[str, str]:
    at = to_text(change.after.at)
    for mark in view.tx.find(PLATFORM, account, OUTSIDE, parent=change.id):
        if mark.body["at"] == at:
            return {**PERSON, "actor_name": str(mark.body["actor"])}
    return dict(OURS)


def _events(change: Change) -> Iterator[tuple[str, Any, Any]]:
    """Event type, old value and new value of everything that a write changed."""
    if change.before is None:
        if change.kind in CREATED:
            yield CREATED[change.kind], None, change.after.body.get("name")
        return
    before = {**change.before.body, "status": change.before.status}
    after = {**change.after.body, "status": change.after.status}
    for field, event in EVENTS.get(change.kind, {}).items():
        if before.get(field) != after.get(field):
            yield event, before.get(field), after.get(field)


def _shown(view: View, account: Obj, change: Change, who: Mapping[str, str], event: tuple[str, Any, Any]) -> dict[str, Any]:
    kind, old, new = event
    at = change.after.at
    return {
        **who,
        "event_time": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "event_type": kind,
        "translated_event_type": kind.replace("_", " ").capitalize(),
        "date_time_in_timezone": view.time(account, at),
        "object_id": change.id,
        "object_name": str(change.after.body.get("name") or account.name or ""),
        "object_type": OBJECT_TYPE.get(change.kind, change.kind.upper()),
        "extra_data": json.dumps({"old_value": old, "new_value": new}, ensure_ascii=False),
    }


def listed(view: View, account: Obj, params: Mapping[str, str]) -> list[Obj]:
    """GET /act_X/activities: the newest first, of the last week unless `since` says otherwise. Raises GraphError 100."""
    values = check("activity", "list", {k: v for k, v in params.items() if k not in ("limit", "after")})
    until: datetime = values.get("until") or datetime.max.replace(tzinfo=UTC)
    since: datetime = values.get("since") or view.now - timedelta(days=DEFAULT_DAYS)
    only = {str(values["oid"])} if values.get("oid") else set(map(str, values.get("extra_oids", ())))
    rows: list[Obj] = []
    for number, change in enumerate(view.tx.changes(PLATFORM, account.id, since, until)):
        if change.kind not in OBJECT_TYPE or (only and change.id not in only):
            continue
        found = list(_events(change))
        who = _who(view, account.id, change) if found else {}
        for place, event in enumerate(found):
            body = _shown(view, account, change, who, event)
            key, at = f"{to_text(change.after.at)}-{change.id}-{number}-{place}", change.after.at
            rows.append(Obj(PLATFORM, account.id, "activity", key, None, None, None, body, created_at=at, updated_at=at, removed=False))
    return rows[::-1]
