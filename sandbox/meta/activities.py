"""Who changed what: the account's activity log, read out of the store's history. Edits through the admin API are a person's."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sandbox.meta.schema import check
from sandbox.meta.view import PLATFORM, View
from sandbox.records import Change
from sandbox.store import Obj

DEFAULT_DAYS: Final = 7
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


def _who(change: Change) -> dict[str, str]:
    """A person in Ads Manager (an edit through the admin API), or the app."""
    by = change.after.by or {}
    return {**PERSON, "actor_name": str(by.get("user"))} if by.get("method") == "edit" else dict(OURS)


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


def listed(view: View, account: Obj, params: Mapping[str, str], *, limit: int, after: str | None) -> tuple[list[Obj], str | None]:
    """One page of GET /act_X/activities, the newest first, and the place of its last row (None when nothing follows).

    Of the last week unless `since` says otherwise; `after` is the place after which to go on. Raises GraphError 100.
    """
    values = check("activity", "list", {k: v for k, v in params.items() if k not in ("limit", "after")})
    until: datetime = values.get("until") or datetime.max.replace(tzinfo=UTC)
    since: datetime = values.get("since") or view.now - timedelta(days=DEFAULT_DAYS)
    only = [*([str(values["oid"])] if values.get("oid") else []), *map(str, values.get("extra_oids", ()))]
    number, _, place = (after or "").partition("-")
    # The rest of the change that the last page broke off in, then what lies below it.
    upto = int(number) if number.isdigit() else None
    skip = int(place) + 1 if place.isdigit() else 0
    rows: list[Obj] = []
    for change in view.tx.changes(PLATFORM, account.id, since, until, ids=only, upto=upto):
        found = list(_events(change)) if change.kind in OBJECT_TYPE else []
        who = _who(change)
        for index, event in list(enumerate(found))[skip if number == str(change.number) else 0 :]:
            if len(rows) == limit:
                return rows, rows[-1].id
            body, at = _shown(view, account, change, who, event), change.after.at
            key = f"{change.number}-{index}"
            rows.append(Obj(PLATFORM, account.id, "activity", key, None, None, None, body, created_at=at, updated_at=at, removed=False))
    return rows, None
