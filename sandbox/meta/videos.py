"""Videos: uploaded at once, from an address, or in chunks; encoded for a while; then ready, or of no use.

The chunked upload is the one of facebook_business/video_uploader.py: start, transfer until both offsets meet, finish.
"""

import hashlib
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.meta.errors import GraphError, invalid, param
from sandbox.meta.mp4 import BadVideo, inspect
from sandbox.meta.schema import required
from sandbox.meta.status import video_status
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj
from sandbox.web import Upload

CHUNK_BYTES: Final = 1024 * 1024
LARGEST_BYTES: Final = 1024 * 1024 * 1024
PROCESSING_SECONDS: Final = 0.5
FETCH_SECONDS: Final = 10


def fetch(url: str) -> Upload:
    """The file behind `file_url`. Raises GraphError 389."""
    parts = urlsplit(url)
    refused = GraphError(389, "(#389) Unable to fetch video file from URL.", 1363050, blame=[["file_url"]])
    if parts.scheme not in ("http", "https"):
        raise refused
    try:
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 -- http and https only
            return Upload(parts.path.rpartition("/")[2] or "video", bytes(answer.read(LARGEST_BYTES + 1)))
    except (OSError, ValueError):
        raise refused from None


def create(view: View, account: Obj, values: Mapping[str, Any], files: Mapping[str, Upload]) -> dict[str, Any]:
    """POST /act_X/advideos in all its forms. Raises GraphError."""
    phase = values.get("upload_phase")
    if phase is not None:
        return _PHASES[phase](view, account, values, files)
    # An address is read before the transaction begins: see graph.py.
    upload = files.get("source") or files.get("file_url")
    if upload is None:
        raise GraphError(100, "(#100) No video file was uploaded: send source, file_url or upload_phase", 1363019, blame=[["source"]])
    key = _new(view, account, values, title=upload.filename)
    _encode(view, account, key, upload.data)
    return {"id": key}


def _new(view: View, account: Obj, values: Mapping[str, Any], *, title: str) -> str:
    body = {"description": values.get("description"), **_named(values, title)}
    return view.tx.insert(PLATFORM, account.id, "advideo", {k: v for k, v in body.items() if v is not None}, name=str(body["title"]))


def _named(values: Mapping[str, Any], otherwise: str) -> dict[str, str]:
    return {"title": str(values.get("title") or values.get("name") or otherwise)}


def _encode(view: View, account: Obj, key: str, data: bytes) -> None:
    """Look at the file now, tell later."""
    found = view.get(account.id, "advideo", key)
    if found is None:
        raise LookupError(f"video {key} was not stored")
    setting = view.tx.setting("meta_video_seconds")
    seconds = PROCESSING_SECONDS if setting is None else float(setting)
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    body: dict[str, Any] = {
        **found.body,
        "encoded_at": (view.now + timedelta(seconds=seconds)).isoformat(),
        "file": {"bytes": len(data), "md5": digest},
    }
    try:
        video = inspect(data)
        body.update(length=round(video.seconds, 3), width=video.width, height=video.height, sound=video.sound)
    except BadVideo as bad:
        body["problem"] = {"code": bad.code, "message": str(bad)}
    view.tx.update(found, body=body)


def _session(view: View, account: Obj, values: Mapping[str, Any]) -> Obj:
    required(values, "upload_session_id")
    found = view.get(account.id, "videosession", str(values["upload_session_id"]))
    if found is None or found.removed:
        raise GraphError(100, "Invalid parameter", 1363041, title="Invalid Upload Session",
                         user_message="This upload session does not exist or has ended. Start a new one.",
                         blame=[["upload_session_id"]])  # fmt: skip
    return found


def _offsets(view: View, session: Obj, done: int) -> dict[str, str]:
    step = int(float(view.tx.setting("meta_video_chunk_bytes") or CHUNK_BYTES))
    return {"start_offset": str(done), "end_offset": str(min(session.body["size"], done + step))}


def _start(view: View, account: Obj, values: Mapping[str, Any], _: Mapping[str, Upload]) -> dict[str, Any]:
    required(values, "file_size")
    size = int(values["file_size"])
    if not 0 < size <= LARGEST_BYTES:
        raise invalid("file_size", title="Invalid File Size", message="A video can have 1 GB.", subcode=1363023)
    video = _new(view, account, values, title="video")
    key = view.tx.insert(PLATFORM, account.id, "videosession", {"size": size, "video_id": video}, parent=video)
    session = view.get(account.id, "videosession", key)
    if session is None:
        raise LookupError(f"upload session {key} was not stored")
    return {"upload_session_id": key, "video_id": video, **_offsets(view, session, 0)}


def _transfer(view: View, account: Obj, values: Mapping[str, Any], files: Mapping[str, Upload]) -> dict[str, Any]:
    session = _session(view, account, values)
    upload = files.get("video_file_chunk")
    if upload is None:
        raise param("The parameter video_file_chunk is required.", "video_file_chunk")
    done = view.tx.blob_size(session.id)
    if values.get("start_offset") != done or done + len(upload.data) > session.body["size"]:
        raise _misplaced(_offsets(view, session, done))
    view.tx.append_blob(session.id, upload.data)
    return _offsets(view, session, done + len(upload.data))


def _misplaced(offsets: Mapping[str, str]) -> GraphError:
    error = GraphError(
        6000, "There was a problem uploading your video file. Please try again.", 1363037, transient=True,
        title="Video Upload Interrupted", user_message="The chunk does not begin where the last one ended.",
    )  # fmt: skip
    error.data = dict(offsets)
    return error


def _finish(view: View, account: Obj, values: Mapping[str, Any], _: Mapping[str, Upload]) -> dict[str, Any]:
    session = _session(view, account, values)
    data = view.tx.blob(session.id)
    if len(data) != session.body["size"]:
        raise _misplaced(_offsets(view, session, len(data)))
    video = view.get(account.id, "advideo", str(session.body["video_id"]))
    if video is not None and not video.removed:
        named = _named(values, str(video.name))
        view.tx.update(video, body={**video.body, **named}, name=named["title"])
        _encode(view, account, video.id, data)
    view.tx.drop_blob(session.id)
    view.tx.remove(session)
    return {"success": True}


def _cancel(view: View, account: Obj, values: Mapping[str, Any], _: Mapping[str, Upload]) -> dict[str, Any]:
    session = _session(view, account, values)
    view.tx.drop_blob(session.id)
    view.tx.remove(session)
    return {"success": True}


_PHASES: Final = {"start": _start, "transfer": _transfer, "finish": _finish, "cancel": _cancel}


def delete(view: View, video: Obj) -> dict[str, Any]:
    """DELETE /VIDEO, and DELETE /act_X/advideos?video_id=. Raises GraphError while a creative shows it."""
    if any(video.id in str(c.body) for c in view.tx.find(PLATFORM, video.account, "adcreative")):
        raise param("This video is used by a creative and can't be deleted", "video_id")
    if not video.removed:
        view.tx.remove(video, status="DELETED")
    return {"success": True}


def check_usable(view: View, account: Obj, video_id: Any, where: str) -> None:
    """A video of this account that is encoded. Raises GraphError."""
    video = view.get(account.id, "advideo", str(video_id))
    if video is None or video.removed:
        message = f"{where}: this account has no video {video_id}."
        raise invalid("object_story_spec", title="Video Not Found", message=message, subcode=1487243)
    state = video_status(view, video)
    if state != "ready":
        said = "can't be used" if state == "error" else "is still being processed. Wait until its status is ready"
        raise invalid(
            "object_story_spec", title="Video Not Ready", message=f"{where}: the video {video_id} {said}.", subcode=1885204
        )  # fmt: skip
