"""What every answer says to browsers, and which requests of browsers are not let in."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE = {"GET", "HEAD", "OPTIONS"}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
_TLS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def headers_of(*, tls: bool) -> Mapping[str, str]:
    """What every answer says to browsers, by name. tls: whether people reach us through TLS."""
    return {**_ALWAYS, **(_TLS if tls else {})}


class SecurityHeaders:
    """Sets what a route has not set itself. tls: whether people reach us through TLS."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._headers = headers_of(tls=tls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


class CrossSiteGuard:
    """Refuses what another site makes a browser send: requests that change something, and WebSockets.

    By Sec-Fetch-Site where the browser says it, else by Origin; neither is sent by programs, which have no cookies to be abused. A
    request with a bearer token is let through: no other site can add one, and beside one the cookie is not read.
    """

    def __init__(self, app: ASGIApp, *, public_url: str | None) -> None:
        self._app, self._origins = app, origins_of(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _SAFE):
            headers = Headers(scope=scope)
            if not headers.get("authorization", "").lower().startswith("bearer ") and not self._is_own(headers):
                await _refuse(scope, send)
                return
        await self._app(scope, receive, send)

    def _is_own(self, headers: Headers) -> bool:
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site in {"same-origin", "none"}
        if origin is None:
            return True
        if self._origins:
            return origin in self._origins
        return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == headers.get("host")


def origins_of(public_url: str | None) -> Collection[str]:
    """The origin of our address; of a loopback address under each of its names."""
    if public_url is None:
        return frozenset()
    parts = urlsplit(public_url)
    if parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        return frozenset({f"{parts.scheme}://{parts.netloc}"})
    return frozenset(f"{parts.scheme}://{name}{f':{parts.port}' if parts.port else ''}" for name in _LOOPBACK)


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4403, "reason": "another site"})
        return
    body = b'{"error":"cross_site","message":"this request came from another site"}'
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
