"""Images: stored by content, found by hash, refused when they are no picture."""

import base64
import hashlib
import struct
from typing import Any, Final

from sandbox.meta.errors import invalid
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj

LARGEST_BYTES: Final = 30 * 1024 * 1024


def size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG, JPEG or GIF. Raises GraphError for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if data[:3] == b"\xff\xd8\xff":
        found = _jpeg(data)
        if found:
            return found
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return int(width), int(height)
    raise invalid("bytes", title="Invalid Image", message="The image must be a JPEG, PNG or GIF.", subcode=1487411)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 < len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return int(width), int(height)
        position += 2 + length
    return None


def decode(text: str) -> bytes:
    """The picture behind the `bytes` parameter."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise invalid("bytes", title="Invalid Image", message="bytes must be Base64.", subcode=1487411) from None


def keep(view: View, account: Obj, name: str | None, data: bytes) -> dict[str, Any]:
    """Store a picture once per account and content; the entry of the answer's `images`."""
    if len(data) > LARGEST_BYTES:
        raise invalid("bytes", title="Image Too Large", message="An image can have 30 MB.", subcode=1487411)
    width, height = size(data)
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    key = f"{account.id.removeprefix('act_')}:{digest}"
    url = f"https://scontent.sandbox.invalid/{digest}"
    body = {
        "hash": digest, "width": width, "height": height, "original_width": width, "original_height": height,
        "url": url, "url_128": f"{url}?w=128", "permalink_url": url, "bytes_length": len(data),
    }  # fmt: skip
    known = view.get(account.id, "adimage", key)
    if known is None:
        view.tx.insert(PLATFORM, account.id, "adimage", body, id=key, name=name or digest, status="ACTIVE")
    elif known.removed:
        view.tx.restore(known, status="ACTIVE")
    return {"hash": digest, "url": url, "url_128": body["url_128"], "width": width, "height": height, "name": name or digest}
