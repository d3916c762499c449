"""The shortest way to an answer that is kept: before parsing, and every layer that such a request has passed already."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import urandom

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.graphql.endpoint import Endpoint
from api.graphql.kept import Kept
from api.graphql.shortcuts import LONGEST_BODY, NAME
from api.observing import REQUEST_ID, REQUESTS, SECONDS

PATH = "/graphql"
# Of a request's headers, those that decide whether it is let in, who asks, and how it is read.
_DECIDING = frozenset({b"authorization", b"cookie", b"content-type", b"host", b"origin", b"sec-fetch-site", b"content-encoding"})
_METHODS = {"POST": b"POST", "GET": b"GET"}
# In a request's scope: it was looked for already (api.protocol), and nothing was kept.
LOOKED = "zamc.quick_looked"
_IDS_AT_ONCE = 512
Pairs = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Found:
    """A kept answer for one request. same: the caller has it already. rate: how much they may ask for still; named: the request's id."""

    kept: Kept
    same: bool
    rate: bytes
    named: bytes
    method: str
    began: float


class _Ids:
    """Ids of requests, 16 hexadecimal digits each: many at a time, since random bytes are a call of the system however few they are."""

    def __init__(self) -> None:
        self._left: list[bytes] = []

    def take(self) -> bytes:
        if not self._left:
            digits = urandom(8 * _IDS_AT_ONCE).hex().encode()
            self._left = [digits[start : start + 16] for start in range(0, len(digits), 16)]
        return self._left.pop()


class Quick:
    """What is kept, for requests as they are. headers: what every answer says to browsers (api.security).

    A short answer is counted and timed like any other (api.observing), and writes no line. Who asks within a trace goes the long way.
    """

    def __init__(self, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        always = {**headers, "ratelimit-policy": endpoint.policy}
        self._always = [(name.lower().encode(), value.encode()) for name, value in always.items()]
        self._always_raw = lines(self._always)
        self._counted = {
            (name, same): REQUESTS.labels(name, PATH, "3xx" if same else "2xx").inc for name in _METHODS for same in (True, False)
        }
        self._timed = {name: SECONDS.labels(name, PATH).observe for name in _METHODS}
        self._ids = _Ids()

    def find(self, scope: Scope, body: bytes) -> Found | None:
        """scope, body: of a whole request to PATH. What it came to, if it goes the long way, may be remembered by scope[NAME]."""
        began, name = time.perf_counter(), scope["method"]
        method = _METHODS.get(name)
        if method is None or len(body) > LONGEST_BODY:
            return None
        told, tag, named, deciding = b"", b"", b"", [method, body, scope["query_string"]]
        for pair in scope["headers"]:
            header = pair[0]
            if header in _DECIDING:
                deciding += pair
            elif header == b"zamc-data-version":
                told = pair[1]
            elif header == b"if-none-match":
                tag = pair[1]
            elif header == b"x-request-id":
                named = pair[1]
            elif header == b"traceparent" and not pair[1].endswith(b"00"):
                return None
        shortcut = tuple(deciding)
        found = self._endpoint.kept_answer(shortcut, told, began)
        if found is None:
            scope[NAME] = shortcut
            return None
        kept, rate = found
        if not named or not REQUEST_ID.fullmatch(named):
            named = self._ids.take()
        return Found(kept, method == b"GET" and bool(tag) and kept.etag.encode() in tag, rate, named, name, began)

    def headers(self, found: Found) -> list[tuple[bytes, bytes]]:
        """As ASGI sends them."""
        kept = found.kept
        more = [(b"ratelimit", found.rate), (b"x-request-id", found.named), *kept.said]
        return [*self._always, *more] if found.same else [*self._always, *more, *kept.length]

    def raw(self, found: Found, default: Pairs) -> bytes:
        """The whole answer as HTTP/1.1 sends it. default: headers of the server's own."""
        kept, rest = found.kept, (self._always_raw, b"ratelimit: ", found.rate, b"\r\nx-request-id: ", found.named, b"\r\n")
        if found.same:
            return b"".join((b"HTTP/1.1 304 Not Modified\r\n", lines(default), *rest, kept.said_raw, b"\r\n"))
        return b"".join((b"HTTP/1.1 200 OK\r\n", lines(default), *rest, kept.said_raw, kept.length_raw, b"\r\n", kept.body))

    def answered(self, found: Found) -> None:
        """It is on its way."""
        self._counted[found.method, found.same]()
        self._timed[found.method](time.perf_counter() - found.began)


class QuickAnswers:
    """The outermost layer of the application, for servers that have not looked already. long: the whole way for GraphQL."""

    def __init__(self, app: ASGIApp, *, quick: Quick, long: ASGIApp) -> None:
        self._app, self._quick, self._long = app, quick, long

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        if LOOKED in scope:
            await self._long(scope, receive, send)
            return
        first = await receive()
        whole = first["type"] == "http.request" and not first.get("more_body")
        found = self._quick.find(scope, first.get("body", b"")) if whole else None
        if found is None:
            await self._long(scope, _again(first, receive), send)
            return
        await send({"type": "http.response.start", "status": 304 if found.same else 200, "headers": self._quick.headers(found)})
        await send({"type": "http.response.body", "body": b"" if found.same else found.kept.body})
        self._quick.answered(found)


def lines(headers: Pairs) -> bytes:
    """As they stand in an answer."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


def _again(first: Message, receive: Receive) -> Receive:
    """The same request, from its beginning."""
    waiting: list[Message] = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
