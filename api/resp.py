"""What Redis and Valkey say and hear (RESP, version 2), as far as the API needs it."""

from collections.abc import Sequence
from typing import Any

_END = b"\r\n"
_BULK, _NUMBER, _LINE, _ERROR, _LIST = b"$:+-*"


class Said(Exception):
    """The server's refusal, as it said it: the first word names its kind."""


class Partial(Exception):
    """The answer is not whole. need: bytes from the buffer's beginning before it is worth another look."""

    def __init__(self, need: int) -> None:
        self.need = need


def command(*parts: bytes) -> bytes:
    """As it goes out."""
    return b"*%d\r\n%b" % (len(parts), b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts]))


def read(buffer: bytes, at: int) -> tuple[Any, int]:
    """One answer (bytes, int, None, a list of them, or Said), and where the next begins.

    Raises Partial, and ValueError for what is no RESP at all.
    """
    end = buffer.find(_END, at)
    if end < 0:
        raise Partial(len(buffer) + 1)
    kind, line, following = buffer[at], buffer[at + 1 : end], end + 2
    if kind == _BULK:
        return _bulk(buffer, following, int(line))
    if kind == _LIST:
        return _list(buffer, following, int(line))
    if kind == _ERROR:
        return Said(line.decode(errors="replace")), following
    if kind not in {_NUMBER, _LINE}:
        raise ValueError(f"an answer cannot begin with {kind}")
    return (int(line) if kind == _NUMBER else line), following


def _bulk(buffer: bytes, at: int, size: int) -> tuple[bytes | None, int]:
    if size < 0:
        return None, at
    stop = at + size
    if len(buffer) < stop + 2:
        raise Partial(stop + 2)
    return buffer[at:stop], stop + 2


def _list(buffer: bytes, at: int, count: int) -> tuple[list[Any] | None, int]:
    if count < 0:
        return None, at
    found = []
    for _ in range(count):
        one, at = read(buffer, at)
        found.append(one)
    return found, at


class Answers:
    """Bytes as they come in, cut into answers."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._have = self._need = 0

    def of(self, data: bytes) -> Sequence[Any]:
        """Those that are whole now. Raises ValueError for what no such server says."""
        self._parts.append(data)
        self._have += len(data)
        if self._have < self._need:
            return ()
        buffer, at, found = data if len(self._parts) == 1 else b"".join(self._parts), 0, []
        self._need = 0
        while at < len(buffer):
            try:
                one, at = read(buffer, at)
            except Partial as partial:
                self._need = partial.need - at
                break
            found.append(one)
        rest = buffer[at:]
        self._parts, self._have = [rest] if rest else [], len(rest)
        return found
