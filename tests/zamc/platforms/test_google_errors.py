"""Every class of Google's refusals by its code, from the failure as it lies in a call's trailing metadata."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import grpc
import pytest

from zamc.errors import AccountBlocked, AlreadyThere, CredentialsRefused, GiveUp, InDoubt, Later, Mend, OutsideError, Throttled
from zamc.platforms.google_ads.errors import translate

VERSION = "v26"
_KEY = f"google.ads.googleads.{VERSION}.errors.googleadsfailure-bin"


class Refusal(grpc.RpcError):
    """What a call raises: a status, and in its metadata perhaps a failure."""

    def __init__(self, status: grpc.StatusCode, text: str = "no", metadata: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self._status, self._text, self._metadata = status, text, metadata or {}

    def code(self) -> grpc.StatusCode:
        return self._status

    def details(self) -> str:
        return self._text

    def trailing_metadata(self) -> Sequence[tuple[str, Any]]:
        return tuple({"request-id": "request-1", **self._metadata}.items())


def _failure(*codes: str, status: grpc.StatusCode = grpc.StatusCode.INVALID_ARGUMENT, **quota: Any) -> Refusal:
    """codes: "family.NAME", or "family.999" for a number that this version does not know."""
    from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure
    from google.protobuf.json_format import ParseDict

    failure = GoogleAdsFailure.pb(GoogleAdsFailure())
    for each in codes:
        family, _, name = each.partition(".")
        entry = failure.errors.add(message=f"said {each}")
        known = entry.error_code.DESCRIPTOR.fields_by_name[family].enum_type.values_by_name
        setattr(entry.error_code, family, int(name) if name.isdecimal() else known[name].number)
        if quota:
            ParseDict({"quota_error_details": quota}, entry.details)
    return Refusal(status, metadata={_KEY: failure.SerializeToString()})


def _translated(error: Exception, *, write: bool) -> OutsideError:
    ours = translate(error, write=write, version=VERSION)
    assert ours is not None
    return ours


@pytest.mark.parametrize(
    ("code", "read", "write"),
    [
        ("quota_error.RESOURCE_EXHAUSTED", Throttled, Throttled),
        ("quota_error.RESOURCE_TEMPORARILY_EXHAUSTED", Throttled, Throttled),
        ("quota_error.EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", Throttled, Throttled),
        ("quota_error.EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION", Throttled, Throttled),
        ("quota_error.ACCESS_PROHIBITED", AccountBlocked, AccountBlocked),
        ("internal_error.INTERNAL_ERROR", Later, InDoubt),
        ("internal_error.TRANSIENT_ERROR", Later, InDoubt),
        ("internal_error.DEADLINE_EXCEEDED", Later, InDoubt),
        ("internal_error.ERROR_CODE_NOT_PUBLISHED", GiveUp, GiveUp),
        ("database_error.CONCURRENT_MODIFICATION", Later, Later),
        ("database_error.DATA_CONSTRAINT_VIOLATION", GiveUp, GiveUp),
        ("request_error.RPC_DEADLINE_TOO_SHORT", GiveUp, GiveUp),
        ("request_error.TOO_MANY_MUTATE_OPERATIONS", GiveUp, GiveUp),
        ("campaign_error.DUPLICATE_CAMPAIGN_NAME", AlreadyThere, AlreadyThere),
        ("campaign_budget_error.DUPLICATE_NAME", AlreadyThere, AlreadyThere),
        ("asset_group_error.DUPLICATE_NAME", AlreadyThere, AlreadyThere),
        ("asset_error.DUPLICATE_ASSET", AlreadyThere, AlreadyThere),
        ("policy_finding_error.POLICY_FINDING", Mend, Mend),
        ("ad_error.LINE_TOO_WIDE", Mend, Mend),
        ("asset_group_error.NOT_ENOUGH_HEADLINE_ASSET", Mend, Mend),
        ("mutate_error.EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED", GiveUp, GiveUp),
        ("campaign_budget_error.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT", GiveUp, GiveUp),
        ("query_error.REQUESTED_METRICS_FOR_MANAGER", GiveUp, GiveUp),
        ("authentication_error.OAUTH_TOKEN_REVOKED", CredentialsRefused, CredentialsRefused),
        ("authentication_error.OAUTH_TOKEN_INVALID", CredentialsRefused, CredentialsRefused),
        ("authentication_error.OAUTH_TOKEN_DISABLED", CredentialsRefused, CredentialsRefused),
        ("authentication_error.OAUTH_TOKEN_EXPIRED", Later, Later),
        ("authentication_error.NOT_ADS_USER", CredentialsRefused, CredentialsRefused),
        ("authentication_error.CUSTOMER_NOT_FOUND", AccountBlocked, AccountBlocked),
        ("authorization_error.USER_PERMISSION_DENIED", CredentialsRefused, CredentialsRefused),
        ("authorization_error.DEVELOPER_TOKEN_NOT_APPROVED", CredentialsRefused, CredentialsRefused),
        ("authorization_error.CUSTOMER_NOT_ENABLED", AccountBlocked, AccountBlocked),
        ("authorization_error.ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT", AccountBlocked, AccountBlocked),
        ("authorization_error.ACTION_NOT_PERMITTED", GiveUp, GiveUp),
        ("campaign_error.999", GiveUp, GiveUp),
        ("ad_error.999", Mend, Mend),
    ],
)
def test_each_code_becomes_the_class_that_tells_what_to_do(code: str, read: type[OutsideError], write: type[OutsideError]) -> None:
    for kind, writes in ((read, False), (write, True)):
        ours = _translated(_failure(code), write=writes)
        assert type(ours) is kind
        assert ours.code == (code if not code.endswith("999") else code.replace("999", "UNKNOWN"))
        assert ours.request_id == "request-1"
        assert ours.outage == (code.startswith("internal_error") and kind is not GiveUp)


def test_several_codes_are_as_bad_as_the_one_that_decides() -> None:
    assert type(_translated(_failure("ad_error.LINE_TOO_WIDE", "policy_finding_error.POLICY_FINDING"), write=True)) is Mend
    assert (
        type(_translated(_failure("ad_error.LINE_TOO_WIDE", "campaign_error.INVALID_AD_SERVING_OPTIMIZATION_STATUS"), write=True)) is GiveUp
    )
    assert type(_translated(_failure("ad_error.LINE_TOO_WIDE", "internal_error.INTERNAL_ERROR"), write=True)) is InDoubt
    assert type(_translated(_failure("ad_error.LINE_TOO_WIDE", "campaign_error.DUPLICATE_CAMPAIGN_NAME"), write=True)) is AlreadyThere
    assert type(_translated(_failure("quota_error.RESOURCE_EXHAUSTED", "ad_error.LINE_TOO_WIDE"), write=True)) is GiveUp
    assert type(_translated(_failure("quota_error.RESOURCE_EXHAUSTED", "database_error.CONCURRENT_MODIFICATION"), write=True)) is Later


@pytest.mark.parametrize(
    ("code", "rate_scope", "scope"),
    [
        ("quota_error.RESOURCE_TEMPORARILY_EXHAUSTED", "ACCOUNT", "account"),
        ("quota_error.RESOURCE_TEMPORARILY_EXHAUSTED", "DEVELOPER", "developer"),
        ("quota_error.RESOURCE_EXHAUSTED", "UNSPECIFIED", "developer"),
        ("quota_error.EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", "UNSPECIFIED", "kind"),
    ],
)
def test_a_throttling_refusal_names_whose_room_it_is_and_for_how_long(code: str, rate_scope: str, scope: str) -> None:
    ours = _translated(_failure(code, rate_scope=rate_scope, rate_name="Requests per second", retry_delay="7.5s"), write=True)
    assert isinstance(ours, Throttled)
    assert (ours.scope, ours.delay) == (scope, timedelta(seconds=7.5))


@pytest.mark.parametrize(
    ("status", "text", "read", "write"),
    [
        (grpc.StatusCode.UNAVAILABLE, "<html>502 Bad Gateway</html>", Later, InDoubt),
        (grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses", Later, Later),
        (grpc.StatusCode.UNAVAILABLE, "Getting metadata from plugin failed: invalid_grant", CredentialsRefused, CredentialsRefused),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "", Later, InDoubt),
        (grpc.StatusCode.UNKNOWN, "Stream removed", Later, InDoubt),
        (grpc.StatusCode.INTERNAL, "Received RST_STREAM", Later, InDoubt),
        (grpc.StatusCode.CANCELLED, "", Later, InDoubt),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "quota", Throttled, Throttled),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max (80000000 vs. 67108864)", GiveUp, InDoubt),
        (grpc.StatusCode.UNAUTHENTICATED, "", CredentialsRefused, CredentialsRefused),
        (grpc.StatusCode.PERMISSION_DENIED, "", GiveUp, GiveUp),
        (grpc.StatusCode.UNIMPLEMENTED, "", GiveUp, GiveUp),
    ],
)  # fmt: skip
def test_a_bare_status_becomes_a_class_too(status: grpc.StatusCode, text: str, read: type[OutsideError], write: type[OutsideError]) -> None:
    for kind, writes in ((read, False), (write, True)):
        assert type(_translated(Refusal(status, text), write=writes)) is kind


def test_an_empty_failure_and_one_that_is_nothing_of_google_s() -> None:
    assert type(_translated(_failure(status=grpc.StatusCode.INTERNAL), write=True)) is InDoubt
    assert type(_translated(_failure(status=grpc.StatusCode.INVALID_ARGUMENT), write=True)) is GiveUp
    assert translate(KeyError("ours"), write=True, version=VERSION) is None


def test_google_auth_s_refusals() -> None:
    from google.auth.exceptions import RefreshError, TransportError

    revoked = _translated(RefreshError("invalid_grant: Token has been expired or revoked."), write=True)
    assert type(revoked) is CredentialsRefused
    assert "connect the account again" in str(revoked)
    assert type(_translated(RefreshError("internal_failure", retryable=True), write=True)) is Later
    silent = _translated(TransportError("no route"), write=True)
    assert (type(silent), silent.outage) == (Later, True)
