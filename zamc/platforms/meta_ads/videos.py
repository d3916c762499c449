"""Videos: uploaded in chunks, found again by the marker in their title, usable when Meta has encoded them.

The steps are those of the SDK's video_uploader, which takes a file's path, sends to an address of its own and waits in a loop.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from zamc.deployments.ports import Guard
from zamc.errors import GiveUp, InDoubt, Later, Mend, OutsideError
from zamc.platforms.meta_ads.client import MetaClient

NOT_READY = "not-ready"  # as zamc.deployments.changes knows it: such a call was never sent, and does not count as an attempt
_ASK_AGAIN = timedelta(seconds=5)
# Meta names no limit; what takes longer has never been seen to end.
_LONGEST = timedelta(hours=6)
_MISPLACED = "1363037"


def upload(client: MetaClient, account: str, data: bytes, *, title: str, guard: Guard) -> str:
    """The id of a new video. Only its end can be in doubt: before that there is no video, only an upload that nobody sees."""
    try:
        guard()
        started = _post(client, account, {"upload_phase": "start", "file_size": len(data)})
        session = str(started["upload_session_id"])
        _transfer(client, account, data, session, offsets=started, guard=guard)
        guard()
    except (InDoubt, KeyError, TypeError, ValueError) as error:
        raise Later(f"the upload of a video broke off before its end: {error}", code=_code(error)) from None
    done = _post(client, account, {"upload_phase": "finish", "upload_session_id": session, "title": title})
    video_id = str(started.get("video_id") or "")
    if not done.get("success") or not video_id:
        raise InDoubt("Meta's answer does not say that the video was taken", code="no-success")
    return video_id


def _transfer(client: MetaClient, account: str, data: bytes, session: str, *, offsets: Mapping[str, Any], guard: Guard) -> None:
    start, end = int(offsets["start_offset"]), int(offsets["end_offset"])
    while start != end:
        guard()
        params = {"upload_phase": "transfer", "upload_session_id": session, "start_offset": start}
        answer = _post(client, account, params, chunk=data[start:end])
        moved = int(answer["start_offset"])
        if moved <= start:
            raise Later("Meta does not move on in the upload of a video", code=_MISPLACED)
        start, end = moved, int(answer["end_offset"])


def _post(client: MetaClient, account: str, params: Mapping[str, Any], *, chunk: bytes | None = None) -> Mapping[str, Any]:
    files = None if chunk is None else {"video_file_chunk": ("chunk", chunk, "application/octet-stream")}
    answer = client.call("POST", (account, "advideos"), params, account=account, files=files, video=True)
    if not isinstance(answer, Mapping):
        raise InDoubt("Meta's answer to an upload is no object", code="no-object")
    return answer


def _code(error: Exception) -> str:
    return error.code if isinstance(error, OutsideError) else type(error).__name__


def state(row: Mapping[str, Any]) -> str:
    """uploading, processing, ready, error, or whatever word Meta uses."""
    status = row.get("status")
    return str((status.get("video_status") if isinstance(status, Mapping) else status) or "")


def cover(row: Mapping[str, Any], *, now: datetime) -> str:
    """The address of a still of a video that is ready, "" when it has none.

    row: as read with fields=status,created_time,thumbnails. Raises Later (code NOT_READY) while it is encoded, Mend when it cannot be,
    GiveUp when that has taken for ever. now: by the platform's clock.
    """
    said = state(row)
    if said == "ready":
        stills = (row.get("thumbnails") or {}).get("data") or []
        chosen = next((each for each in stills if each.get("is_preferred")), stills[0] if stills else {})
        return str(chosen.get("uri") or "")
    if said == "error":
        phase = (row.get("status") or {}).get("processing_phase") or {}
        why = "; ".join(str(each.get("message")) for each in phase.get("errors") or () if isinstance(each, Mapping))
        raise Mend(f"Meta cannot encode the video: {why or 'no reason given'}", code="video-error")
    if said == "expired" or now - _created(row, now) > _LONGEST:
        raise GiveUp(f"the video is {said or 'in no state'} after {_LONGEST}; upload it again", code="video-stuck")
    raise Later(f"Meta is not done with the video ({said or 'no state'})", code=NOT_READY, delay=_ASK_AGAIN)


def _created(row: Mapping[str, Any], otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(row.get("created_time")))
    except ValueError:
        return otherwise
