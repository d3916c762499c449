"""One call from raw bytes to raw bytes: version, credentials, faults, the service, errors, the log of calls."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults
from sandbox.google import auth
from sandbox.google.api import Api, api
from sandbox.google.errors import AdsError, Failure, Refused, failure_metadata, status_of
from sandbox.google.fault_errors import fault_failure
from sandbox.store import Store, Transaction

Work = Callable[["Call", Transaction], Any]


@dataclass(frozen=True)
class Platform:
    """What all calls share."""

    store: Store
    clock: Clock
    faults: Faults
    credentials: auth.Credentials


@dataclass(frozen=True)
class Method:
    """One RPC: its request type, what it does, and whether it writes or answers a stream of messages."""

    request: str
    work: Work
    writes: bool = False
    streams: bool = False


@dataclass(frozen=True)
class Call:
    """One call in progress. `method` is `CampaignService/MutateCampaigns`."""

    platform: Platform
    api: Api
    method: str
    request: Any
    metadata: Mapping[str, str]
    request_id: str

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
    call = Call(platform, types, name, request, metadata, secrets.token_urlsafe(16))
    fault = platform.faults.take("google", name)
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
    if fault is None:
        return _answers(method, _attempt(call, method))
    if fault.fault == "slow":
        _wait(context, fault.seconds)
        return _answers(method, _attempt(call, method))
    if fault.fault == "timeout_after_commit":
        _attempt(call, method)
        _wait(context, fault.seconds)
        raise Refused(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before the answer was sent")
    if fault.fault == "late_commit":
        _later(call, method, fault.seconds, context)
        raise Refused(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before the call was carried out")
    if fault.fault == "reset":
        raise Refused(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
    if fault.fault == "unavailable":
        raise Refused(grpc.StatusCode.UNAVAILABLE, "The service is currently unavailable.")
    raise fault_failure(fault)


def _later(call: Call, method: Method, seconds: float, context: Any) -> None:
    """Carry the call out `seconds` after the client was told that it failed, as a slow backend does."""

    def run() -> None:
        try:
            _attempt(call, method)
        except (Failure, Refused) as error:
            _log(call, f"late: {error}")

    timer = threading.Timer(seconds, run)
    timer.daemon = True
    if not context.add_callback(timer.start):
        timer.start()


def _wait(context: Any, seconds: float) -> None:
    """Wait, but not for a client that has gone."""
    until = time.monotonic() + seconds
    while context.is_active() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.05))


def _attempt(call: Call, method: Method) -> Any:
    """Check credentials, run the method in one transaction, log the call in the same one."""
    try:
        auth.check(call.platform.credentials, call.metadata)
        if call.customer_id is not None:
            auth.check_customer_id(call.customer_id)
        with call.platform.store.reading() as tx:
            auth.check_login_customer(tx, call.metadata, call.customer_id)
            if not method.writes:
                answer = method.work(call, tx)
        if method.writes:
            with call.platform.store.transaction() as tx:
                answer = method.work(call, tx)
    except AdsError as error:
        raise Failure([error]) from error
    _log(call, "OK")
    return answer


def _answers(method: Method, answer: Any) -> Iterator[Any]:
    return iter(answer) if method.streams else iter((answer,))


def _log(call: Call, outcome: str) -> None:
    with call.platform.store.transaction() as tx:
        tx.call_log("google", call.customer_id, call.method, call.request_id, outcome)
