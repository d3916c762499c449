"""Where a reader of the stream stands, and where it goes on: pure, so that every edge is a test."""

from dataclasses import dataclass
from typing import Self

from zamc.errors import InvalidInput


@dataclass(frozen=True)
class StreamState:
    """What JetStream says of the stream. first is last + 1 when it is empty; created is its creation time (RFC 3339)."""

    created: str
    first: int
    last: int


@dataclass(frozen=True)
class Cursor:
    """`<stream creation time>:<last sequence turned into run requests>`. Another creation time is another stream."""

    created: str
    sequence: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInput: a cursor that somebody edited by hand must not be read as "start again"."""
        created, _, sequence = text.rpartition(":")
        if not created or not sequence.isdecimal():
            raise InvalidInput(
                "cursor", f"{text!r} is not <stream creation time>:<sequence>; reset the cursor to read the stream from its start"
            )
        return cls(created, int(sequence))

    def __str__(self) -> str:
        return f"{self.created}:{self.sequence}"


@dataclass(frozen=True)
class Start:
    """Where to read on. gap: messages that nobody has read are gone from the stream, so whatever is pending must be looked for."""

    sequence: int
    gap: bool


def read_on(cursor: Cursor | None, stream: StreamState) -> Start:
    """Go on after the cursor; on another stream start at 1. A first sequence beyond the next one is a gap."""
    seen = cursor.sequence if cursor is not None and cursor.created == stream.created else 0
    return Start(seen + 1, gap=stream.first > seen + 1)
