"""What becomes of an object beside what was asked for: review, delivery, learning, encoding."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox import market
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj

UNSETTLED: Final = 3
LEARNING_DAYS: Final = 7
LEARNING_EVENTS: Final = 50
CONVERTING: Final = ("OFFSITE_CONVERSIONS", "VALUE", "LEAD_GENERATION", "QUALITY_LEAD")


def parent_of(view: View, obj: Obj) -> Obj | None:
    kind = {"ad": "adset", "adset": "campaign"}.get(obj.kind)
    return view.get(obj.account, kind, obj.parent) if kind and obj.parent else None


def _before(view: View, obj: Obj, key: str) -> bool:
    until = obj.body.get(key)
    return bool(until) and view.now < datetime.fromisoformat(str(until))


def _verdict(view: View, obj: Obj) -> str | None:
    """DISAPPROVED or WITH_ISSUES, once the review is over."""
    return None if _before(view, obj, "reviewed_at") else obj.body.get("review")


def effective_status(view: View, obj: Obj) -> str:
    """What delivery makes of an object: its own status, then the verdict, then its parents', then what it waits for."""
    own, review = obj.status or "ACTIVE", _verdict(view, obj)
    if own in ("DELETED", "ARCHIVED"):
        return own
    if review == "DISAPPROVED" or own == "PAUSED":
        return review if review == "DISAPPROVED" else own
    parent = parent_of(view, obj)
    while parent is not None:
        if parent.status != "ACTIVE":
            above = {"campaign": "CAMPAIGN_PAUSED", "adset": "ADSET_PAUSED"}[parent.kind]
            return above if parent.status == "PAUSED" else str(parent.status)
        parent = parent_of(view, parent)
    return _waiting(view, obj) or ("WITH_ISSUES" if review == "WITH_ISSUES" else own)


def _waiting(view: View, obj: Obj) -> str | None:
    """What an object that is switched on waits for."""
    if _before(view, obj, "processed_at"):
        return "IN_PROCESS"
    if _before(view, obj, "reviewed_at"):
        return "PENDING_REVIEW"
    if obj.kind == "ad" and view.account(obj).body.get("account_status") == UNSETTLED:
        return "PENDING_BILLING_INFO"
    return None


def issues(view: View, obj: Obj) -> list[dict[str, Any]] | None:
    """`issues_info`."""
    review = _verdict(view, obj)
    if review not in ("DISAPPROVED", "WITH_ISSUES"):
        return None
    disapproved = review == "DISAPPROVED"
    said = {
        "level": {"campaign": "CAMPAIGN", "adset": "AD_SET", "ad": "AD"}[obj.kind],
        "error_code": 1815869 if disapproved else 1815855,
        "error_summary": "Ad Disapproved" if disapproved else "Delivery Issue",
        "error_message": "; ".join(feedback(view, obj).values()) if disapproved else "This object can't deliver as it is.",
        "error_type": "HARD_ERROR" if disapproved else "SOFT_ERROR",
    }
    return [{**said, **(obj.body.get("issue") or {})}]


def feedback(view: View, obj: Obj) -> dict[str, str]:
    """Policy topics of a disapproved ad."""
    if _verdict(view, obj) != "DISAPPROVED":
        return {}
    return obj.body.get("feedback") or {"Advertising Standards": "Your ad does not follow our Advertising Standards."}


def review_feedback(view: View, obj: Obj) -> dict[str, Any] | None:
    """`ad_review_feedback`."""
    found = feedback(view, obj) if obj.kind == "ad" else {}
    return {"global": found, "placement_specific": {"facebook": found}} if found else None


def learning(view: View, obj: Obj) -> dict[str, Any] | None:
    """`learning_stage_info`: fifty optimisation events within a week of the last significant edit, or learning has failed."""
    if obj.kind != "adset":
        return None
    since = datetime.fromisoformat(str(obj.body.get("learning_since") or obj.created_at.isoformat()))
    events = _events(view, obj, since)
    late = view.now > since + timedelta(days=LEARNING_DAYS)
    status = "SUCCESS" if events >= LEARNING_EVENTS else ("FAIL" if late else "LEARNING")
    return {"status": status, "last_sig_edit_ts": int(since.timestamp()), "conversions": min(events, LEARNING_EVENTS)}


def _events(view: View, obj: Obj, since: datetime) -> int:
    zone = ZoneInfo(str(view.account(obj).body.get("timezone_name", "UTC")))
    first, today = since.astimezone(zone).date(), view.now.astimezone(zone).date()
    goal, total = str(obj.body.get("optimization_goal")), 0
    for offset in range(min(LEARNING_DAYS, (today - first).days) + 1):
        day = market.day(view.tx, PLATFORM, obj.account, str(obj.parent), first + timedelta(days=offset), view.now)
        facts = day.groups.get(obj.id)
        if facts is not None:
            total += facts.conversions if goal in CONVERTING else (facts.clicks if "CLICK" in goal else facts.impressions)
    return total


def video_status(view: View, obj: Obj) -> str:
    """uploading, processing, ready or error."""
    done = obj.body.get("encoded_at")
    if done is None:
        return "uploading"
    if view.now < datetime.fromisoformat(done):
        return "processing"
    return "error" if obj.body.get("problem") else "ready"


_PHASES: Final = {
    "uploading": ("in_progress", "not_started", "not_started"),
    "processing": ("complete", "in_progress", "not_started"),
    "ready": ("complete", "complete", "complete"),
    "error": ("complete", "error", "not_started"),
}


def video_phases(view: View, obj: Obj) -> dict[str, Any]:
    """The `status` of a video, as AdVideo.waitUntilEncodingReady reads it."""
    state = video_status(view, obj)
    names = ("uploading_phase", "processing_phase", "publishing_phase")
    shown: dict[str, Any] = {"video_status": state}
    shown.update({name: {"status": status} for name, status in zip(names, _PHASES[state], strict=True)})
    if state == "processing":
        shown["processing_progress"] = 50
    if state == "error":
        shown["processing_phase"]["errors"] = [obj.body["problem"]]
    return shown


def thumbnails(view: View, obj: Obj) -> list[Obj]:
    """Frames of a video that is ready, as virtual nodes."""
    if video_status(view, obj) != "ready":
        return []
    size = {key: obj.body.get(key) for key in ("width", "height")}
    return [
        Obj(
            PLATFORM, obj.account, "thumbnail", f"{obj.id}{number:02}", obj.id, "", None,
            {**size, "scale": 1, "uri": f"https://scontent.sandbox.invalid/{obj.id}/{number}.jpg", "is_preferred": number == 0},
            created_at=obj.created_at, updated_at=obj.updated_at, removed=False,
        )
        for number in range(5)
    ]  # fmt: skip
