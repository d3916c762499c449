"""Google's refusals as our errors: which class a caller may trust, the platform's code, the request id, a scrubbed text.

Sources: the error protos of the client library, developers.google.com/google-ads/api/docs/best-practices/error-types, and gRPC's
status codes. A refusal that carries a GoogleAdsFailure did nothing (a Mutate is atomic), except an internal error, which says neither.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from importlib import import_module
from typing import Any

from zamc.errors import AccountBlocked, AlreadyThere, CredentialsRefused, GiveUp, InDoubt, Later, Mend, OutsideError, Throttled
from zamc.platforms.errors import FINAL, scrub

_TAKEN = {
    "campaign_error.DUPLICATE_CAMPAIGN_NAME",
    "campaign_budget_error.DUPLICATE_NAME",
    "ad_group_error.DUPLICATE_ADGROUP_NAME",
    "asset_group_error.DUPLICATE_NAME",
    "asset_error.DUPLICATE_ASSET",
    "audience_error.NAME_ALREADY_IN_USE",
}
_THROTTLED = {
    "quota_error.RESOURCE_EXHAUSTED",
    "quota_error.RESOURCE_TEMPORARILY_EXHAUSTED",
    "quota_error.EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION",
    "quota_error.EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION",
}
# Queries that cost too much say nothing against changes.
_QUERIES = {each for each in _THROTTLED if "QUERY" in each}
# The operations of a day are the developer token's.
_OF_TOKEN = {"quota_error.RESOURCE_EXHAUSTED"}
# Surely not done; the same request may pass in a moment. An expired access token is renewed by then.
_PASSING = {"database_error.CONCURRENT_MODIFICATION", "authentication_error.OAUTH_TOKEN_EXPIRED"}
_BLOCKED = {
    "authentication_error.CUSTOMER_NOT_FOUND",
    "authorization_error.CUSTOMER_NOT_ENABLED",
    "authorization_error.INCOMPLETE_SIGNUP",
    "authorization_error.MISSING_TOS",
    "authorization_error.ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT",
    "quota_error.ACCESS_PROHIBITED",
}
# Families about who asks; what of them is not about the account is about the credentials.
_IDENTITY = {"authentication_error", "authorization_error"}
# About what is asked for, though it stands in a family about who asks.
_NOT_IDENTITY = {
    "authorization_error.ACTION_NOT_PERMITTED",
    "authorization_error.METRIC_ACCESS_DENIED",
    "authorization_error.ACCESS_DENIED_FOR_ACCOUNT_TYPE",
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
    "asset_link_error", "asset_group_signal_error", "audience_error",
}  # fmt: skip
# In one request, whatever refers to a part that was refused is refused too.
_FOLLOWING = {"new_resource_creation_error.TEMP_ID_RESOURCE_HAD_ERRORS"}
# Said of the campaign, meant of what is missing in it.
_CONTENT_CODES = {
    "campaign_error.REQUIRED_BUSINESS_NAME_ASSET_NOT_LINKED",
    "campaign_error.REQUIRED_LOGO_ASSET_NOT_LINKED",
}
_MAYBE = {"DEADLINE_EXCEEDED", "UNAVAILABLE", "INTERNAL", "UNKNOWN", "CANCELLED", "ABORTED", "DATA_LOSS"}
# gRPC's own words for a call that never left this machine.
_NO_TOKEN = "Getting metadata from plugin failed"  # noqa: S105 - gRPC's words
_NEVER_SENT = ("failed to connect to all addresses", "DNS resolution failed", _NO_TOKEN, "name resolver")


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
            found: OutsideError | None = _refused_refresh(error, secrets=secrets)
        case TransportError():
            # Its text holds the address of the endpoint and nothing else of use.
            found = Later("Google's token endpoint does not answer", code="TransportError", outage=True)
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
    return kind(scrub(f"Google Ads {code}: {text}", secrets=secrets), code=code, request_id=request_id, outage=True)


def _refused_refresh(error: Exception | str, *, secrets: Iterable[str]) -> OutsideError:
    """What google-auth heard from a token endpoint: an error of RFC 6749 is for a person, anything else (a proxy's page, too) a bad day.

    Only the code is told: google-auth puts whole answers into its texts.
    """
    answer = error.args[1] if isinstance(error, Exception) and len(error.args) > 1 else None
    said = str(answer.get("error", "")) if isinstance(answer, Mapping) else ""
    text = error if isinstance(error, str) else str(error.args[0] if error.args else "")
    code = said if said in FINAL else next((each for each in sorted(FINAL) if re.search(rf"\b{each}\b", text)), "")
    if not code:
        return Later(
            "Google's token endpoint gave no token and did not say why", code=scrub(said, secrets=secrets) or "RefreshError", outage=True
        )
    return CredentialsRefused(f"Google refused the credentials ({code}); a person must connect the account again", code=code)


def _of_status(rpc: Any, text: str, code: str, *, write: bool, version: str, secrets: Iterable[str]) -> OutsideError:
    metadata = dict(getattr(rpc, "trailing_metadata", lambda: ())() or ())
    request_id = str(metadata.get("request-id", ""))
    packed = metadata.get(f"google.ads.googleads.{version}.errors.googleadsfailure-bin")
    if packed:
        failure = import_module(f"google.ads.googleads.{version}.errors.types.errors").GoogleAdsFailure
        return _of_failure(failure.deserialize(packed), request_id, write=write, secrets=secrets, status=code)
    message = scrub(f"Google Ads {code}: {text}", secrets=secrets)
    if code in ("UNAVAILABLE", "INTERNAL") and any(words in text for words in _NEVER_SENT):
        return _refused_refresh(text, secrets=secrets) if _NO_TOKEN in text else Later(message, code=code, outage=True)
    if code in _MAYBE:
        return _silence(text, code, write=write, secrets=secrets, request_id=request_id)
    kind: type[OutsideError] = {"RESOURCE_EXHAUSTED": Throttled, "UNAUTHENTICATED": CredentialsRefused}.get(code, GiveUp)
    if kind is Throttled and "larger than max" in text:
        # The answer does not fit into a message, and never will; what was asked for may have been done.
        kind = InDoubt if write else GiveUp
    return kind(message, code=code, request_id=request_id)


def _of_failure(failure: Any, request_id: str, *, write: bool, secrets: Iterable[str], status: str = "") -> OutsideError:
    codes, texts, delay, scopes = [], [], None, set()
    for each in failure.errors:
        raw = type(each).pb(each) if hasattr(type(each), "pb") else each
        family = raw.error_code.WhichOneof("error_code") or "unknown"
        field = raw.error_code.DESCRIPTOR.fields_by_name.get(family)
        value = field.enum_type.values_by_number.get(getattr(raw.error_code, family)) if field else None
        codes.append(f"{family}.{value.name if value else 'UNKNOWN'}")
        texts.append(f"{raw.message}{_where(raw)}{_topics(raw)}")
        details = raw.details.quota_error_details
        scopes.add(details.rate_scope)
        seconds = details.retry_delay
        if seconds.seconds or seconds.nanos:
            delay = max(delay or timedelta(0), timedelta(seconds=seconds.seconds, microseconds=seconds.nanos // 1_000))
    request_id = request_id or getattr(failure, "request_id", "")
    message = scrub("; ".join(f"{code}: {text}" for code, text in zip(codes, texts, strict=True)) or status, secrets=secrets)
    kind, code = _kind(codes, status)
    match kind:
        case _Word.INTERNAL:
            return _silence(message, code, write=write, secrets=secrets, request_id=request_id)
        case _Word.THROTTLED:
            return Throttled(message, code=code, request_id=request_id, delay=delay, scope=_scope(codes, scopes))
        case _Word.PASSING:
            return Later(message, code=code, request_id=request_id, delay=delay)
        case refused:
            return refused(message, code=code, request_id=request_id)


class _Word(Enum):
    """What a list of codes means where an error's class does not say it alone."""

    INTERNAL = "internal"
    THROTTLED = "throttled"
    PASSING = "passing"


def _kind(codes: Sequence[str], status: str) -> tuple[_Word | type[OutsideError], str]:
    """The class of a failure, and the code that decided; what only follows from another error says nothing.

    One code of a list is enough for a name that is taken, an internal error, and what concerns the whole account; what may pass must hold
    for all of them.
    """
    codes = [each for each in codes if each not in _FOLLOWING] or codes

    def first(wanted: Callable[[str], bool]) -> str:
        return next((each for each in codes if wanted(each)), "")

    def every(wanted: Callable[[str], bool]) -> str:
        return codes[0] if codes and all(map(wanted, codes)) else ""

    about_identity = first(lambda each: each.partition(".")[0] in _IDENTITY and each not in _NOT_IDENTITY | _PASSING)
    verdicts: tuple[tuple[str, _Word | type[OutsideError]], ...] = (
        (first(lambda each: each in _TAKEN), AlreadyThere),
        (first(lambda each: each in _INTERNAL) or ("" if codes or status not in _MAYBE else status), _Word.INTERNAL),
        (every(lambda each: each in _THROTTLED), _Word.THROTTLED),
        (every(lambda each: each in _THROTTLED | _PASSING), _Word.PASSING),
        (first(lambda each: each in _BLOCKED), AccountBlocked),
        (about_identity, CredentialsRefused),
        (every(lambda each: each.partition(".")[0] in _CONTENT or each in _CONTENT_CODES), Mend),
    )
    code, kind = next(((code, kind) for code, kind in verdicts if code), ("", GiveUp))
    return kind, code or (codes[0] if codes else status or "UNKNOWN")


def _scope(codes: Iterable[str], scopes: set[int]) -> str:
    """Whose room it is; rate_scope: 2 the account's, 3 the developer token's."""
    if 3 in scopes or any(each in _OF_TOKEN for each in codes):
        return "developer"
    return "kind" if all(each in _QUERIES for each in codes) else "account"


def _where(raw: Any) -> str:
    path = ".".join(
        f"{part.field_name}[{part.index}]" if part.HasField("index") else part.field_name for part in raw.location.field_path_elements
    )
    return f" (at {path})" if path else ""


def _topics(raw: Any) -> str:
    topics = [entry.topic for entry in raw.details.policy_finding_details.policy_topic_entries]
    return f" (policy topics: {', '.join(topics)})" if topics else ""
