"""The smallest files that pass for an MP4, and the SDK's uploader pointed at the sandbox."""

import struct
from typing import Any
from urllib.parse import urlsplit

from facebook_business.api import FacebookAdsApi
from requests.adapters import HTTPAdapter


def box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", 8 + len(data)) + kind + data


def mp4(*, width: int = 1080, height: int = 1080, seconds: float = 6, filling: int = 64, brand: bytes = b"isom") -> bytes:
    """ftyp, moov (mvhd, one video track) and an mdat of `filling` bytes."""
    movie_header = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, round(seconds * 1000)), b"\0" * 80)
    track_header = box(b"tkhd", b"\0" * 76, struct.pack(">II", width << 16, height << 16))
    handler = box(b"hdlr", b"\0" * 8 + b"vide" + b"\0" * 12)
    track = box(b"trak", track_header, box(b"mdia", handler))
    return box(b"ftyp", brand, b"\0\0\2\0") + box(b"moov", movie_header, track) + box(b"mdat", b"\0" * filling)


class _Redirect(HTTPAdapter):
    """Sends what is meant for the address that the SDK's uploader has built in to the sandbox."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target

    def send(self, request: Any, *args: Any, **more: Any) -> Any:
        parts = urlsplit(request.url)
        request.url = f"{self._target}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **more)


def redirect_uploads(api: FacebookAdsApi) -> None:
    api._session.requests.mount("https://graph-video.facebook.com", _Redirect(api._session.GRAPH))
