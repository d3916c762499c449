"""Answers of queries, kept as bytes: in this process, and in Valkey for all of them. Found by everything that they depend on.

A key holds the document, its variables, whose eyes it is for and the versions of the data: a change makes other keys, so that nothing has
to be thrown away and nothing old is found. What changes without saying so is at most FRESH_SECONDS old where something is under way (a
launch, a plan that is written), and QUIET_SECONDS elsewhere (api.graphql.moving).
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from api.resp import Said
from api.valkey import ValkeyDown

FRESH_SECONDS = 5.0
QUIET_SECONDS = 60.0
# While PostgreSQL is down, an old answer is better than none.
STALE_SECONDS = 600.0
LARGEST_BYTES = 32 * 1024 * 1024
LARGEST_ANSWER = 512 * 1024
_PREFIX = "zamc:answer:"


class Far(Protocol):
    """api.valkey.Valkey, as far as it is needed here."""

    async def get(self, key: str) -> bytes | None: ...

    async def set(self, key: str, value: bytes, *, ex: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer's bytes; etag: of its content, as HTTP quotes it. born: seconds of a clock that all processes of a machine share.

    said, length: headers that it is sent with, length only with its body; *_raw: the same as they stand in an answer.
    """

    body: bytes
    etag: str
    born: float
    said: Sequence[tuple[bytes, bytes]]
    length: Sequence[tuple[bytes, bytes]]
    said_raw: bytes
    length_raw: bytes


# A browser may keep it, for this caller alone, and asks each time whether it still holds.
HEADERS = {"cache-control": "private, no-cache", "vary": "Authorization, Cookie"}
_HEADERS = tuple((name.encode(), value.encode()) for name, value in HEADERS.items())


def kept(body: bytes, born: float | None = None) -> Kept:
    """born: when it began to be made; now by default."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    length = ((b"content-length", str(len(body)).encode()), (b"content-type", b"application/json"))
    said = (*_HEADERS, (b"etag", etag.encode()))
    return Kept(body, etag, time.time() if born is None else born, said, length, *(_raw(pairs) for pairs in (said, length)))


def _raw(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


class KeptAnswers:
    """On one event loop. valkey: shared by all processes, or None."""

    def __init__(self, valkey: Far | None) -> None:
        self._valkey = valkey
        self._near: OrderedDict[bytes, Kept] = OrderedDict()
        self._bytes = 0
        self._making: dict[bytes, asyncio.Future[Kept | None]] = {}

    def near(self, key: bytes, *, within: float = FRESH_SECONDS) -> Kept | None:
        """From this process alone."""
        found = self._near.get(key)
        if found is None or time.time() - found.born > within:
            return None
        self._near.move_to_end(key)
        return found

    async def get_or_make(
        self, key: bytes, make: Callable[[], Awaitable[Kept | None]], *, within: float = FRESH_SECONDS
    ) -> tuple[Kept | None, bool]:
        """The answer, and whether it was kept. make returns None for what must not be kept; whoever waits for it then makes its own.

        One asks, the others of this process wait for its answer.
        """
        found = self.near(key, within=within)
        if found is not None:
            return found, True
        making = self._making.get(key)
        if making is not None:
            return await asyncio.shield(making), True
        future: asyncio.Future[Kept | None] = asyncio.get_running_loop().create_future()
        self._making[key] = future
        made: Kept | None = None
        try:
            far = await self._far(key, within)
            if far is not None:
                made = far
                self._put_near(key, far)
                return far, True
            made = await make()
            if made is not None and len(made.body) <= LARGEST_ANSWER:
                self._put_near(key, made)
                await self._put_far(key, made)
            return made, False
        finally:
            del self._making[key]
            future.set_result(made)

    def _put_near(self, key: bytes, found: Kept) -> None:
        before = self._near.pop(key, None)
        self._bytes += len(found.body) - (len(before.body) if before else 0)
        self._near[key] = found
        while self._bytes > LARGEST_BYTES:
            _, gone = self._near.popitem(last=False)
            self._bytes -= len(gone.body)

    async def _far(self, key: bytes, within: float) -> Kept | None:
        if self._valkey is None:
            return None
        try:
            found = await self._valkey.get(_PREFIX + key.hex())
        except (ValkeyDown, Said):
            return None
        if not found:
            return None
        born, _, body = found.partition(b"\n")
        one = kept(body, float(born))
        return one if time.time() - one.born <= within else None

    async def _put_far(self, key: bytes, found: Kept) -> None:
        if self._valkey is None:
            return
        # Without Valkey this process's own memory does; Valkey says in the log that it is down, and why it refuses.
        with suppress(ValkeyDown, Said):
            await self._valkey.set(_PREFIX + key.hex(), b"%.3f\n%b" % (found.born, found.body), ex=int(QUIET_SECONDS))
