"""Google's refusals as our errors: which class a caller may trust, the platform's code, the request id, a scrubbed text.

Sources: the error protos of the client library, developers.google.com/google-ads/api/docs/best-practices/error-types, and gRPC's
status codes. A refusal that carries a GoogleAdsFailure did nothing (a Mutate is atomic), except an internal error, which says neither.
"""

from collections.abc import Iterable
from datetime import timedelta
from importlib import import_module
from typing import Any

from zamc.errors import AlreadyThere, GiveUp, InDoubt, Later, Mend, OutsideError
from zamc.platforms.errors import scrub

_TAKEN = {
    "campaign_error.DUPLICATE_CAMPAIGN_NAME",
    "campaign_budget_error.DUPLICATE_NAME",
    "ad_group_error.DUPLICATE_ADGROUP_NAME",
    "asset_group_error.DUPLICATE_NAME",
    "asset_error.DUPLICATE_ASSET",
}
_THROTTLED = {
    "quota_error.RESOURCE_EXHAUSTED",
    "quota_error.RESOURCE_TEMPORARILY_EXHAUSTED",
    "quota_error.EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION",
    "quota_error.EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION",
    "database_error.CONCURRENT_MODIFICATION",
}
_INTERNAL = {
    "internal_error.INTERNAL_ERROR",
    "internal_error.TRANSIENT_ERROR",
    "internal_error.DEADLINE_EXCEEDED",
}
# Families whose errors are about what an ad says or shows.
_CONTENT = {
    "policy_finding_error", "policy_violation_error", "policy_validation_parameter_error", "ad_error", "asset_error", "image_error",
    "string_length_error", "string_format_error", "collection_size_error", "url_field_error", "criterion_error", "media_file_error",
    "ad_group_ad_error", "ad_group_criterion_error", "asset_group_error", "asset_group_asset_error", "not_allowlisted_error",
}  # fmt: skip
_MAYBE = {"DEADLINE_EXCEEDED", "UNAVAILABLE", "INTERNAL", "UNKNOWN", "CANCELLED", "ABORTED", "DATA_LOSS"}
# gRPC's own words for a call that never left this machine.
_NEVER_SENT = ("failed to connect to all addresses", "DNS resolution failed", "Getting metadata from plugin failed", "name resolver")


def translate(error: Exception, *, write: bool, version: str, secrets: Iterable[str] = ()) -> OutsideError | None:
    """One of our errors for what the SDK raised, or None when it is not the platform that spoke.

    write says that the call could have changed something: then silence means in doubt, else it means later.
    """
    from google.ads.googleads.errors import GoogleAdsException
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import RefreshError, TransportError
    from grpc import RpcError

    match error:
        case RefreshError():
            found: OutsideError | None = GiveUp(scrub(f"Google refused the credentials: {error}", secrets=secrets), code="RefreshError")
        case TransportError():
            found = Later(scrub(f"Google's token endpoint does not answer: {error}", secrets=secrets), code="TransportError")
        case GoogleAdsException():
            found = _of_failure(error.failure, error.request_id or "", write=write, secrets=secrets)
        case GoogleAPICallError():
            cause = next((each for each in (*error.errors, error.response, error.__cause__) if isinstance(each, RpcError)), None)
            code = _name(error.grpc_status_code)
            found = _of_status(cause, str(error.message), code, write=write, version=version, secrets=secrets)
        case RetryError():
            found = _silence(f"no answer: {error}", "RETRY", write=write, secrets=secrets)
        case RpcError():
            code = _name(getattr(error, "code", lambda: None)())
            details = getattr(error, "details", lambda: "")() or str(error)
            found = _of_status(error, details, code, write=write, version=version, secrets=secrets)
        case _:
            found = None
    return found


def _name(status: Any) -> str:
    return getattr(status, "name", None) or "UNKNOWN"


def _silence(text: str, code: str, *, write: bool, secrets: Iterable[str], request_id: str = "") -> OutsideError:
    kind = InDoubt if write else Later
    return kind(scrub(f"Google Ads {code}: {text}", secrets=secrets), code=code, request_id=request_id)


def _of_status(rpc: Any, text: str, code: str, *, write: bool, version: str, secrets: Iterable[str]) -> OutsideError:
    metadata = dict(getattr(rpc, "trailing_metadata", lambda: ())() or ())
    request_id = str(metadata.get("request-id", ""))
    packed = metadata.get(f"google.ads.googleads.{version}.errors.googleadsfailure-bin")
    if packed:
        kind = import_module(f"google.ads.googleads.{version}.errors.types.errors").GoogleAdsFailure
        return _of_failure(kind.deserialize(packed), request_id, write=write, secrets=secrets, status=code)
    message = scrub(f"Google Ads {code}: {text}", secrets=secrets)
    if code == "UNAVAILABLE" and any(words in text for words in _NEVER_SENT):
        refused = "invalid_grant" in text or "RefreshError" in text
        return GiveUp(message, code="RefreshError") if refused else Later(message, code=code)
    if code == "RESOURCE_EXHAUSTED":
        return Later(message, code=code, request_id=request_id)
    if code in _MAYBE:
        return _silence(text, code, write=write, secrets=secrets, request_id=request_id)
    return GiveUp(message, code=code, request_id=request_id)


def _of_failure(failure: Any, request_id: str, *, write: bool, secrets: Iterable[str], status: str = "") -> OutsideError:
    codes, texts, delay = [], [], None
    for each in failure.errors:
        raw = type(each).pb(each) if hasattr(type(each), "pb") else each
        family = raw.error_code.WhichOneof("error_code") or "unknown"
        field = raw.error_code.DESCRIPTOR.fields_by_name.get(family)
        value = field.enum_type.values_by_number.get(getattr(raw.error_code, family)) if field else None
        codes.append(f"{family}.{value.name if value else 'UNKNOWN'}")
        texts.append(f"{raw.message}{_where(raw)}{_topics(raw)}")
        seconds = raw.details.quota_error_details.retry_delay
        if seconds.seconds or seconds.nanos:
            delay = max(delay or timedelta(0), timedelta(seconds=seconds.seconds, microseconds=seconds.nanos // 1_000))
    request_id = request_id or getattr(failure, "request_id", "")
    message = scrub("; ".join(f"{code}: {text}" for code, text in zip(codes, texts, strict=True)) or status, secrets=secrets)
    code = codes[0] if codes else status or "UNKNOWN"
    if taken := [each for each in codes if each in _TAKEN]:
        return AlreadyThere(message, code=taken[0], request_id=request_id)
    if any(each in _INTERNAL for each in codes) or (not codes and status in _MAYBE):
        return _silence(message, code, write=write, secrets=secrets, request_id=request_id)
    if codes and all(each in _THROTTLED for each in codes):
        return Later(message, code=code, request_id=request_id, delay=delay)
    if codes and all(each.partition(".")[0] in _CONTENT for each in codes):
        return Mend(message, code=code, request_id=request_id)
    return GiveUp(message, code=code, request_id=request_id)


def _where(raw: Any) -> str:
    path = ".".join(
        f"{part.field_name}[{part.index}]" if part.HasField("index") else part.field_name for part in raw.location.field_path_elements
    )
    return f" (at {path})" if path else ""


def _topics(raw: Any) -> str:
    topics = [entry.topic for entry in raw.details.policy_finding_details.policy_topic_entries]
    return f" (policy topics: {', '.join(topics)})" if topics else ""
