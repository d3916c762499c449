"""The Graph API's front door: who calls, which version, which node and edge, and which fault strikes today."""

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults
from sandbox.meta import batch, edges, videos
from sandbox.meta.errors import GraphError, from_detail, named, unsupported
from sandbox.meta.routes import Call, answer, virtual
from sandbox.meta.usage import Allowance, Usage
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj, Store, Transaction
from sandbox.web import Request, Response, Upload

VERSIONS: Final = ("v23.0", "v24.0", "v25.0", "v26.0")
JSON_HEADERS: Final = {"Content-Type": "application/json; charset=UTF-8", "facebook-api-version": VERSIONS[-1]}
HTML: Final = b"<html><head><title>502 Bad Gateway</title></head><body>Sorry, something went wrong.</body></html>"
DROPPED: Final = Response(0, b"", dropped=True)


@dataclass(frozen=True)
class Outcome:
    """What becomes of a call: status, JSON or raw body, and the headers that tell usage."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Dropped(Exception):
    """The answer never comes."""


class Graph:
    """Answers HTTP requests as graph.facebook.com does."""

    def __init__(self, store: Store, clock: Clock, faults: Faults, *, token: str, app_secret: str) -> None:
        self._store, self._clock, self._faults = store, clock, faults
        self._token, self._app_secret = token, app_secret
        self.usage = Usage()

    def handle(self, request: Request) -> Response:
        params = request.params
        method = params.get("method", request.method).upper() if request.method == "POST" else request.method
        try:
            path = self._path(request.path)
            self._authorise(request, params)
            if not path and request.method == "POST":
                return self._batch(request, params)
            call = Call(method, path, params, request.files, f"{request.base_url}/{VERSIONS[-1]}")
            outcome = self.run(call)
        except Dropped:
            return DROPPED
        except GraphError as error:
            self._log(None, f"{method} {request.path}", f"error {error.code}/{error.subcode}")
            outcome = Outcome(error.status, error.body(), {})
        return self._response(outcome)

    @staticmethod
    def _response(outcome: Outcome) -> Response:
        headers = {**JSON_HEADERS, **outcome.headers, "x-fb-trace-id": secrets.token_urlsafe(8), "x-fb-rev": "1"}
        if isinstance(outcome.body, bytes):
            return Response(outcome.status, outcome.body, {**headers, "Content-Type": "text/html"})
        return Response(outcome.status, json.dumps(outcome.body, ensure_ascii=False).encode(), headers)

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

    def _authorise(self, request: Request, params: Mapping[str, str]) -> None:
        header = request.headers.get("authorization", "")
        token = params.get("access_token") or header.removeprefix("Bearer ").removeprefix("OAuth ")
        if not token:
            raise GraphError(104, "An access token is required to request this resource.")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise named("token")
        proof = params.get("appsecret_proof")
        expected = hmac.new(self._app_secret.encode(), token.encode(), "sha256").hexdigest()
        if proof is not None and not hmac.compare_digest(proof, expected):
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")

    def _batch(self, request: Request, params: Mapping[str, str]) -> Response:
        url = f"{request.base_url}/{VERSIONS[-1]}"

        def one(method: str, path: str, given: Mapping[str, str], files: Mapping[str, Upload]) -> Outcome | None:
            try:
                return self.run(Call(method, self._path(path), given, files, url))
            except Dropped:
                return None
            except GraphError as error:
                return Outcome(error.status, error.body(), {})

        self._log(None, "POST batch", "ok")
        return self._response(Outcome(200, batch.run(params, request.files, one), {}))

    def _log(self, account: str | None, name: str, outcome: str) -> None:
        with self._store.transaction() as tx:
            tx.call_log(PLATFORM, account, name, secrets.token_hex(8), outcome)

    def run(self, call: Call) -> Outcome:
        """One call from fault to answer. Raises GraphError only before the node is known, Dropped when a fault says so."""
        with self._store.reading() as tx:
            obj, name = self._resolve(tx, call)
            allowance, blocked = self._standing(tx, obj)
        account = obj.account or None
        insights = call.path[1:] == ("insights",)
        fault, executed = self._faults.take(PLATFORM, name), False
        try:
            if account is not None:
                use = "ads_insights" if insights else "ads_management"
                self.usage.count(account, use, write=call.method != "GET", allowance=allowance)
            self._before(fault)
            if call.method != "GET" and blocked:
                raise named("account_blocked")
            status, body = self._execute(call, obj, name)
            executed = True
            status, body = self._after(fault, status, body)
        except GraphError as error:
            if not executed:
                self._log(account, name, f"error {error.code}/{error.subcode}")
            status, body = (200 if fault and fault.fault == "error_with_200" else error.status), error.body()
        return Outcome(status, body, self.usage.headers(account, allowance, insights=insights))

    def _resolve(self, tx: Transaction, call: Call) -> tuple[Obj, str]:
        if not call.path:
            raise GraphError(100, f"Unsupported {call.method.lower()} request", kind="GraphMethodException")
        node, edge = call.path[0], "".join(f"/{p}" for p in call.path[1:])
        if node in ("me", "search"):
            kind = "user" if node == "me" else "search"
            return virtual(kind, self._clock.now()), f"{call.method} {kind}{edge}"
        obj = tx.locate(PLATFORM, node)
        if obj is None:
            self._log(None, f"{call.method} unknown{edge}", "error 100/33")
            raise unsupported(call.method, node)
        return obj, f"{call.method} {obj.kind}{edge}"

    @staticmethod
    def _standing(tx: Transaction, obj: Obj) -> tuple[Allowance, bool]:
        """What the account may use, and whether it is disabled."""
        account = tx.get(PLATFORM, obj.account, "adaccount", obj.account) if obj.account else None
        if account is None:
            return Allowance("standard_access", 0), False
        allowance = Allowance(str(account.body["tier"]), tx.count(PLATFORM, obj.account, "ad", "ACTIVE"))
        return allowance, account.body.get("account_status") != 1

    def _execute(self, call: Call, obj: Obj, name: str) -> tuple[int, Any]:
        if call.edge == "advideos" and call.params.get("file_url"):
            # Before the transaction begins, which other writers wait for.
            call = replace(call, files={**call.files, "file_url": videos.fetch(call.params["file_url"])})
        scope = self._store.reading() if call.method == "GET" else self._store.transaction()
        with scope as tx:
            view = View(tx, self._clock.now(), call.url, edges.list_edge)
            current = tx.get(PLATFORM, obj.account, obj.kind, obj.id) or obj
            body = answer(view, current, call)
            if call.method != "GET" and not tx.discarded:
                made = f" {body['id']}" if "id" in body else ""
                tx.call_log(PLATFORM, obj.account or None, name, secrets.token_hex(8), f"ok{made}")
        if call.method == "GET" or tx.discarded:
            self._log(obj.account or None, name, "ok")
        return 200, body

    @staticmethod
    def _before(fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.fault in ("late_commit", "slow"):
            time.sleep(fault.seconds)
        elif fault.fault == "reset":
            raise Dropped
        elif fault.fault in _REFUSALS or (fault.fault in ("error", "error_with_200") and not fault.detail.get("committed")):
            raise named(_REFUSALS[fault.fault]) if fault.fault in _REFUSALS else from_detail(fault.detail)

    @staticmethod
    def _after(fault: Fault | None, status: int, body: Any) -> tuple[int, Any]:
        if fault is None:
            return status, body
        if fault.fault == "timeout_after_commit":
            time.sleep(fault.seconds)
            raise Dropped
        if fault.fault in ("error", "error_with_200"):
            raise from_detail(fault.detail)
        return (502, HTML) if fault.fault == "html" else (status, body)


_REFUSALS: Final = {
    "unavailable": "service",
    "rate_limited": "ads_management_limit",
    "account_suspended": "account_blocked",
    "token_revoked": "token_revoked",
}
