"""The shortest way to an answer that is kept: before parsing, and every layer that such a request has passed already."""

import time
from collections.abc import Mapping
from os import urandom

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.graphql.endpoint import Endpoint
from api.graphql.shortcuts import LONGEST_BODY, NAME
from api.observing import REQUEST_ID, REQUESTS, SECONDS

PATH = "/graphql"
# Of a request's headers, those that decide whether it is let in, who asks, and how it is read.
_DECIDING = frozenset({b"authorization", b"cookie", b"content-type", b"host", b"origin", b"sec-fetch-site", b"content-encoding"})
_METHODS = {"POST": b"POST", "GET": b"GET"}


class QuickAnswers:
    """The outermost layer. long: the whole way for GraphQL; headers: what every answer says to browsers (api.security).

    A short answer is counted and timed like any other (api.observing), and writes no line. Who asks within a trace goes the long way.
    """

    def __init__(self, app: ASGIApp, *, endpoint: Endpoint, long: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app, self._endpoint, self._long = app, endpoint, long
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._counted = {(name, status): REQUESTS.labels(name, PATH, status) for name in _METHODS for status in ("2xx", "3xx")}
        self._timed = {name: SECONDS.labels(name, PATH) for name in _METHODS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        began, name = time.perf_counter(), scope["method"]
        first = await receive()
        method, body = _METHODS.get(name), first.get("body", b"")
        if method is None or first["type"] != "http.request" or first.get("more_body") or len(body) > LONGEST_BODY:
            await self._long(scope, _again(first, receive), send)
            return
        told, tag, named, traced, deciding = b"", b"", b"", False, [method, body, scope["query_string"]]
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
            elif header == b"traceparent":
                traced = not pair[1].endswith(b"00")
        shortcut = tuple(deciding)
        found = None if traced else self._endpoint.kept_answer(shortcut, told, began)
        if found is None:
            scope[NAME] = shortcut
            await self._long(scope, _again(first, receive), send)
            return
        kept, headers = found
        headers += self._headers
        headers.append((b"x-request-id", named if REQUEST_ID.fullmatch(named) else urandom(8).hex().encode()))
        headers += kept.said
        same = method == b"GET" and bool(tag) and kept.etag.encode() in tag
        if not same:
            headers += kept.length
        await send({"type": "http.response.start", "status": 304 if same else 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if same else kept.body})
        self._counted[name, "3xx" if same else "2xx"].inc()
        self._timed[name].observe(time.perf_counter() - began)


def _again(first: Message, receive: Receive) -> Receive:
    """The same request, from its beginning."""
    waiting: list[Message] = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
