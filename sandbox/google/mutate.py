"""Mutate requests: GoogleAdsService.Mutate and the per-resource services, atomic or with partial failure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc

from sandbox.google.api import Api
from sandbox.google.bodies import from_body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Failure, Refused, Step, partial_failure
from sandbox.google.kinds import KINDS, Service
from sandbox.google.operations import carry_out
from sandbox.google.resources import full_body
from sandbox.google.rules.kind import Kind
from sandbox.store import Obj

MAX_OPERATIONS = 10_000


@dataclass(frozen=True)
class _Entry:
    """One operation of a request: what it is about, the message with create/update/remove, and where it stands."""

    kind: Kind
    operation: Any
    path: tuple[Step, ...]


def mutate_resources(context: Context, service: Service, request: Any, request_id: str) -> Any:
    """`CampaignService.MutateCampaigns` and its like. Raises Failure when the request fails as a whole."""
    _count(request.operations, "operations")
    entries = [_Entry(service.kind, op, (("operations", index),)) for index, op in enumerate(request.operations)]
    response = context.api.message(f"services.Mutate{service.plural}Response")()
    _run(context, entries, request, request_id, response=response, results=response.results)
    return response


def mutate_everything(context: Context, request: Any, request_id: str) -> Any:
    """`GoogleAdsService.Mutate`: operations of several kinds, one request. Raises Failure as above."""
    _count(request.mutate_operations, "mutate_operations")
    entries = list(_entries(request))
    response = context.api.message("services.MutateGoogleAdsResponse")()
    _run(context, entries, request, request_id, response=response, results=response.mutate_operation_responses)
    return response


def _entries(request: Any) -> Iterator[_Entry]:
    for index, wrapper in enumerate(request.mutate_operations):
        at: Step = ("mutate_operations", index)
        field = wrapper.WhichOneof("operation")
        if field is None:
            message = "The mutate operation is empty."
            raise Failure([AdsError("request_error", "OPERATION_REQUIRED", message, (at,))])
        kind = KINDS.get(field.removesuffix("_operation"))
        if kind is None:
            raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox does not simulate {field}")
        yield _Entry(kind, getattr(wrapper, field), (at, field))


def _count(operations: Any, field: str) -> None:
    if not operations:
        raise Failure([AdsError("request_error", "REQUIRED_FIELD_MISSING", "The request has no operations.", (field,))])
    if len(operations) > MAX_OPERATIONS:
        message = f"A request holds at most {MAX_OPERATIONS} mutate operations."
        raise Failure([AdsError("request_error", "TOO_MANY_MUTATE_OPERATIONS", message, (field,))])


def _run(context: Context, entries: list[_Entry], request: Any, request_id: str, *, response: Any, results: Any) -> None:
    api, tx = context.api, context.tx
    done: list[Obj | None] = []
    errors: list[AdsError] = []
    for entry in entries:
        context.step = entry.path
        try:
            with tx.savepoint():
                done.append(carry_out(context, entry.kind, entry.operation))
                if (spoilt := context.spoil.get(len(done) - 1)) is not None:
                    done.pop()
                    raise spoilt
        except AdsError as error:
            done.append(None)
            errors.append(error.under(*entry.path))
        except Failure as failure:
            done.append(None)
            errors.extend(error.under(*entry.path) for error in failure.errors)
    if errors and not request.partial_failure:
        raise Failure(errors)
    if missing := [error.under(*final.path) for final in context.finals.values() for error in final.check(context)]:
        # An asset group without what it needs cannot stand, whatever else went well: the request fails as a whole.
        raise Failure(missing)
    if errors:
        response.partial_failure_error.CopyFrom(partial_failure(api, errors, request_id))
    if request.validate_only:
        tx.discard()
        return
    whole = request.response_content_type == _mutable_resource(api)
    for entry, obj in zip(entries, done, strict=True):
        result = results.add()
        if obj is not None:
            _fill(api, result, entry.kind, obj, whole=whole)


def _mutable_resource(api: Api) -> int:
    return int(api.enum("ResponseContentType").values_by_name["MUTABLE_RESOURCE"].number)


def _fill(api: Api, result: Any, kind: Kind, obj: Obj, *, whole: bool) -> None:
    if result.DESCRIPTOR.name == "MutateOperationResponse":
        result = getattr(result, f"{kind.kind}_result")
    body = full_body(obj)
    if kind.kind == "ad":
        body = body["ad"]
    result.resource_name = body["resource_name"]
    if whole:
        resource = from_body(api.message(f"resources.{kind.message}"), body)
        getattr(result, kind.kind).CopyFrom(resource)
