"""Reads a landing page, or a picture, that a stranger has named, from a network in which there is more to reach than landing pages."""

import hashlib
import ssl
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpcore

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import Conflict, Later, Mend
from zamc.web.network import Deadline, Pinned, SystemResolver
from zamc.web.ports import Page, Resolver
from zamc.web.rules import (
    CONTENT_TYPES,
    ENCODINGS,
    PICTURE_BYTES,
    PICTURE_TYPES,
    REDIRECTS,
    Limits,
    Target,
    content_type,
    next_target,
    pinned,
    target,
)
from zamc.web.text_rules import decoded, extract

_AGENT = "ZAMC landing page reader"
_MOST_ADDRESSES = 4
_PIECE = 65_536


@dataclass(frozen=True)
class _Wanted:
    """What is asked for, in words and as content types, and the field that named its address."""

    what: str
    kinds: tuple[str, ...]
    field: str = "landing_page"


_PAGE = _Wanted("a page", CONTENT_TYPES)


@dataclass(frozen=True)
class _Got:
    """One answer: a place to go on to, or a body."""

    location: str | None = None
    body: bytes = b""
    kind: str = ""
    charset: str = ""


class Fetcher:
    """Implements zamc.web.ports.PageReader. It knows no proxy, no cookie and no credentials, and reads no setting of the environment."""

    def __init__(
        self,
        *,
        resolver: Resolver | None = None,
        limits: Limits | None = None,
        network: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """network: what connects to an address that was checked; tls: whom to trust, the system's authorities by default."""
        self._resolver = resolver or SystemResolver()
        self._limits = limits or Limits()
        self._network = network or httpcore.SyncBackend()
        self._tls = tls or ssl.create_default_context()

    def read(self, url: str, *, allowed: bool) -> Page:
        """The text of a page, as zamc.web.ports.PageReader.read says."""
        if not allowed:
            raise Conflict("this project does not let landing pages be read; allow it in the project's settings first")
        asked = target(url)
        return self._page(asked, *self._followed(asked, _PAGE, self._limits.most_bytes))

    def picture(self, url: str, *, allowed: bool, field: str = "logo") -> bytes:
        """The bytes behind an address that claims to be a PNG or JPEG picture; what they are is for their reader to find out.

        Raises what read() raises; InvalidInput names `field`.
        """
        if not allowed:
            raise Conflict(
                "this project does not let the web be read; allow it with `zamc projects models NAME --pages`, or hand in a file"
            )
        wanted = _Wanted("a PNG or JPEG picture", PICTURE_TYPES, field)
        return self._followed(target(url, field=field), wanted, PICTURE_BYTES)[1].body

    def _followed(self, asked: Target, wanted: _Wanted, most: int) -> tuple[Target, _Got]:
        """Where the redirects end, and what is there."""
        refuse_inside_transaction(wanted.what)
        at, deadline = asked, Deadline(self._limits.seconds)
        for _ in range(self._limits.most_redirects + 1):
            got = self._get(at, deadline, wanted, most)
            if got.location is None:
                return at, got
            at = next_target(at, got.location, field=wanted.field)
        raise Mend(f"{asked.host} redirects more than {self._limits.most_redirects} times", code="redirects")

    def _get(self, at: Target, deadline: Deadline, wanted: _Wanted, most: int) -> _Got:
        """One request to one address. Each hop resolves, checks and connects anew; nothing is kept from the hop before."""
        try:
            answers = self._resolver.addresses(at.host, seconds=deadline.left())
            backend = Pinned(pinned(answers, field=wanted.field)[:_MOST_ADDRESSES], deadline, self._network)
            with (
                httpcore.ConnectionPool(network_backend=backend, ssl_context=self._tls, http2=False, max_connections=1) as pool,
                pool.stream("GET", at.url, headers=_headers(at, wanted.kinds)) as response,
            ):
                return self._read(at, response, wanted, most)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Later(f"{at.host} did not answer sensibly: {type(error).__name__}", outage=True) from None

    def _read(self, at: Target, response: httpcore.Response, wanted: _Wanted, most: int) -> _Got:
        headers: dict[str, str] = {}
        for name, value in response.headers:
            headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
        if response.status in REDIRECTS and "location" in headers:
            return _Got(location=headers["location"])
        if response.status in (408, 425, 429) or response.status >= 500:
            raise Later(f"{at.host} answered {response.status}", code=str(response.status), outage=response.status >= 500)
        if response.status != 200:
            raise Mend(f"{at.host} answered {response.status} instead of {wanted.what}", code=str(response.status))
        kind, charset = content_type(headers.get("content-type", ""))
        if kind not in wanted.kinds:
            raise Mend(f"{at.host} sent {kind[:60] or 'something without a type'} instead of {wanted.what}", code="content-type")
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in ENCODINGS:
            raise Mend(f"{at.host} sent it packed as {encoding[:60]}, which was not asked for", code="content-encoding")
        pieces = response.iter_stream()
        body = _bounded(_unpacked(pieces, most) if encoding.endswith("gzip") else pieces, most, at)
        return _Got(body=body, kind=kind, charset=charset)

    def _page(self, asked: Target, at: Target, got: _Got) -> Page:
        told = extract(
            decoded(got.body, got.charset),
            plain=got.kind == "text/plain",
            most_markup=self._limits.most_markup,
            most_text=self._limits.most_text,
        )
        return Page(asked.url, at.url, told.title, told.text, hashlib.sha256(got.body).hexdigest(), told.cut)


def _headers(at: Target, kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    accepted = ", ".join(kinds)
    return [("Host", at.host), ("User-Agent", _AGENT), ("Accept", accepted), ("Accept-Encoding", "gzip"), ("Connection", "close")]


def _unpacked(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """What gzip packed, at most a piece at a time: a bomb is stopped while it is still small. Raises Mend."""
    engine = zlib.decompressobj(wbits=31)
    packed = 0
    for piece in pieces:
        packed += len(piece)
        if packed > most:
            raise Mend("what it sent is too large", code="size")
        waiting, more = piece, True
        while more and not engine.eof:
            try:
                opened = engine.decompress(waiting, _PIECE)
            except zlib.error:
                raise Mend("what it sent is packed, and not as it says", code="content-encoding") from None
            yield opened
            waiting = engine.unconsumed_tail
            # A full piece: there may be more inside the engine, although it has taken all that came.
            more = bool(waiting) or len(opened) == _PIECE
    if not engine.eof:
        raise Mend("what it sent is packed, and its end is missing", code="content-encoding")


def _bounded(pieces: Iterator[bytes], most: int, at: Target) -> bytes:
    """All of it, or Mend as soon as there is more than may be."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most:
            raise Mend(f"what {at.host} sent has more than {most / 1_000_000:g} MB", code="size")
    return bytes(body)
