"""What an MP4 file says of itself: its boxes (ISO/IEC 14496-12), as far as a check before encoding needs them."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

BRANDS: Final = ("isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "dash", "qt  ")
SHORTEST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 241 * 60
SMALLEST_PIXELS: Final = 120


class BadVideo(ValueError):
    """The file can't be shown. `code` is the platform's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Video:
    """Size in pixels, length in seconds, and whether a sound track is there."""

    width: int
    height: int
    seconds: float
    sound: bool


class _Box(NamedTuple):
    kind: str
    data: memoryview


def _boxes(data: memoryview) -> Iterator[_Box]:
    position = 0
    while position + 8 <= len(data):
        size, header = int.from_bytes(data[position : position + 4]), 8
        kind = bytes(data[position + 4 : position + 8]).decode("latin-1")
        if size == 1:
            size, header = int.from_bytes(data[position + 8 : position + 16]), 16
        elif size == 0:
            size = len(data) - position
        if size < header or position + size > len(data):
            raise BadVideo(1363033, "The video file ends too early: it is damaged or was not transferred whole.")
        yield _Box(kind, data[position + header : position + size])
        position += size


def _inside(data: memoryview) -> Mapping[str, memoryview]:
    """The first box of each kind."""
    found: dict[str, memoryview] = {}
    for box in _boxes(data):
        found.setdefault(box.kind, box.data)
    return found


def _tracks(movie: memoryview) -> Iterator[tuple[str, tuple[int, int]]]:
    """Handler ("vide", "soun") and size in pixels of each track."""
    for box in _boxes(movie):
        if box.kind == "trak":
            track = _inside(box.data)
            handler = _inside(track.get("mdia", memoryview(b""))).get("hdlr", memoryview(b""))
            header = track.get("tkhd", memoryview(b""))
            # Width and height are the last eight bytes, 16.16 fixed point.
            width, height = struct.unpack(">II", header[-8:]) if len(header) >= 84 else (0, 0)
            yield bytes(handler[8:12]).decode("latin-1"), (width >> 16, height >> 16)


def _seconds(header: memoryview) -> float:
    wide = header[0] == 1
    scale, length = struct.unpack(">IQ" if wide else ">II", header[20:32] if wide else header[12:20])
    return float(length) / float(scale) if scale else 0.0


def inspect(data: bytes) -> Video:
    """Raises BadVideo when it is no MP4, damaged, or not of a size and length that can be advertised."""
    view = memoryview(data)
    if data[4:8] != b"ftyp" or data[8:12].decode("latin-1") not in BRANDS:
        raise BadVideo(1363024, "The video file you selected is in a format that we don't support.")
    file = _inside(view)
    movie = file.get("moov")
    if movie is None or "mdat" not in file:
        raise BadVideo(1363033, "The video file has no movie data: it is damaged or was not transferred whole.")
    header = _inside(movie).get("mvhd", memoryview(b""))
    tracks = list(_tracks(movie))
    width, height = next((size for kind, size in tracks if kind == "vide"), (0, 0))
    if len(header) < 32 or not width or not height:
        raise BadVideo(1363024, "The video file has no video track.")
    seconds = _seconds(header)
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise BadVideo(1363026, f"The video is {seconds:.1f} seconds long; it must be between 1 second and 241 minutes.")
    if min(width, height) < SMALLEST_PIXELS:
        raise BadVideo(1363042, f"The video has {width}x{height} pixels; each side needs {SMALLEST_PIXELS}.")
    return Video(width, height, seconds, any(kind == "soun" for kind, _ in tracks))
