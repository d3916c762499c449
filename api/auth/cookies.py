"""The cookie that holds a browser's session, and the one that ties a sign-in elsewhere to the browser that began it.

With TLS both have the prefix `__Host-`: browsers then accept them from this host alone, over TLS, for the whole site, so that no neighbour
can plant one. Without TLS (ZAMC_COOKIE_SECURE=false, one machine) browsers know no such promise, and the names say so.
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from zamc.settings import Settings

_NAMES = {True: ("__Host-zamc", "__Host-zamc-oidc"), False: ("zamc-insecure", "zamc-insecure-oidc")}
_OIDC_SECONDS = 600


def session_token(request: HTTPConnection, settings: Settings) -> str | None:
    """None as well when there are two: somebody else has set one of them, and nobody can say which."""
    return _only(request, _NAMES[settings.cookie_secure][0])


def set_session(response: Response, settings: Settings, token: str) -> None:
    """It ends with the browser, and with the session."""
    _set(response, settings, _NAMES[settings.cookie_secure][0], token)


def clear_session(response: Response, settings: Settings) -> None:
    _set(response, settings, _NAMES[settings.cookie_secure][0], "", max_age=0)


def oidc_browser(request: HTTPConnection, settings: Settings) -> str | None:
    return _only(request, _NAMES[settings.cookie_secure][1])


def set_oidc_browser(response: Response, settings: Settings, value: str) -> None:
    _set(response, settings, _NAMES[settings.cookie_secure][1], value, max_age=_OIDC_SECONDS if value else 0)


def _set(response: Response, settings: Settings, name: str, value: str, *, max_age: int | None = None) -> None:
    response.set_cookie(name, value, max_age=max_age, path="/", secure=settings.cookie_secure, httponly=True, samesite="lax")


def _only(request: HTTPConnection, name: str) -> str | None:
    found = []
    for header in request.headers.getlist("cookie"):
        for part in header.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                found.append(value)
    return found[0] if len(found) == 1 and found[0] else None
