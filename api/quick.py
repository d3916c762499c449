"""The shortest way to an answer that is kept: before routing, parsing and every layer that such an answer has passed already."""

import time
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.graphql.endpoint import Endpoint
from api.graphql.shortcuts import LONGEST_BODY, NAME

PATH = "/graphql"
# Of a request's headers, those that decide whether it is let in, who asks, and how it is read.
_DECIDING = frozenset({b"authorization", b"cookie", b"content-type", b"host", b"origin", b"sec-fetch-site", b"content-encoding"})
_METHODS = {"POST": b"POST", "GET": b"GET"}


class QuickAnswers:
    """The outermost layer. headers: what every answer says to browsers (api.security)."""

    def __init__(self, app: ASGIApp, *, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        self._app, self._endpoint = app, endpoint
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = _METHODS.get(scope.get("method", "")) if scope["type"] == "http" and scope["path"] == PATH else None
        if method is None:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        first = await receive()
        if first["type"] != "http.request" or first.get("more_body") or len(first.get("body", b"")) > LONGEST_BODY:
            await self._app(scope, _again(first, receive), send)
            return
        told, tag, deciding = b"", b"", [method, first.get("body", b""), scope["query_string"]]
        for pair in scope["headers"]:
            header = pair[0]
            if header in _DECIDING:
                deciding += pair
            elif header == b"zamc-data-version":
                told = pair[1]
            elif header == b"if-none-match":
                tag = pair[1]
        name = tuple(deciding)
        found = self._endpoint.kept_answer(name, told, began)
        if found is None:
            scope[NAME] = name
            await self._app(scope, _again(first, receive), send)
            return
        kept, headers = found
        if method == b"GET" and tag and kept.etag.encode() in tag:
            await send({"type": "http.response.start", "status": 304, "headers": [*headers, *kept.said, *self._headers]})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [*kept.length, *kept.said, *headers, *self._headers]})
        await send({"type": "http.response.body", "body": kept.body})


def _again(first: Message, receive: Receive) -> Receive:
    """The same request, from its beginning."""
    waiting: list[Message] = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
