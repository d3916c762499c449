"""The model providers behind /models/: checks the key, has good and bad days, answers, and keeps the log."""

import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from sandbox.faults import Fault, Faults
from sandbox.models import anthropic, openai, responses, tgi
from sandbox.models.answering import answer, fingerprint
from sandbox.models.exchange import Ask, Json, RefusedError, Reply
from sandbox.models.witness import Witness, bought, unbought
from sandbox.store import Store
from sandbox.web import Request, Response

PREFIX: Final = "/models/"


@dataclass(frozen=True)
class Dialect:
    """One provider's wire format. `overload` is the status under which it says that it is overloaded."""

    platform: str
    methods: Mapping[str, str]
    ask: Callable[[str, Json], Ask]
    whole: Callable[[Ask, Reply, str], Any]
    events: Callable[[Ask, Reply, str], Iterator[bytes]]
    error: Callable[[RefusedError], Json]
    overload: int
    request_id: str = "x-request-id"


DIALECTS: Final = (
    Dialect(
        "openai",
        {f"openai/v1/{method}": method for method in ("chat/completions", "images/generations")},
        openai.ask,
        openai.whole,
        openai.events,
        openai.error,
        overload=503,
    ),
    Dialect("openai", {"openai/v1/responses": "responses"}, responses.ask, responses.whole, responses.events, openai.error, overload=503),
    Dialect(
        "anthropic",
        {"anthropic/v1/messages": "messages"},
        anthropic.ask,
        anthropic.whole,
        anthropic.events,
        anthropic.error,
        overload=529,
        request_id="request-id",
    ),
    Dialect(
        "tgi",
        # The bare address answers as generate does: huggingface_hub asks it for text_generation.
        {
            "tgi/v1/chat/completions": "chat/completions",
            "tgi/generate": "generate",
            "tgi/generate_stream": "generate_stream",
            "tgi": "generate",
        },
        tgi.ask,
        tgi.whole,
        tgi.events,
        tgi.error,
        overload=429,
    ),
)


def refusal(fault: Fault, dialect: Dialect) -> RefusedError | None:
    """How a provider says no on a bad day; None where the fault is of another kind."""
    known: Mapping[str, tuple[int, str, str]] = {
        "rate_limited": (429, "Rate limit reached for requests. Please try again later.", "rate_limit_exceeded"),
        "quota_exhausted": (429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"),
        "unavailable": (503, "Service temporarily unavailable.", "unavailable"),
        "internal": (500, "The server had an error while processing your request. Sorry about that!", "internal"),
        "overloaded": (dialect.overload, "Overloaded", "overloaded"),
        "token_revoked": (401, "Incorrect API key provided. It may have been revoked.", "invalid_api_key"),
        "account_suspended": (403, "Your account is not active, please check your billing details.", "account_deactivated"),
    }
    found = known.get(fault.fault)
    return RefusedError(found[0], found[1], code=found[2]) if found else None


class Models:
    """Answers /models/...; `routes` are the admin API's, below /sandbox/."""

    def __init__(self, store: Store, faults: Faults, key: str) -> None:
        self._faults, self._key = faults, key
        self._witness = Witness(store)
        self._paths = {path: (dialect, method) for dialect in DIALECTS for path, method in dialect.methods.items()}
        self.routes: Mapping[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", "models/calls"): self._witness.calls,
            ("GET", "models/planted"): self._witness.planted,
            ("POST", "models/request"): self._witness.request,
            ("GET", "models/settings"): lambda _: self._witness.settings(),
            ("POST", "models/settings"): self._witness.configure,
        }

    def handle(self, request: Request) -> Response:
        found = self._paths.get(request.path.removeprefix(PREFIX).strip("/"))
        if found is None or request.method != "POST":
            return Response(404, b'{"error": {"message": "Not found"}}', {"Content-Type": "application/json"})
        return _Call(self._witness, found[0], found[1], request).answer(self._faults, self._key)


class _Call:
    """One request on its way."""

    def __init__(self, witness: Witness, dialect: Dialect, method: str, request: Request) -> None:
        self._witness, self._dialect, self._method, self._request = witness, dialect, method, request
        self._key = uuid4().hex[:24]
        self._told: dict[str, Any] = {
            "method": method,
            "model": "",
            "request": "",
            "stream": False,
            "retry": int(request.headers.get("x-stainless-retry-count") or 0),
            "idempotency_key": request.headers.get("idempotency-key"),
            "fault": "",
            "delivered": True,
            **unbought(),
        }

    def answer(self, faults: Faults, key: str) -> Response:
        try:
            return self._carried_out(faults, key)
        except RefusedError as refused:
            return self._refused(refused)

    def _carried_out(self, faults: Faults, key: str) -> Response:
        shown = self._request.headers.get("x-api-key") or self._request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(shown.encode(), key.encode()):
            raise RefusedError(401, "Incorrect API key provided.", code="invalid_api_key")
        fault = faults.take(self._dialect.platform, self._method) or Fault(self._dialect.platform, self._method, "")
        self._told["fault"] = fault.fault
        asked = self._asked()
        settings = self._witness.settings()
        if fault.fault in ("reset", "slow"):
            time.sleep(fault.seconds)
        if fault.fault == "reset":
            return self._dropped()
        if fault.fault == "html":
            return self._finished(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", {"Content-Type": "text/html"})
        if refused := refusal(fault, self._dialect):
            return self._refused(refused, float(fault.detail.get("retry_after", 1)))
        painted = asked.method == "images/generations"
        reply = openai.paint(asked, fault.fault) if painted else answer(asked, seed=settings["seed"], fault=fault.fault)
        time.sleep(settings["latency_seconds"])
        self._told |= bought(asked, reply)
        if fault.fault == "timeout_after_commit":
            # Bought and noted first: whoever gives up waiting has paid all the same.
            response = self._dropped()
            time.sleep(fault.seconds)
            return response
        return self._sent(asked, reply, cut=fault.fault == "cut_stream")

    def _asked(self) -> Ask:
        try:
            body = json.loads(self._request.body)
        except ValueError:
            raise RefusedError(400, "We could not parse the JSON body of your request.") from None
        if not isinstance(body, dict):
            raise RefusedError(400, "The body of the request must be a JSON object.")
        self._told["request"] = fingerprint({"method": self._method, **body})
        asked = self._dialect.ask(self._method, body)
        self._told |= {"model": asked.model, "stream": asked.stream}
        return asked

    def _sent(self, asked: Ask, reply: Reply, *, cut: bool) -> Response:
        if asked.stream:
            kind, pieces = "text/event-stream; charset=utf-8", list(self._dialect.events(asked, reply, self._key))
        else:
            kind = "application/json"
            whole = json.dumps(self._dialect.whole(asked, reply, self._key), ensure_ascii=False).encode("utf-8", "surrogatepass")
            pieces = [whole[: len(whole) // 2], whole[len(whole) // 2 :]]
        headers = {"Content-Type": kind}
        if cut:
            self._told["delivered"] = False
            return replace(self._finished(200, b"", headers), pieces=_broken(pieces[: max(1, len(pieces) // 2)]))
        if asked.stream:
            return replace(self._finished(200, b"", headers), pieces=iter(pieces))
        return self._finished(200, b"".join(pieces), headers)

    def _refused(self, refused: RefusedError, retry_after: float | None = None) -> Response:
        headers = {"Content-Type": "application/json"}
        if retry_after is not None and refused.status in (429, 503, 529) and refused.code != "insufficient_quota":
            headers["retry-after"] = f"{retry_after:g}"
        body = json.dumps(self._dialect.error(refused)).encode()
        return self._finished(refused.status, body, headers)

    def _dropped(self) -> Response:
        self._told["delivered"] = False
        return replace(self._finished(0, b"", {}), dropped=True)

    def _finished(self, status: int, body: bytes, headers: Mapping[str, str]) -> Response:
        self._witness.note(self._dialect.platform, self._key, {**self._told, "status": status}, self._request.body)
        return Response(status, body, {**headers, self._dialect.request_id: f"req_{self._key}"})


def _broken(pieces: list[bytes]) -> Iterator[bytes]:
    yield from pieces
    raise ConnectionResetError("cut on purpose")
