"""Every request is counted, timed and written down in one line, by its route and never by what somebody sent; and it stands in a trace."""

import re
import sys
import time
from functools import partial
from os import urandom
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zamc.telemetry import context, logs, tracing
from zamc.telemetry.context import Here, Trace
from zamc.telemetry.tracing import Kind

REQUESTS = Counter("zamc_http_requests", "HTTP requests by route and class of status", ["method", "route", "status"])
SECONDS = Histogram("zamc_http_seconds", "Time until the last byte of an answer, in seconds", ["method", "route"])
UNDERWAY = Gauge("zamc_http_underway", "HTTP requests and WebSockets that are being answered", ["kind"])
_underway = {"http": 0, "websocket": 0}
for _kind in _underway:
    UNDERWAY.labels(_kind).set_function(partial(_underway.__getitem__, _kind))
# What is no route of ours has one name, whatever was asked for.
OTHER = "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WS"})
# Asked for every few seconds by whoever watches; a line only when they do not go well.
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")


class Observed:
    """The outermost layer, which every request pays for: what it does is done by hand. lines: whether each request writes one."""

    def __init__(self, app: ASGIApp, *, lines: bool = True) -> None:
        self._app, self._lines = app, lines
        self._counters: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in _underway:
            await self._app(scope, receive, send)
            return
        asked, named = "", b""
        for name, value in scope["headers"]:
            if name == b"traceparent":
                asked = value.decode("latin-1")
            elif name == b"x-request-id":
                named = value
        trace = tracing.entry(asked, recorded=scope["path"] not in _QUIET)
        request = _Request(scope, send, named.decode() if named and REQUEST_ID.fullmatch(named) else urandom(8).hex())
        _underway[kind] += 1
        token = context.enter(Here(trace, request_id=request.request_id))
        try:
            if trace.sampled:
                await self._traced(request, receive, trace)
            else:
                await self._answer(request, receive)
        finally:
            context.leave(token)
            _underway[kind] -= 1

    async def _traced(self, request: "_Request", receive: Receive, trace: Trace) -> None:
        with tracing.span("request", Kind.SERVER, parent=trace) as span:
            try:
                await self._answer(request, receive)
            finally:
                method, route = request.method, request.route
                span.rename(f"{method} {route}")
                span.set(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": request.status or None,
                        "zamc.request": request.request_id,
                    }
                )
                if request.status >= 500:
                    span.fail(str(request.status))

    async def _answer(self, request: "_Request", receive: Receive) -> None:
        began = time.perf_counter()
        try:
            await self._app(request.scope, receive, request.send)
        except Exception:
            request.status = request.status or 500
            raise
        finally:
            self._told(request, time.perf_counter() - began)

    def _told(self, request: "_Request", seconds: float) -> None:
        method, route, status = request.method, request.route, request.status
        if request.scope["type"] == "http":
            key = (method, route, status // 100)
            counted = self._counters.get(key)
            if counted is None:
                shown = f"{status // 100}xx" if status else "none"
                counted = self._counters[key] = (REQUESTS.labels(method, route, shown).inc, SECONDS.labels(method, route).observe)
            counted[0]()
            counted[1](seconds)
        # A process that nobody has started logging in, such as a test's, has nobody to tell.
        if self._lines and logs.LINES.process and (route not in _QUIET or status >= 400):
            trace = context.current()
            ids = f'"trace_id":"{trace.trace_id}","span_id":"{trace.span_id}",' if trace else ""
            # Every part of it is a word or a number of our own.
            sys.stderr.write(
                f'{{"timestamp":"{logs.now()}","level":"info","event":"http.request","method":"{method}","route":"{route}",'
                f'"status":{status},"seconds":{seconds:.4f},"request_id":"{request.request_id}",{ids}"process":"{logs.LINES.process}"}}\n'
            )


class _Request:
    """What became of one request. status: 0 while nothing was answered (a client that went away, a WebSocket)."""

    __slots__ = ("_send", "request_id", "scope", "status")

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self.scope, self._send, self.request_id = scope, send, request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
        await self._send(message)

    @property
    def method(self) -> str:
        method: str = self.scope.get("method", "WS")
        return method if method in _METHODS else OTHER

    @property
    def route(self) -> str:
        """As it is declared, such as "/files/{file}"."""
        if self.scope["path"] == "/graphql":
            return "/graphql"
        found = self.scope.get("route")
        declared: Any = getattr(found, "path_format", None) or getattr(found, "path", None)
        return declared if isinstance(declared, str) else OTHER
