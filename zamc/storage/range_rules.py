"""Which part of a file a browser asks for (RFC 9110, 14.2), pure: players of video jump about in it."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True)
class Part:
    """The bytes from start up to end, which is not included, of `size`."""

    start: int
    end: int
    size: int

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


class NotThere(ValueError):
    """The range begins behind the end: 416."""


def wanted_part(header: str | None, size: int) -> Part | None:
    """The one range that is asked for; None for the whole: no range, several, or a form that nobody has to understand. Raises NotThere."""
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        length = min(int(found[2]), size)
        if length == 0:
            raise NotThere
        return Part(size - length, size, size)
    start, end = int(found[1]), int(found[2]) + 1 if found[2] else size
    if found[2] and end <= start:
        return None
    if start >= size:
        raise NotThere
    return Part(start, min(end, size), size)
