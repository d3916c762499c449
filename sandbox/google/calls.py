"""One call from raw bytes to raw bytes: version, credentials, limits, faults, the service, errors, the log of calls."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults
from sandbox.google import auth
from sandbox.google.api import Api, api
from sandbox.google.errors import AdsError, Failure, Refused, failure_metadata, status_of
from sandbox.google.fault_answers import ANSWERS
from sandbox.google.fault_errors import fault_failure, quota_error
from sandbox.google.limits import Limits
from sandbox.store import Store, Transaction

Work = Callable[["Call", Transaction], Any]
READ_LAG = "google_read_lag_seconds"
USER = "api@sandbox.invalid"


@dataclass(frozen=True)
class Platform:
    """What all calls share."""

    store: Store
    clock: Clock
    faults: Faults
    credentials: auth.Credentials
    limits: Limits


@dataclass(frozen=True)
class Method:
    """One RPC: its request type, what it does, and whether it writes or answers a stream of messages."""

    request: str
    work: Work
    writes: bool = False
    streams: bool = False


@dataclass(frozen=True)
class Call:
    """One call in progress. `method` is `CampaignService/MutateCampaigns`; `spoil` makes one operation fail (a fault)."""

    platform: Platform
    api: Api
    method: str
    request: Any
    metadata: Mapping[str, str]
    request_id: str
    spoil: Mapping[int, AdsError] = field(default_factory=dict)

    @property
    def customer_id(self) -> str | None:
        return getattr(self.request, "customer_id", None)


def serve(platform: Platform, method: Method, *, version: str, name: str, packed: bytes, context: Any) -> Iterator[bytes]:
    """Carry the call out and yield its answer, one message or many; aborts the context on any error."""
    types = api(version)
    try:
        request = types.message(f"services.{method.request}").FromString(packed)
    except DecodeError:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the request is no {method.request}")
    metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
    fault = platform.faults.take("google", name)
    spoil = {}
    if fault is not None and fault.fault == "partial_failure":
        index = int(fault.detail.get("index", 0))
        spoil = {index: AdsError("internal_error", "TRANSIENT_ERROR", "An operation that a test made fail.")}
    call = Call(platform, types, name, request, metadata, secrets.token_urlsafe(16), spoil)
    try:
        answers = _with_fault(call, method, fault, context)
    except Failure as failure:
        _log(call, str(failure.errors[0]))
        context.set_trailing_metadata(failure_metadata(types, failure.errors, call.request_id))
        context.abort(status_of(failure.errors), failure.errors[0].message)
    except Refused as refused:
        _log(call, refused.status.name)
        context.set_trailing_metadata((("request-id", call.request_id),))
        context.abort(refused.status, str(refused))
    context.set_trailing_metadata((("request-id", call.request_id),))
    for answer in answers:
        yield answer.SerializeToString()


def _with_fault(call: Call, method: Method, fault: Fault | None, context: Any) -> Iterator[Any]:
    kind = fault.fault if fault is not None else "partial_failure"
    if fault is None or kind == "partial_failure":
        return _answers(method, _attempt(call, method))
    if kind == "stale_read":
        return _answers(method, _attempt(call, method, lag_seconds=fault.seconds))
    if kind in ANSWERS:
        return ANSWERS[kind](_answers(method, _attempt(call, method)))
    if kind == "slow":
        _wait(context, fault.seconds)
        return _answers(method, _attempt(call, method))
    if kind == "timeout_after_commit":
        _attempt(call, method)
        _wait(context, fault.seconds)
        raise Refused(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before the answer was sent")
    if kind == "late_commit":
        _later(call, method, fault.seconds, context)
        raise Refused(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before the call was carried out")
    if fault.detail.get("committed"):
        _attempt(call, method)
    raise fault_failure(fault)


def _later(call: Call, method: Method, seconds: float, context: Any) -> None:
    """Carry the call out `seconds` after the client was told that it failed, as a slow backend does."""

    def run() -> None:
        try:
            _attempt(call, method)
        except (Failure, Refused) as error:
            _log(call, f"late: {error}")
        except sqlite3.ProgrammingError:
            # The sandbox has ended since, and what was late with it.
            if not call.platform.store.closed:
                raise

    timer = threading.Timer(seconds, run)
    timer.daemon = True
    if not context.add_callback(timer.start):
        timer.start()


def _wait(context: Any, seconds: float) -> None:
    """Wait, but not for a client that has gone."""
    until = time.monotonic() + seconds
    while context.is_active() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.05))


def _attempt(call: Call, method: Method, *, lag_seconds: float = 0.0) -> Any:
    """Check credentials and limits, run the method in one transaction, log the call in the same one."""
    store = call.platform.store
    try:
        with store.reading() as tx:
            auth.check(tx, call.platform.credentials, call.metadata)
            _limit(call)
            if call.customer_id is not None:
                auth.check_customer_id(call.customer_id)
            auth.check_login_customer(tx, call.metadata, call.customer_id)
            lag = lag_seconds or float(tx.setting(READ_LAG) or 0)
            answer = method.work(call, tx) if not method.writes and not lag else None
        if method.writes:
            with store.transaction() as tx:
                tx.by = {"client_type": "GOOGLE_ADS_API", "user": USER, "method": call.method, "request_id": call.request_id}
                answer = method.work(call, tx)
                if not tx.discarded:
                    tx.call_log("google", call.customer_id, call.method, call.request_id, "OK")
            if tx.discarded:
                _log(call, "OK")
            return answer
        if lag:
            with store.reading(as_of=call.platform.clock.now() - timedelta(seconds=lag)) as past:
                answer = method.work(call, past)
    except AdsError as error:
        raise Failure([error]) from error
    _log(call, "OK")
    return answer


def _limit(call: Call) -> None:
    over = call.platform.limits.take(call.customer_id, call.metadata.get("developer-token", ""))
    if over is not None:
        raise quota_error(over.retry_seconds, over.scope)


def _answers(method: Method, answer: Any) -> Iterator[Any]:
    return iter(answer) if method.streams else iter((answer,))


def _log(call: Call, outcome: str) -> None:
    call.platform.store.log("google", call.customer_id, call.method, call.request_id, outcome)
