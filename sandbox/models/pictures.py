"""A picture that is really one: a PNG with a soft gradient in colours that the prompt decides."""

import hashlib
import struct
import zlib
from typing import Final

from sandbox.models.exchange import RefusedError

LARGEST: Final = 4096


def size(text: str) -> tuple[int, int]:
    """ "1536x1024" or "auto". Raises RefusedError."""
    if text == "auto":
        return 1024, 1024
    wide, _, high = text.partition("x")
    if not (wide.isdecimal() and high.isdecimal()) or not 16 <= int(wide) <= LARGEST or not 16 <= int(high) <= LARGEST:
        raise RefusedError(
            400, f"Invalid value: '{text}'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.", param="size"
        )
    return int(wide), int(high)


def png(prompt: str, width: int, height: int) -> bytes:
    """An RGB picture; the same prompt gives the same bytes."""
    ink = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()
    top, bottom = ink[:3], ink[3:6]
    rows = bytearray()
    for y in range(height):
        mixed = bytes(a + (b - a) * y // height for a, b in zip(top, bottom, strict=True))
        rows += b"\0" + mixed * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
