"""The Graph API's front door: who calls, which version, one call or a batch, and how answers look on the wire."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.meta import batch
from sandbox.meta.errors import GraphError, from_detail
from sandbox.meta.mishaps import Dropped, Page, after, before
from sandbox.meta.oauth import ENDPOINTS, OAuth
from sandbox.meta.routes import Call
from sandbox.meta.runner import Outcome, Runner
from sandbox.meta.settings import Settings
from sandbox.meta.tokens import App, Token, Tokens, token_of
from sandbox.meta.usage import Usage
from sandbox.meta.view import PLATFORM
from sandbox.store import Store
from sandbox.web import Request, Response, Upload

VERSIONS: Final = ("v23.0", "v24.0", "v25.0", "v26.0")
JSON_HEADERS: Final = {"Content-Type": "application/json; charset=UTF-8", "facebook-api-version": VERSIONS[-1]}
DROPPED: Final = Response(0, b"", dropped=True)


class Graph:
    """Answers HTTP requests as graph.facebook.com does."""

    def __init__(self, store: Store, clock: Clock, faults: Faults, app: App) -> None:
        self._store, self._faults = store, faults
        self.usage, self.tokens, self.settings = Usage(), Tokens(store, app), Settings(store)
        self._oauth = OAuth(store, self.tokens)
        self._runner = Runner(store, clock, faults, self.usage, self.settings)

    def handle(self, request: Request) -> Response:
        params = request.params
        method = params.get("method", request.method).upper() if request.method == "POST" else request.method
        try:
            path = self._path(request.path)
            if (method, "/".join(path)) in ENDPOINTS:
                return self._sign_in(method, "/".join(path), request, params)
            token = self._caller(request, params)
            if not path and request.method == "POST":
                return self._batch(request, params, token)
            call = Call(method, path, params, request.files, f"{request.base_url}/{VERSIONS[-1]}")
            many = method == "GET" and "ids" in params and len(path) < 2
            outcome = self._runner.several(call, token) if many else self._runner.run(call, token)
        except Dropped:
            return DROPPED
        except GraphError as error:
            self._runner.log(None, f"{method} {request.path}", f"error {error.code}/{error.subcode}")
            outcome = Outcome(error.status, error.body(), {})
        return _response(outcome)

    @staticmethod
    def _path(path: str) -> tuple[str, ...]:
        parts = [p for p in path.split("/") if p]
        if parts and parts[0].startswith("v") and parts[0][1:2].isdigit():
            version = parts.pop(0)
            if version not in VERSIONS:
                raise GraphError(
                    2635,
                    f"(#2635) You are calling a version of the Ads API that is not available ({version}). Please update to the "
                    f"latest version: {VERSIONS[-1]}.",
                )
        if len(parts) > 2:
            raise GraphError(2500, f"Unknown path components: /{'/'.join(parts[2:])}")
        return tuple(parts)

    def _caller(self, request: Request, params: Mapping[str, str]) -> Token:
        return self.tokens.check(token_of(params, request.headers), params, proof_required=self.settings.get("require_proof") > 0)

    def _sign_in(self, method: str, path: str, request: Request, params: Mapping[str, str]) -> Response:
        """What concerns tokens; faults know it as "GET oauth/access_token" and so on. Raises GraphError, Dropped."""
        name = f"{method} {path}"
        fault = self._faults.take(PLATFORM, name)
        try:
            before(fault)
            if path == "dialog/oauth":
                return Response(302, b"", {"Location": self._oauth.dialog(params)})
            body = after(fault, self._of_token(method, path, request, params))
        except Page as page:
            return _response(Outcome(page.status, page.page, {}))
        except GraphError as error:
            if fault is not None and fault.fault == "error_with_200":
                return _response(Outcome(200, from_detail(fault.detail).body(), {}))
            raise error from None
        self._runner.log(None, name, "ok")
        return _response(Outcome(200, body, {}))

    def _of_token(self, method: str, path: str, request: Request, params: Mapping[str, str]) -> dict[str, Any]:
        if path == "oauth/access_token":
            return self._oauth.access_token(params)
        self._caller(request, params)
        if path == "debug_token":
            return self._oauth.debug(params)
        text = token_of(params, request.headers)
        return self._oauth.permissions(text) if method == "GET" else self._oauth.revoke(text)

    def _batch(self, request: Request, params: Mapping[str, str], token: Token) -> Response:
        url = f"{request.base_url}/{VERSIONS[-1]}"
        fault = self._faults.take(PLATFORM, "POST batch")
        known = batch.Campaigns(self._store)

        def one(method: str, path: str, given: Mapping[str, str], files: Mapping[str, Upload]) -> Outcome | None:
            try:
                call = Call(method, self._path(path), given, files, url)
                known.check(call)
                return self._runner.run(call, token)
            except Dropped:
                return None
            except GraphError as error:
                return Outcome(error.status, error.body(), {})

        try:
            before(fault)
            answers = after(fault, batch.run(params, request.files, one, half=fault is not None and fault.fault == "half_batch"))
        except Page as page:
            return _response(Outcome(page.status, page.page, {}))
        self._runner.log(None, "POST batch", "ok")
        return _response(Outcome(200, answers, {}))


def _response(outcome: Outcome) -> Response:
    headers = {**JSON_HEADERS, **outcome.headers, "x-fb-trace-id": secrets.token_urlsafe(8), "x-fb-rev": "1"}
    if isinstance(outcome.body, bytes):
        return Response(outcome.status, outcome.body, {**headers, "Content-Type": "text/html"})
    return Response(outcome.status, json.dumps(outcome.body, ensure_ascii=False).encode(), headers)
