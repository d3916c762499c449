"""The HTTP port: Meta's Graph API, Google's OAuth endpoints, the model providers and the admin API behind one address."""

import json
import time
from dataclasses import dataclass
from typing import Any

from sandbox import oauth, rates
from sandbox.admin import Admin
from sandbox.clock import Clock
from sandbox.faults import Fault, Faults
from sandbox.google.admin import GoogleAdmin
from sandbox.market import SEED
from sandbox.meta.admin import MetaAdmin
from sandbox.meta.graph import Graph
from sandbox.meta.mishaps import HTML, PROXY
from sandbox.meta.tokens import App
from sandbox.models.providers import PREFIX, Models
from sandbox.store import Store
from sandbox.web import Request, Response, Running, listen


@dataclass(frozen=True)
class Credentials:
    """What callers must show. The access token is one and the same on both platforms, and so is the key on all model providers."""

    token: str = "sandbox-token"  # noqa: S105 -- a stand-in's own default
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-client-secret"  # noqa: S105
    refresh_token: str = "sandbox-refresh-token"  # noqa: S105
    app_id: str = "1000000000"
    app_secret: str = "sandbox-app-secret"  # noqa: S105
    model_key: str = "sandbox-model-key"


def answer(status: int, body: Any) -> Response:
    return Response(status, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json; charset=UTF-8"})


_REVOKED = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
_NO_TOKEN: dict[str, tuple[int, Any]] = {
    "token_revoked": (400, _REVOKED),
    "rate_limited": (429, {"error": "rate_limit_exceeded"}),
    "error_with_200": (200, {"error": "internal_failure"}),
    "html": (502, HTML),
    "html_200": (200, PROXY),
}


def _bad_token(fault: Fault) -> Response | None:
    """What Google's token endpoint answers instead on a bad day; None where it is only slow."""
    if fault.fault == "slow":
        return None
    if fault.fault in ("reset", "timeout_after_commit"):
        return Response(0, b"", dropped=True)
    status, body = _NO_TOKEN.get(fault.fault, (503, {"error": "temporarily_unavailable"}))
    return Response(status, body, {"Content-Type": "text/html"}) if isinstance(body, bytes) else answer(status, body)


def _token(store: Store, faults: Faults, shown: Credentials, request: Request) -> Response:
    """Google's token endpoint, which has bad days of its own: its faults go by the method `oauth2/token`."""
    fault = faults.take("google", "oauth2/token")
    if fault is not None:
        time.sleep(fault.seconds)
        if (bad := _bad_token(fault)) is not None:
            return bad
    with store.reading() as tx:
        return answer(*oauth.token(tx, request.params, shown, host=request.base_url))


def start(
    store: Store, clock: Clock, faults: Faults, *, port: int = 0, host: str | None = None, credentials: Credentials | None = None
) -> Running:
    """Serve on loopback, or with a `host` on every address, until `.stop()`; `.port` tells where. Raises OSError when the port is taken."""
    shown = credentials or Credentials()
    graph = Graph(store, clock, faults, App(shown.app_id, shown.app_secret, shown.token))
    models = Models(store, faults, shown.model_key)
    admin = Admin(store, clock, faults, {**MetaAdmin(store, graph).routes, **GoogleAdmin(store, faults).routes, **models.routes})

    def route(request: Request) -> Response:
        if request.path.startswith("/sandbox/"):
            return answer(*admin.handle(request))
        if request.path.startswith(PREFIX):
            return models.handle(request)
        if request.path == rates.PATH:
            with store.reading() as tx:
                seed = int(tx.setting(SEED) or 0)
            return Response(200, rates.document(clock.now().date(), seed).encode(), {"Content-Type": "application/xml"})
        if request.path == "/oauth2/token":
            return _token(store, faults, shown, request)
        if request.path == "/o/oauth2/v2/auth":
            address = oauth.consent(request.params, shown)
            return Response(302, b"", {"Location": address}) if address else answer(400, {"error": "invalid_request"})
        return graph.handle(request)

    return listen(route, port=port, host=host)
