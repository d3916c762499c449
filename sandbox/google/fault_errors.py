"""Ordered faults in the platform's own words."""

import math
from collections.abc import Mapping
from typing import Final

import grpc

from sandbox.faults import Fault
from sandbox.google.errors import AdsError, Failure, Refused

_STATUSES: Final[Mapping[str, tuple[grpc.StatusCode, str]]] = {
    "unavailable": (grpc.StatusCode.UNAVAILABLE, "The service is currently unavailable."),
    "reset": (grpc.StatusCode.UNAVAILABLE, "Connection reset by peer"),
    "internal": (grpc.StatusCode.INTERNAL, "Internal error encountered."),
}
_ERRORS: Final[Mapping[str, tuple[str, str, str]]] = {
    "account_suspended": (
        "authorization_error",
        "CUSTOMER_NOT_ENABLED",
        "The customer account can't be accessed because it is not yet enabled or has been deactivated.",
    ),
    "token_revoked": ("authentication_error", "OAUTH_TOKEN_REVOKED", "The OAuth token has been revoked."),
    "duplicate_name": (
        "campaign_error",
        "DUPLICATE_CAMPAIGN_NAME",
        "The campaign name is already in use by an active or paused campaign.",
    ),
    "concurrent_modification": (
        "database_error",
        "CONCURRENT_MODIFICATION",
        "Multiple requests were attempting to modify the same resource at once. Retry the request.",
    ),
}


def fault_failure(fault: Fault) -> Failure | Refused:
    """The failure that a fault stands for.

    `error` takes detail {"error": "database_error.CONCURRENT_MODIFICATION", "message": ...} or a bare gRPC status
    {"status": "INTERNAL", "message": ...}.
    """
    if fault.fault in _STATUSES:
        return Refused(*_STATUSES[fault.fault])
    if fault.fault in _ERRORS:
        return Failure([AdsError(*_ERRORS[fault.fault])])
    if fault.fault == "rate_limited":
        return Failure([quota_error(fault.seconds or 30.0, str(fault.detail.get("rate_scope", "ACCOUNT")))])
    if fault.fault == "quota_exhausted":
        return Failure([quota_error(fault.seconds or 3600.0, "DEVELOPER", code="RESOURCE_EXHAUSTED")])
    if fault.fault == "error":
        return _named(fault)
    return Refused(grpc.StatusCode.INTERNAL, f"the fault {fault.fault} is none of Google's")


def quota_error(retry_seconds: float, scope: str, *, code: str = "RESOURCE_TEMPORARILY_EXHAUSTED") -> AdsError:
    """A QuotaError with the delay that the client should keep to, rounded up to a thousandth of a second."""
    seconds = math.ceil(retry_seconds * 1000) / 1000
    details = {
        "quota_error_details": {
            "rate_scope": scope,
            "rate_name": "Requests per service per method",
            "retry_delay": f"{seconds:g}s",
        }
    }
    message = f"Too many requests. Retry in {seconds:g} seconds."
    return AdsError("quota_error", code, message, details=details)


def _named(fault: Fault) -> Failure | Refused:
    message = str(fault.detail.get("message", "An error ordered by the test."))
    if status := fault.detail.get("status"):
        return Refused(grpc.StatusCode[str(status)], message)
    kind, _, code = str(fault.detail.get("error", "internal_error.TRANSIENT_ERROR")).partition(".")
    return Failure([AdsError(kind, code, message)])
