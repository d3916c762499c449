"""Ordered faults in the platform's own words."""

import grpc

from sandbox.faults import Fault
from sandbox.google.errors import AdsError, Failure, Refused


def fault_failure(fault: Fault) -> Failure | Refused:
    """The failure that a fault stands for.

    `error` takes detail {"error": "database_error.CONCURRENT_MODIFICATION", "message": ...} or a bare gRPC status
    {"status": "INTERNAL", "message": ...}.
    """
    match fault.fault:
        case "rate_limited":
            return Failure([quota_error(fault.seconds or 30.0, str(fault.detail.get("rate_scope", "ACCOUNT")))])
        case "account_suspended":
            message = "The customer account can't be accessed because it is not yet enabled or has been deactivated."
            return Failure([AdsError("authorization_error", "CUSTOMER_NOT_ENABLED", message)])
        case "token_revoked":
            message = "The OAuth token has been revoked."
            return Failure([AdsError("authentication_error", "OAUTH_TOKEN_REVOKED", message)])
        case "error":
            return _named(fault)
        case _:
            return Refused(grpc.StatusCode.INTERNAL, f"the fault {fault.fault} is none of Google's")


def quota_error(retry_seconds: float, scope: str) -> AdsError:
    """RESOURCE_TEMPORARILY_EXHAUSTED with the delay that the client should keep to."""
    details = {
        "quota_error_details": {
            "rate_scope": scope,
            "rate_name": "Requests per service per method",
            "retry_delay": f"{retry_seconds:g}s",
        }
    }
    message = f"Too many requests. Retry in {retry_seconds:g} seconds."
    return AdsError("quota_error", "RESOURCE_TEMPORARILY_EXHAUSTED", message, details=details)


def _named(fault: Fault) -> Failure | Refused:
    message = str(fault.detail.get("message", "An error ordered by the test."))
    if status := fault.detail.get("status"):
        return Refused(grpc.StatusCode[str(status)], message)
    kind, _, code = str(fault.detail.get("error", "internal_error.TRANSIENT_ERROR")).partition(".")
    return Failure([AdsError(kind, code, message)])
