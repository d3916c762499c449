"""What becomes of an object beside what was asked for: review, delivery, learning, encoding."""

from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj


def parent_of(view: View, obj: Obj) -> Obj | None:
    kind = {"ad": "adset", "adset": "campaign"}.get(obj.kind)
    return view.get(obj.account, kind, obj.parent) if kind and obj.parent else None


def effective_status(view: View, obj: Obj) -> str:
    """What delivery makes of an object: its own status, then review, then its parents'."""
    own, review = obj.status or "ACTIVE", obj.body.get("review")
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
    seconds = float(view.tx.setting("meta_review_seconds") or 0)
    if obj.kind == "ad" and view.now < obj.created_at + timedelta(seconds=seconds):
        own = "PENDING_REVIEW"
    return "WITH_ISSUES" if review == "WITH_ISSUES" else own


def issues(_: View, obj: Obj) -> list[dict[str, Any]] | None:
    if obj.body.get("review") not in ("DISAPPROVED", "WITH_ISSUES"):
        return None
    return [
        {
            "level": obj.kind.upper(),
            "error_code": 1815869,
            "error_summary": "Ad Disapproved",
            "error_message": "Your ad does not follow our Advertising Standards.",
            "error_type": "HARD_ERROR",
        }
    ]


def learning(view: View, obj: Obj) -> dict[str, Any] | None:
    if obj.kind != "adset":
        return None
    edited = int(obj.updated_at.timestamp())
    learning = view.now < obj.updated_at + timedelta(days=7)
    return {"status": "LEARNING" if learning else "SUCCESS", "last_sig_edit_ts": edited, "conversions": 0}


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
