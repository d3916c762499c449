"""Errors as the platform words them: GoogleAdsFailure in trailing metadata, or in partial_failure_error."""

from typing import Any

import grpc

from sandbox.google.api import Api, enum_of

Step = str | tuple[str, int]
Path = tuple[Step, ...]
"""Where in the request: `("operations", 3)` is element 3 of a repeated field, `"create"` a plain field."""

_STATUS = {
    "authentication_error": grpc.StatusCode.UNAUTHENTICATED,
    "authorization_error": grpc.StatusCode.PERMISSION_DENIED,
    "operation_access_denied_error": grpc.StatusCode.PERMISSION_DENIED,
    "quota_error": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "internal_error": grpc.StatusCode.INTERNAL,
    "database_error": grpc.StatusCode.ABORTED,
}


class AdsError(Exception):
    """One GoogleAdsError.

    `kind` is the member of ErrorCode (`campaign_error`), `code` the enum value (`DUPLICATE_CAMPAIGN_NAME`), `details`
    the fields of ErrorDetails as a dict that protobuf's JSON form accepts.
    """

    def __init__(
        self,
        kind: str,
        code: str,
        message: str,
        path: Path = (),
        *,
        trigger: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{kind}.{code}: {message}")
        self.kind = kind
        self.code = code
        self.message = message
        self.path = path
        self.trigger = trigger
        self.details = details or {}

    def under(self, *prefix: Step) -> "AdsError":
        """The same error seen from further out in the request."""
        return AdsError(self.kind, self.code, self.message, (*prefix, *self.path), trigger=self.trigger, details=self.details)


class Failure(Exception):
    """A call that fails as a whole with one or more errors."""

    def __init__(self, errors: list[AdsError]) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = errors


class Refused(Exception):
    """A call that fails below the API's own errors: a bare gRPC status."""

    def __init__(self, status: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.status = status


def status_of(errors: list[AdsError]) -> grpc.StatusCode:
    """The gRPC status that goes with a failure; the first error decides."""
    if errors[0].code == "RESOURCE_NOT_FOUND":
        return grpc.StatusCode.NOT_FOUND
    return _STATUS.get(errors[0].kind, grpc.StatusCode.INVALID_ARGUMENT)


def failure_message(api: Api, errors: list[AdsError], request_id: str) -> Any:
    """GoogleAdsFailure in the types of `api`. An error name that the version lacks is a mistake here: KeyError."""
    from google.protobuf import json_format

    codes = api.descriptor("errors.ErrorCode").fields_by_name
    failure = api.message("errors.GoogleAdsFailure")(request_id=request_id)
    for error in errors:
        entry = failure.errors.add(message=error.message)
        number = enum_of(codes[error.kind]).values_by_name[error.code].number
        setattr(entry.error_code, error.kind, number)
        if error.trigger is not None:
            entry.trigger.string_value = error.trigger
        for step in error.path:
            element = entry.location.field_path_elements.add()
            if isinstance(step, tuple):
                element.field_name, element.index = step
            else:
                element.field_name = step
        if error.details:
            json_format.ParseDict(error.details, entry.details)
    return failure


def failure_metadata(api: Api, errors: list[AdsError], request_id: str) -> tuple[tuple[str, str | bytes], ...]:
    """Trailing metadata that the SDK turns into GoogleAdsException."""
    packed = failure_message(api, errors, request_id).SerializeToString()
    return (("request-id", request_id), (f"{api.package}.errors.googleadsfailure-bin", packed))


def partial_failure(api: Api, errors: list[AdsError], request_id: str) -> Any:
    """google.rpc.Status for partial_failure_error: code 3 and a GoogleAdsFailure in its details."""
    from google.rpc import status_pb2

    status = status_pb2.Status(code=grpc.StatusCode.INVALID_ARGUMENT.value[0])
    status.message = "Multiple errors in 'details'." if len(errors) > 1 else errors[0].message
    status.details.add().Pack(failure_message(api, errors, request_id))
    return status
